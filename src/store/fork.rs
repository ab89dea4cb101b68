//! A copy of a store.

use super::Store;
use super::events::Subscribers;
use crate::config::Clock;

impl Store {
    /// A copy of the store with a clock of its own: the same records, acceptance numbers, statistics
    /// and configuration, its id included. So it gives the same answers at the same time and accepts
    /// the same tokens. Subscriptions stay with the original. Afterwards neither store sees a write
    /// of the other.
    ///
    /// It is for tests that begin with the same records: load them once, and fork the store for each.
    ///
    /// Cost: O(1), below a microsecond; with an output budget O(records with output). The first write
    /// to either store copies the records and their indexes, if the other still lives: about 9 ms for
    /// 100,000 records that share their commands, in 27 MB, and about 50 ms if each has content of its
    /// own, in 94 MB. Outputs are never copied. [`statistics`](Self::statistics) counts shared memory
    /// in each.
    ///
    /// # Examples
    ///
    /// ```
    /// use invodex::{Config, InstanceRun, Invocation, ManualClock, Store};
    ///
    /// let clock = ManualClock::new("2024-05-01T00:00:00Z".parse()?);
    /// let mut loaded = Store::new(Config::default(), clock.clone());
    /// let mut invocation = Invocation::new("cn-hangzhou", "t-0001", "c-0001");
    /// invocation.instances.push(InstanceRun::new("i-0001"));
    /// assert!(loaded.accept(&invocation)?.retained);
    ///
    /// let mut one = loaded.fork(clock.clone());
    /// one.delete("t-0001")?;
    /// let two = loaded.fork(clock);
    /// assert_eq!((one.len(), two.len(), loaded.len()), (0, 1, 1));
    /// # Ok::<(), invodex::Error>(())
    /// ```
    #[must_use]
    pub fn fork(&self, clock: impl Clock + 'static) -> Store {
        Store {
            config: self.config.clone(),
            clock: Box::new(clock),
            table: self.table.clone(),
            index: self.index.clone(),
            last_number: self.last_number,
            last_write: self.last_write,
            counters: self.counters,
            subscribers: Subscribers::default(),
            outputs: self.outputs.clone(),
        }
    }
}
