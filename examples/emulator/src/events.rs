//! A store's events as server-sent events.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::{Stream, stream};
use invodex::{Subscription, TaskEvent};
use serde_json::json;
use tokio::sync::{Notify, OwnedSemaphorePermit};
use tokio::time::{Instant, sleep_until};

use crate::error::ApiError;
use crate::params::Params;
use crate::tenants::Tenant;

/// Maximum number of events that wait for a slow client. Beyond it the oldest are dropped.
const WAITING: usize = 10_000;
/// Pause between two deliveries to a client. Events that come meanwhile are delivered together, so
/// that the work for idle readers does not grow with the writes.
const PAUSE: Duration = Duration::from_millis(20);

/// The form of the events' data: that of EventBridge or that of Cloud Monitor, with its accounts.
#[derive(Clone, Copy)]
pub(crate) enum Form {
    EventBridge,
    CloudMonitor { player_uid: u64, owner_id: u64 },
}

impl Form {
    /// Reads `Form`, which is EventBridge if absent, and the accounts that Cloud Monitor needs.
    pub(crate) fn read(params: &Params) -> Result<Self, ApiError> {
        match params.get("Form") {
            None | Some("EventBridge") => Ok(Form::EventBridge),
            Some("CloudMonitor") => {
                let player_uid = account(params, "PlayerUid")?;
                Ok(Form::CloudMonitor { player_uid, owner_id: account(params, "OwnerId")? })
            }
            Some(given) => {
                let allowed = format!("given {given:?}, allowed EventBridge, CloudMonitor");
                Err(ApiError::invalid("Form", allowed))
            }
        }
    }

    fn data(self, event: &TaskEvent) -> serde_json::Result<String> {
        serde_json::to_string(&match self {
            Form::EventBridge => event.event_bridge(),
            Form::CloudMonitor { player_uid, owner_id } => {
                event.cloud_monitor(player_uid, owner_id)
            }
        })
    }
}

/// The number of an account.
fn account(params: &Params, name: &str) -> Result<u64, ApiError> {
    params.number(name)?.ok_or_else(|| ApiError::missing(name))
}

/// Streams all status changes of runs from now on. Events that the service publishes too are named
/// `task`, others `progress`. `missed` has the number of events that were dropped because the
/// client was too slow. `permit` is one of [`STREAMS`].
pub(crate) fn stream(
    tenant: Arc<Tenant>,
    form: Form,
    permit: OwnedSemaphorePermit,
) -> Sse<impl Stream<Item = Result<Event, Infallible>> + use<>> {
    let events = tenant.store.subscribe(WAITING);
    let wake = Arc::new(Notify::new());
    let waker = Arc::clone(&wake);
    events.on_event(move || waker.notify_one());
    let next = Instant::now();
    let start = Waiting { events, wake, form, missed: 0, next, _tenant: tenant, _permit: permit };
    let stream =
        stream::unfold(start, async |mut waiting| Some((Ok(waiting.next().await?), waiting)));
    Sse::new(stream).keep_alive(KeepAlive::default())
}

struct Waiting {
    events: Subscription,
    wake: Arc<Notify>,
    form: Form,
    /// The number of missed events that the client has been told of.
    missed: u64,
    /// The earliest time of the next delivery.
    next: Instant,
    /// A store that someone listens to is in use.
    _tenant: Arc<Tenant>,
    _permit: OwnedSemaphorePermit,
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
                let data = self.form.data(&event).ok()?;
                return Some(Event::default().event(name).data(data));
            }
            if closed {
                return None;
            }
            self.wake.notified().await;
            sleep_until(self.next).await;
            self.next = Instant::now() + PAUSE;
        }
    }
}
