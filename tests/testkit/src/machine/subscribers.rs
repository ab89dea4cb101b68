//! Subscribers: read at any time, and compared with the model's own account of the sent events.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use invodex::{EventData, Subscription};
use proptest::test_runner::TestCaseError;
use serde_json::Value;

use super::compare::{body, same};
use super::{Check, Machine};
use crate::model::{OWNER_ID, PLAYER_UID};

/// Maximum number of open subscriptions. The next one replaces the oldest.
const OPEN_SUBSCRIPTIONS: usize = 4;

/// A subscription, and the number by which the model knows it.
pub(super) struct Subscriber {
    queue: Subscription,
    number: u64,
    capacity: usize,
    wakes: Arc<AtomicU64>,
}

/// Compares an event's data, written and serialised, with the model's.
fn data(what: &str, data: EventData<'_>, model: &Value) -> Check {
    let failed = |error: serde_json::Error| TestCaseError::fail(error.to_string());
    let mut written = Vec::new();
    data.write_json(&mut written);
    body(what, &serde_json::from_slice(&written).map_err(failed)?, model)?;
    body(what, &serde_json::to_value(data).map_err(failed)?, model)
}

impl Machine<'_> {
    pub(super) fn subscribe(&mut self, capacity: u8) -> Check {
        let capacity = usize::from(capacity);
        let queue = self.store.subscribe(capacity);
        let wakes = Arc::new(AtomicU64::new(0));
        let count = Arc::clone(&wakes);
        queue.on_event(move || {
            count.fetch_add(1, Ordering::Relaxed);
        });
        let number = self.model.subscribe(capacity);
        self.subscribers.push(Subscriber { queue, number, capacity, wakes });
        if self.subscribers.len() > OPEN_SUBSCRIPTIONS {
            self.unsubscribe(0)?;
        }
        Ok(())
    }

    /// Reads up to `most` events of one subscriber.
    pub(super) fn read(&mut self, subscriber: u8, most: u8) -> Check {
        if self.subscribers.is_empty() {
            return Ok(());
        }
        let subscriber = &self.subscribers[usize::from(subscriber) % self.subscribers.len()];
        for _ in 0..most {
            let (event, model) =
                (subscriber.queue.try_next(), self.model.next_event(subscriber.number));
            same("an event", event.is_some(), model.is_some())?;
            let (Some(event), Some(model)) = (event, model) else { break };
            same("a task event", event.is_task_event(), model.is_task_event)?;
            data("an event of EventBridge", event.event_bridge(), &model.event_bridge)?;
            let cloud_monitor = event.cloud_monitor(PLAYER_UID, OWNER_ID);
            data("an event of Cloud Monitor", cloud_monitor, &model.cloud_monitor)?;
            self.coverage.events += 1;
            self.coverage.events_after_the_end += u64::from(subscriber.queue.is_closed());
        }
        Ok(())
    }

    /// Reads the remaining events of one subscriber and drops it.
    pub(super) fn unsubscribe(&mut self, subscriber: u8) -> Check {
        while !self.subscribers.is_empty() {
            let at = usize::from(subscriber) % self.subscribers.len();
            let before = self.coverage.events;
            self.read(at as u8, u8::MAX)?;
            if self.coverage.events == before {
                let gone = self.subscribers.remove(at);
                self.coverage.missed_events += gone.queue.missed();
                self.model.unsubscribe(gone.number);
                break;
            }
        }
        Ok(())
    }

    pub(super) fn check_subscribers(&self) -> Check {
        for Subscriber { queue, number, capacity, wakes } in &self.subscribers {
            let Some((missed, sent, closed)) = self.model.subscriber(*number) else { continue };
            same("missed events", queue.missed(), missed)?;
            same("the end of a subscription", queue.is_closed(), closed)?;
            if *capacity > 0 {
                let wakes = wakes.load(Ordering::Relaxed);
                same("wakes", wakes, sent + u64::from(closed))?;
            }
        }
        Ok(())
    }
}
