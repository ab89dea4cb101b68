//! Every change of a run's status, handed to whoever subscribed.
//!
//! Each subscription has a queue of its own behind a lock that is held only to put an event in or
//! to take one out, so a subscriber that is slow, fails or is gone holds up no write. Only what it
//! gave to be woken by runs within one, and may do there what it likes but wait.

use std::collections::VecDeque;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use serde::{Serialize, Serializer};

use super::Store;
use crate::model::{InvocationStatus, RepeatMode, Timestamp};
use crate::wire::{Event, Object};

/// A run's status changed. It has what the run shows then: where a recurring task is stopped between
/// two executions, the times and the exit code of the last one.
///
/// Serialises (with serde) to the `data` object of the service's task event: names in camel case,
/// exit code and repeats as text, what is unset as `""`.
///
/// # Examples
///
/// ```
/// use invodex::{InstanceRun, Invocation, RunUpdate, Store};
///
/// let mut store = Store::default();
/// let mut invocation = Invocation::new("cn-hangzhou", "t-0001", "c-0001");
/// invocation.instances.push(InstanceRun::new("i-0001"));
/// store.accept(&invocation)?;
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
    /// `commandId`: the record's.
    pub command_id: String,
    /// `commandName`: the record's, may be empty.
    pub command_name: String,
    /// `exitCode` of the execution, once there is one.
    pub exit_code: Option<i64>,
    /// `finishTime` of the execution, once it is over.
    pub finish_time: Option<Timestamp>,
    /// `instanceId`: the run's.
    pub instance_id: String,
    /// `invocationStatus`: the status the run came to; of an execution of a recurring task that
    /// is scheduled again, the status it ended with.
    pub invocation_status: InvocationStatus,
    /// `invokeId`: the record's.
    pub invoke_id: String,
    /// `repeatMode`: the record's.
    pub repeat_mode: RepeatMode,
    /// `repeats`: how often the run was started.
    pub repeats: u32,
    /// `startTime` of the execution, once there is one.
    pub start_time: Option<Timestamp>,
    /// `errorCode`: the run's ErrorCode, may be empty.
    pub error_code: String,
    /// `errorDesc`: the run's ErrorInfo, may be empty.
    pub error_desc: String,
}

impl TaskEvent {
    /// Whether the service itself sends a task event for this status: Aborted, Success, Failed,
    /// Invalid, Timeout, Cancelled, Terminated.
    #[must_use]
    pub fn is_task_event(&self) -> bool {
        use InvocationStatus as S;
        matches!(
            self.invocation_status,
            S::Aborted
                | S::Success
                | S::Failed
                | S::Invalid
                | S::Timeout
                | S::Cancelled
                | S::Terminated
        )
    }
}

impl Serialize for TaskEvent {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let group = Event {
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
        };
        Object { group, base64: true }.serialize(serializer)
    }
}

/// A queue of the events of one store, from [`Store::subscribe`]. Dropping it unsubscribes.
///
/// When the queue is full the oldest event goes, and [`missed`](Self::missed) counts it. To be sent
/// to another thread; to be shared between them, behind a reference.
///
/// # Examples
///
/// ```
/// use invodex::{InstanceRun, Invocation, InvocationStatus, RunUpdate, Store};
///
/// let mut store = Store::default();
/// let mut invocation = Invocation::new("cn-hangzhou", "t-0001", "c-0001");
/// invocation.instances.push(InstanceRun::new("i-0001"));
/// store.accept(&invocation)?;
///
/// let events = store.subscribe(100);
/// store.stop("t-0001", &[])?;
/// let event = events.try_next().unwrap();
/// assert_eq!(event.invocation_status, InvocationStatus::Cancelled);
/// assert!(event.is_task_event());
/// assert!(events.try_next().is_none());
/// # Ok::<(), invodex::Error>(())
/// ```
pub struct Subscription(Arc<Channel>);

struct Channel {
    queue: Mutex<Queue>,
    filled: Condvar,
}

struct Queue {
    events: VecDeque<Arc<TaskEvent>>,
    capacity: usize,
    missed: u64,
    closed: bool,
    wake: Option<Wake>,
}

impl Channel {
    /// A panic while the lock is held cannot leave the queue half changed.
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn put(&self, event: &Arc<TaskEvent>) {
        let mut queue = self.lock();
        if queue.capacity == 0 {
            queue.missed += 1;
            return;
        }
        if queue.events.len() == queue.capacity {
            queue.events.pop_front();
            queue.missed += 1;
        }
        queue.events.push_back(Arc::clone(event));
        self.filled.notify_one();
        self.wake(queue);
    }

    fn close(&self) {
        let mut queue = self.lock();
        queue.closed = true;
        self.filled.notify_all();
        self.wake(queue);
    }

    /// Calls what a subscriber gave to be woken by, without the lock.
    fn wake(&self, queue: MutexGuard<'_, Queue>) {
        let wake = queue.wake.clone();
        drop(queue);
        wake.into_iter().for_each(call);
    }
}

impl Subscription {
    /// The oldest event in the queue, without waiting. Cost: O(1).
    #[must_use]
    pub fn try_next(&self) -> Option<TaskEvent> {
        self.0.lock().events.pop_front().map(Arc::unwrap_or_clone)
    }

    /// The oldest event in the queue, waiting up to `limit` for one; [`Duration::MAX`] waits as
    /// long as it takes. `None` also when the store is gone and the queue empty. Cost: O(1) and the
    /// wait.
    ///
    /// Not for `wasm32-unknown-unknown`, which has no way to wait.
    #[must_use]
    pub fn next_timeout(&self, limit: Duration) -> Option<TaskEvent> {
        let waits = |queue: &mut Queue| queue.events.is_empty() && !queue.closed;
        let waited = self.0.filled.wait_timeout_while(self.0.lock(), limit, waits);
        let (mut queue, _) = waited.unwrap_or_else(PoisonError::into_inner);
        queue.events.pop_front().map(Arc::unwrap_or_clone)
    }

    /// How many events went because the queue was full. Cost: O(1).
    #[must_use]
    pub fn missed(&self) -> u64 {
        self.0.lock().missed
    }

    /// Whether the store is gone: no event will come any more. Cost: O(1).
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.0.lock().closed
    }

    /// Has `wake` called after each event that is put into the queue, on the thread of the write:
    /// for a front end that waits with an async runtime. It should only wake; what it panics with
    /// is thrown away. It replaces the one before.
    ///
    /// Called at once if an event is queued or the store is gone, so that none is overlooked, and
    /// once more when the store goes. It must not call a [`SharedStore`](crate::SharedStore): the
    /// write that it is called from holds its lock.
    pub fn on_event(&self, wake: impl Fn() + Send + Sync + 'static) {
        let wake: Wake = Arc::new(wake);
        let mut queue = self.0.lock();
        let before = queue.wake.replace(Arc::clone(&wake));
        let pending = !queue.events.is_empty() || queue.closed;
        drop(queue);
        // What it holds may use the subscription once more as it goes.
        shielded(|| drop(before));
        if pending {
            call(wake);
        }
    }
}

impl fmt::Debug for Subscription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let queue = self.0.lock();
        f.debug_struct("Subscription")
            .field("queued", &queue.events.len())
            .field("missed", &queue.missed)
            .field("closed", &queue.closed)
            .finish_non_exhaustive()
    }
}

type Wake = Arc<dyn Fn() + Send + Sync>;

/// Calls `wake` and lets it go: what it holds may be the last of its kind.
fn call(wake: Wake) {
    shielded(|| wake());
    shielded(|| drop(wake));
}

/// Runs what belongs to a subscriber. Its panic is no fault of the write that is under way, nor is
/// that of what it panics with.
fn shielded(work: impl FnOnce()) {
    if let Err(panic) = catch_unwind(AssertUnwindSafe(work)) {
        let dropped = catch_unwind(AssertUnwindSafe(|| drop(panic)));
        dropped.unwrap_or_else(std::mem::forget);
    }
}

/// The subscriptions of a store.
#[derive(Default)]
pub(super) struct Subscribers(Vec<Weak<Channel>>);

impl Subscribers {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn subscribe(&mut self, capacity: usize) -> Subscription {
        // Those that are gone go before it grows, and then not again until as many have come as
        // there were left: O(1) for each.
        if self.0.len() == self.0.capacity() {
            self.0.retain(|channel| channel.strong_count() > 0);
            self.0.reserve(self.0.len() + 1);
        }
        let queue =
            Queue { events: VecDeque::new(), capacity, missed: 0, closed: false, wake: None };
        let channel = Arc::new(Channel { queue: Mutex::new(queue), filled: Condvar::new() });
        self.0.push(Arc::downgrade(&channel));
        Subscription(channel)
    }

    pub(super) fn publish(&mut self, event: TaskEvent) {
        let event = Arc::new(event);
        self.0.retain(|channel| {
            let Some(channel) = channel.upgrade() else { return false };
            channel.put(&event);
            // Its subscriber may have gone meanwhile.
            shielded(|| drop(channel));
            true
        });
    }
}

impl Drop for Subscribers {
    fn drop(&mut self) {
        for channel in self.0.iter().filter_map(Weak::upgrade) {
            channel.close();
            shielded(|| drop(channel));
        }
    }
}

impl Store {
    /// Subscribes to every change of a run's status from now on, in order, with room for
    /// `capacity` events; with room for none it only counts them as missed. Updates and stops send
    /// events; accepting, importing, deleting and evicting do not. See [`Subscription`] for an
    /// example.
    ///
    /// Cost: O(1), taken over many. With no subscription a write pays nothing for events; each one
    /// costs a write O(size of the event) for the first and O(1) for each further.
    #[must_use]
    pub fn subscribe(&mut self, capacity: usize) -> Subscription {
        self.subscribers.subscribe(capacity)
    }

    /// Tells that the run came to `status`.
    pub(super) fn publish(&mut self, slot: u32, at: usize, status: InvocationStatus) {
        if self.subscribers.is_empty() {
            return;
        }
        let view = self.view(slot);
        let Some(run) = view.instances().nth(at) else { return };
        self.subscribers.publish(TaskEvent {
            command_id: view.command_id().into(),
            command_name: view.command_name().into(),
            exit_code: run.exit_code(),
            finish_time: run.finish_time(),
            instance_id: run.instance_id().into(),
            invocation_status: status,
            invoke_id: view.invoke_id().into(),
            repeat_mode: view.repeat_mode(),
            repeats: run.repeats(),
            start_time: run.start_time(),
            error_code: run.error_code().into(),
            error_desc: run.error_info().into(),
        });
    }
}
