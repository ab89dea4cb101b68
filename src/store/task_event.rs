//! The event of a status change, and the two forms of its data.

use serde::{Serialize, Serializer};

use crate::model::{InvocationStatus, RepeatMode, Timestamp};
use crate::wire::{Event, EventForm, Object, write_object};

/// A change of a run's status, with the fields of the run after it. If a recurring task is stopped
/// between two executions, these are the times and the exit code of the last execution.
///
/// The service sends task events on two channels, each with its own form of the data:
/// [`event_bridge`](Self::event_bridge) and [`cloud_monitor`](Self::cloud_monitor).
///
/// # Examples
///
/// ```
/// use invodex::{InstanceRun, Invocation, RunUpdate, Store};
///
/// let mut store = Store::default();
/// let mut invocation = Invocation::new("cn-hangzhou", "t-0001", "c-0001");
/// invocation.instances.push(InstanceRun::new("i-0001"));
/// assert!(store.accept(&invocation)?.retained);
///
/// let events = store.subscribe(100);
/// store.update_run("t-0001", "i-0001", &RunUpdate::started())?;
/// store.update_run("t-0001", "i-0001", &RunUpdate::finished(2))?;
/// let [started, failed] = [events.try_next().unwrap(), events.try_next().unwrap()];
/// assert!(!started.is_task_event(), "the service sends none when a run starts");
/// assert!(failed.is_task_event());
/// assert_eq!((failed.exit_code, &*failed.error_code), (Some(2), "ExitCodeNonzero"));
/// # Ok::<(), invodex::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct TaskEvent {
    /// `commandId` of the record.
    pub command_id: String,
    /// `commandName` of the record, may be empty.
    pub command_name: String,
    /// `exitCode` of the execution, if it has one.
    pub exit_code: Option<i64>,
    /// `finishTime` of the execution, if it has ended.
    pub finish_time: Option<Timestamp>,
    /// `instanceId` of the run.
    pub instance_id: String,
    /// `invocationStatus`: the new status of the run. If the run of a recurring task is scheduled
    /// again, the status with which its execution ended.
    pub invocation_status: InvocationStatus,
    /// `invokeId` of the record.
    pub invoke_id: String,
    /// `repeatMode` of the record.
    pub repeat_mode: RepeatMode,
    /// `repeats`: how often the run was started.
    pub repeats: u32,
    /// `startTime` of the execution, if it has started.
    pub start_time: Option<Timestamp>,
    /// `errorCode`: ErrorCode of the run, may be empty.
    pub error_code: String,
    /// `errorDesc`: ErrorInfo of the run, may be empty.
    pub error_desc: String,
}

impl TaskEvent {
    /// Whether the service sends a task event for this status. It does for every final one but Error.
    #[must_use]
    pub fn is_task_event(&self) -> bool {
        self.invocation_status.is_end() && self.invocation_status != InvocationStatus::Error
    }

    /// The `data` object of the event that EventBridge delivers: exitCode and repeats are text, and
    /// an unset field is `""`. This form is documented by the service. Cost: O(1).
    #[must_use]
    pub fn event_bridge(&self) -> EventData<'_> {
        self.data(EventForm::EventBridge)
    }

    /// The `content` object of the event that Cloud Monitor delivers: exitCode and repeats are
    /// numbers, and the accounts `player_uid` and `owner_id`, which a store does not know, are
    /// fields. This form was captured from the service, for a run that had succeeded. Cost: O(1).
    ///
    /// exitCode is absent until there is one; errorCode and errorDesc are absent if both are empty.
    /// An unset time and an empty name are `""`.
    #[must_use]
    pub fn cloud_monitor(&self, player_uid: u64, owner_id: u64) -> EventData<'_> {
        self.data(EventForm::CloudMonitor { player_uid, owner_id })
    }

    fn data(&self, form: EventForm) -> EventData<'_> {
        EventData(Event {
            form,
            command_id: &self.command_id,
            command_name: &self.command_name,
            exit_code: self.exit_code,
            finish_time: self.finish_time,
            instance_id: &self.instance_id,
            invocation_status: self.invocation_status.as_str(),
            invoke_id: &self.invoke_id,
            repeat_mode: self.repeat_mode.as_str(),
            repeats: self.repeats,
            start_time: self.start_time,
            error_code: &self.error_code,
            error_desc: &self.error_desc,
        })
    }
}

/// The data of a [`TaskEvent`] in the form of one channel, as JSON or with serde. Names are in camel
/// case, times as everywhere in the API.
///
/// # Examples
///
/// ```
/// fn bodies(event: &invodex::TaskEvent) -> [Vec<u8>; 2] {
///     let mut bodies = [Vec::new(), Vec::new()];
///     event.event_bridge().write_json(&mut bodies[0]);
///     event.cloud_monitor(1_000_000_000_000_001, 1_000_000_000_000_002).write_json(&mut bodies[1]);
///     bodies // one has "repeats":"1", the other "repeats":1
/// }
/// ```
#[derive(Clone, Copy, Debug)]
pub struct EventData<'a>(Event<'a>);

impl EventData<'_> {
    /// Appends the object as JSON to `out`, which is not cleared. Cost: O(bytes written).
    pub fn write_json(&self, out: &mut Vec<u8>) {
        write_object(&self.0, out);
    }
}

impl Serialize for EventData<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Object { group: self.0, base64: true }.serialize(serializer)
    }
}
