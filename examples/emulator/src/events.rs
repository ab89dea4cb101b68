//! A store's events as server-sent events.

use std::convert::Infallible;
use std::sync::Arc;

use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::{Stream, stream};
use invodex::{SharedStore, Subscription};
use serde_json::json;
use tokio::sync::Notify;

/// Maximum number of events that wait for a slow client. Beyond it the oldest are dropped.
const WAITING: usize = 10_000;

/// Streams all status changes of runs from now on. Events that the service publishes too are named
/// `task`, others `progress`. `missed` has the number of events that were dropped because the
/// client was too slow.
pub(crate) fn stream(
    store: &SharedStore,
) -> Sse<impl Stream<Item = Result<Event, Infallible>> + use<>> {
    let events = store.subscribe(WAITING);
    let wake = Arc::new(Notify::new());
    let waker = Arc::clone(&wake);
    events.on_event(move || waker.notify_one());
    let start = Waiting { events, wake, missed: 0 };
    let stream =
        stream::unfold(start, async |mut waiting| Some((Ok(waiting.next().await?), waiting)));
    Sse::new(stream).keep_alive(KeepAlive::default())
}

struct Waiting {
    events: Subscription,
    wake: Arc<Notify>,
    /// The number of missed events that the client has been told of.
    missed: u64,
}

impl Waiting {
    /// The next event; `None` once the store has been dropped.
    async fn next(&mut self) -> Option<Event> {
        loop {
            let missed = self.events.missed();
            if missed > self.missed {
                let data = json!({"missed": missed - self.missed});
                self.missed = missed;
                return Some(Event::default().event("missed").data(data.to_string()));
            }
            // Read before the queue is, so that the last event is not missed.
            let closed = self.events.is_closed();
            if let Some(event) = self.events.try_next() {
                let name = if event.is_task_event() { "task" } else { "progress" };
                let data = serde_json::to_string(&event).ok()?;
                return Some(Event::default().event(name).data(data));
            }
            if closed {
                return None;
            }
            self.wake.notified().await;
        }
    }
}
