//! Subscriptions to the status changes of runs.
//!
//! Each subscription has its own bounded queue. Its lock is held only to push or pop one event, so a
//! subscriber that is slow, panics or is dropped never delays a write. Only the subscriber's wake
//! function runs within a write; it must not block, and its panic is caught.

use std::collections::VecDeque;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use super::Store;
use super::task_event::TaskEvent;
use crate::model::InvocationStatus;

/// A queue of the events of one store, made by [`Store::subscribe`]. Dropping it unsubscribes.
///
/// If the queue is full, the oldest event is dropped and [`missed`](Self::missed) counts it. A
/// subscription can be sent to another thread, and shared between threads by reference.
///
/// # Examples
///
/// ```
/// use invodex::{InstanceRun, Invocation, InvocationStatus, RunUpdate, Store};
///
/// let mut store = Store::default();
/// let mut invocation = Invocation::new("cn-hangzhou", "t-0001", "c-0001");
/// invocation.instances.push(InstanceRun::new("i-0001"));
/// assert!(store.accept(&invocation)?.retained);
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

#[derive(Default)]
struct Queue {
    events: VecDeque<Arc<TaskEvent>>,
    capacity: usize,
    missed: u64,
    closed: bool,
    wake: Option<Wake>,
}

impl Channel {
    /// Ignores poisoning: no code that holds the lock can panic with the queue half changed.
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

    /// Releases the lock, then calls the subscriber's wake function.
    fn wake(&self, queue: MutexGuard<'_, Queue>) {
        let wake = queue.wake.clone();
        drop(queue);
        wake.into_iter().for_each(call);
    }
}

impl Subscription {
    /// Pops the oldest event, without waiting. Cost: O(1).
    #[must_use]
    pub fn try_next(&self) -> Option<TaskEvent> {
        self.0.lock().events.pop_front().map(Arc::unwrap_or_clone)
    }

    /// Pops the oldest event, waiting up to `limit` for one; [`Duration::MAX`] waits without limit.
    /// `None` after the limit, and at once if the store was dropped and the queue is empty.
    /// Cost: O(1) and the wait.
    ///
    /// Do not call it on `wasm32-unknown-unknown`, which cannot wait.
    #[must_use]
    pub fn next_timeout(&self, limit: Duration) -> Option<TaskEvent> {
        let waits = |queue: &mut Queue| queue.events.is_empty() && !queue.closed;
        let waited = self.0.filled.wait_timeout_while(self.0.lock(), limit, waits);
        let (mut queue, _) = waited.unwrap_or_else(PoisonError::into_inner);
        queue.events.pop_front().map(Arc::unwrap_or_clone)
    }

    /// The number of events dropped because the queue was full. Cost: O(1).
    #[must_use]
    pub fn missed(&self) -> u64 {
        self.0.lock().missed
    }

    /// Whether the store was dropped, so that no more events will come. Cost: O(1).
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.0.lock().closed
    }

    /// Sets the function that is called after each event is queued, and once when the store is dropped,
    /// for a front end that waits in an async runtime. It replaces the previous one, and is called at
    /// once if an event is queued or the store was dropped, so that no event is overlooked.
    ///
    /// `wake` is called on the thread of the write. It should only wake a task; its panic is caught
    /// and discarded. It must not call a [`SharedStore`](crate::SharedStore), because the write
    /// holds its lock.
    pub fn on_event(&self, wake: impl Fn() + Send + Sync + 'static) {
        let wake: Wake = Arc::new(wake);
        let mut queue = self.0.lock();
        let before = queue.wake.replace(Arc::clone(&wake));
        let pending = !queue.events.is_empty() || queue.closed;
        drop(queue);
        // Dropped without the lock: the captures of `before` may use this subscription when dropped.
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

/// Calls `wake` and drops it. This may be its last reference, and dropping its captures may panic.
fn call(wake: Wake) {
    shielded(|| wake());
    shielded(|| drop(wake));
}

/// Runs code of a subscriber and catches its panic, so that the write continues. If dropping the
/// payload of the panic panics too, that second payload is leaked.
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
        // Before the list grows, dropped subscriptions are removed; then room for as many again as
        // are left is reserved. So the removal costs amortised O(1) for each subscription.
        if self.0.len() == self.0.capacity() {
            self.0.retain(|channel| channel.strong_count() > 0);
            self.0.reserve(self.0.len() + 1);
        }
        let queue = Queue { capacity, ..Queue::default() };
        let channel = Arc::new(Channel { queue: Mutex::new(queue), filled: Condvar::new() });
        self.0.push(Arc::downgrade(&channel));
        Subscription(channel)
    }

    pub(super) fn publish(&mut self, event: TaskEvent) {
        let event = Arc::new(event);
        self.0.retain(|channel| {
            let Some(channel) = channel.upgrade() else { return false };
            channel.put(&event);
            // This may be the last reference, if the subscription was dropped meanwhile.
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
    /// Subscribes to every later change of a run's status, in order, with a queue of `capacity`
    /// events. With capacity 0 every event only counts as missed. Updates and stops send events;
    /// accepting, importing, deleting and evicting do not. See [`Subscription`] for an example.
    ///
    /// Cost: amortised O(1). An event costs the write O(size of the event + subscriptions).
    #[must_use]
    pub fn subscribe(&mut self, capacity: usize) -> Subscription {
        self.subscribers.subscribe(capacity)
    }

    /// Sends the event that the run `at` of the record in `slot` has changed to `status`.
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
