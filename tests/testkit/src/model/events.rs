//! The events of a change, and the queue of each subscriber.
//! Part of the naive model: shares nothing with the engine.

use std::collections::{BTreeMap, VecDeque};

use invodex::InvocationStatus::{self, *};
use serde_json::{Value, json};

use super::{Model, Record, wire_time};

/// The `player_uid` of each event in Cloud Monitor's form.
pub const PLAYER_UID: u64 = 1_000_000_000_000_001;
/// The `owner_id` of each event in Cloud Monitor's form.
pub const OWNER_ID: u64 = 1_000_000_000_000_002;

/// One event: its data as each channel of the service has it, and whether the service sends it.
#[derive(Clone, PartialEq, Debug)]
pub struct ModelEvent {
    /// The event's data in EventBridge's form.
    pub event_bridge: Value,
    /// The event's data in Cloud Monitor's form.
    pub cloud_monitor: Value,
    /// Whether the service sends an event for this status.
    pub is_task_event: bool,
}

/// The unread events of one subscriber.
struct Queue {
    events: VecDeque<ModelEvent>,
    capacity: usize,
    missed: u64,
    /// Events that were sent to it, missed ones included.
    sent: u64,
    closed: bool,
}

/// All subscribers that have not been dropped.
#[derive(Default)]
pub(super) struct Queues {
    queues: BTreeMap<u64, Queue>,
    last: u64,
}

impl Queues {
    /// The store is dropped: no more events come, but the queued ones can be read.
    pub(super) fn close(&mut self) {
        self.queues.values_mut().for_each(|queue| queue.closed = true);
    }

    pub(super) fn send(&mut self, event: &ModelEvent) {
        for queue in self.queues.values_mut().filter(|queue| !queue.closed) {
            queue.sent += 1;
            queue.events.push_back(event.clone());
            if queue.events.len() > queue.capacity {
                queue.events.pop_front();
                queue.missed += 1;
            }
        }
    }
}

/// The event that run number `run` of `record` reached `status`.
pub(super) fn event(record: &Record, run: usize, status: InvocationStatus) -> ModelEvent {
    let (invocation, run) = (&record.invocation, &record.runs[run].now);
    let sent = [Aborted, Success, Failed, Invalid, Timeout, Cancelled, Terminated];
    let event_bridge = json!({
        "commandId": invocation.command_id,
        "commandName": invocation.command_name,
        "exitCode": run.exit_code.map(|code| code.to_string()).unwrap_or_default(),
        "finishTime": wire_time(run.finish_time),
        "instanceId": run.instance_id,
        "invocationStatus": status.as_str(),
        "invokeId": invocation.invoke_id,
        "repeatMode": invocation.repeat_mode.as_str(),
        "repeats": run.repeats.to_string(),
        "startTime": wire_time(run.start_time),
        "errorCode": run.error_code,
        "errorDesc": run.error_info,
    });
    let mut cloud_monitor = json!({
        "commandId": invocation.command_id,
        "commandName": invocation.command_name,
        "finishTime": wire_time(run.finish_time),
        "instanceId": run.instance_id,
        "invocationStatus": status.as_str(),
        "invokeId": invocation.invoke_id,
        "ownerId": OWNER_ID,
        "playerUid": PLAYER_UID,
        "repeatMode": invocation.repeat_mode.as_str(),
        "repeats": run.repeats,
        "startTime": wire_time(run.start_time),
    });
    if let Some(code) = run.exit_code {
        cloud_monitor["exitCode"] = code.into();
    }
    let is_error = !run.error_code.is_empty() || !run.error_info.is_empty();
    if is_error {
        cloud_monitor["errorCode"] = run.error_code.clone().into();
        cloud_monitor["errorDesc"] = run.error_info.clone().into();
    }
    ModelEvent { event_bridge, cloud_monitor, is_task_event: sent.contains(&status) }
}

impl Model {
    /// Adds a subscriber and returns its number.
    pub fn subscribe(&mut self, capacity: usize) -> u64 {
        let queue = Queue { events: VecDeque::new(), capacity, missed: 0, sent: 0, closed: false };
        self.subscribers.last += 1;
        self.subscribers.queues.insert(self.subscribers.last, queue);
        self.subscribers.last
    }

    /// Removes a subscriber. A number that is none changes nothing.
    pub fn unsubscribe(&mut self, number: u64) {
        self.subscribers.queues.remove(&number);
    }

    /// The oldest event in the queue.
    pub fn next_event(&mut self, number: u64) -> Option<ModelEvent> {
        self.subscribers.queues.get_mut(&number)?.events.pop_front()
    }

    /// Events missed, events sent, and whether the store was dropped.
    pub fn subscriber(&self, number: u64) -> Option<(u64, u64, bool)> {
        let queue = self.subscribers.queues.get(&number)?;
        Some((queue.missed, queue.sent, queue.closed))
    }
}
