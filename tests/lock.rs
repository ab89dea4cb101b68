//! The lock of `SharedStore` under loom, which tries the interleavings of threads: all of them if
//! that takes seconds, otherwise those with few preemptions. A thread that sleeps forever is
//! reported as a deadlock.
//!
//! The source file is the library's, with loom's types in place of the standard library's. The lock
//! spins and yields fewer times here, so that the interleavings can be counted.

#[path = "../src/shared/lock.rs"]
mod lock;

use std::sync::atomic::{AtomicUsize as Count, Ordering as CountOrdering};

use lock::SharedLock;
use loom::model::Builder;
use loom::sync::Arc;
use loom::thread;

mod sync {
    pub(super) use loom::hint::spin_loop;
    pub(super) use loom::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
    pub(super) use loom::sync::{RwLock, RwLockReadGuard, RwLockWriteGuard};
    pub(super) use loom::thread::yield_now;
}

/// The guarded data: two numbers. Each write adds the same to both, one after the other.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
struct Pair(u32, u32);

type Lock<const SPINS: usize, const YIELDS: usize> = Arc<SharedLock<Pair, SPINS, YIELDS>>;

fn add<const S: usize, const C: usize>(lock: &Lock<S, C>, more: u32) {
    let mut pair = lock.write();
    pair.0 += more;
    // Lets another thread run here.
    thread::yield_now();
    pair.1 += more;
}

/// Checks that a reader sees both numbers of one write, and no older state than before.
fn look<const S: usize, const C: usize>(lock: &Lock<S, C>, least: u32) -> u32 {
    let pair = lock.read();
    let before = *pair;
    thread::yield_now();
    assert_eq!((before.0, *pair), (before.1, before), "a store in the middle of a write");
    assert!(before.0 >= least, "a write that had returned was not seen");
    before.0
}

/// Tries all interleavings, or those with at most this many preemptions. Returns their number.
fn every_order(preemptions: Option<usize>, threads: impl Fn() + Sync + Send + 'static) -> usize {
    let count = std::sync::Arc::new(Count::new(0));
    let counted = std::sync::Arc::clone(&count);
    let mut builder = Builder::new();
    builder.preemption_bound = preemptions;
    builder.check(move || {
        counted.fetch_add(1, CountOrdering::Relaxed);
        threads();
    });
    count.load(CountOrdering::Relaxed)
}

fn begin<const S: usize, const C: usize>() -> Lock<S, C> {
    Arc::new(SharedLock::new(Pair::default()))
}

/// Checks that no thread waits any more, and that no write was lost.
fn end<const S: usize, const C: usize>(lock: &Lock<S, C>, sum: u32) {
    assert_eq!(*lock.read(), Pair(sum, sum), "a write is lost");
    assert_eq!(lock.waiting_readers.load(sync::Ordering::SeqCst), 0, "a reader is still counted");
    assert_eq!(lock.waiting_writers.load(sync::Ordering::SeqCst), 0, "a writer is still counted");
}

fn a_reader_and_a_writer<const S: usize, const C: usize>(preemptions: Option<usize>) -> usize {
    every_order(preemptions, move || {
        let lock = begin::<S, C>();
        let writer = {
            let lock = Arc::clone(&lock);
            thread::spawn(move || {
                add(&lock, 1);
                add(&lock, 2);
            })
        };
        let first = look(&lock, 0);
        look(&lock, first);
        writer.join().expect("it does not panic");
        look(&lock, 3);
        end(&lock, 3);
    })
}

fn two_writers<const S: usize, const C: usize>() -> usize {
    every_order(None, || {
        let lock = begin::<S, C>();
        let writer = {
            let lock = Arc::clone(&lock);
            thread::spawn(move || add(&lock, 1))
        };
        add(&lock, 2);
        look(&lock, 2);
        writer.join().expect("it does not panic");
        end(&lock, 3);
    })
}

fn two_readers_and_a_writer<const S: usize, const C: usize>(preemptions: usize) -> usize {
    every_order(Some(preemptions), move || {
        let lock = begin::<S, C>();
        let reader = || {
            let lock = Arc::clone(&lock);
            thread::spawn(move || {
                look(&lock, 0);
            })
        };
        let readers = [reader(), reader()];
        add(&lock, 1);
        add(&lock, 2);
        readers.into_iter().for_each(|reader| reader.join().expect("it does not panic"));
        end(&lock, 3);
    })
}

fn two_writers_and_a_reader<const S: usize, const C: usize>() -> usize {
    every_order(Some(2), || {
        let lock = begin::<S, C>();
        let writer = |more| {
            let lock = Arc::clone(&lock);
            thread::spawn(move || add(&lock, more))
        };
        let writers = [writer(1), writer(2)];
        look(&lock, 0);
        writers.into_iter().for_each(|writer| writer.join().expect("it does not panic"));
        end(&lock, 3);
    })
}

#[test]
fn a_reader_beside_a_writer() {
    // Without spinning, a thread sleeps if it does not get the lock at once.
    let counts = [
        a_reader_and_a_writer::<0, 0>(None),
        // All interleavings of these would take minutes.
        a_reader_and_a_writer::<0, 1>(Some(4)),
        a_reader_and_a_writer::<1, 0>(Some(4)),
        a_reader_and_a_writer::<1, 1>(Some(4)),
    ];
    println!("orders: {counts:?}");
    assert!(counts.iter().all(|&count| count > 5), "{counts:?}");
}

#[test]
fn a_writer_beside_a_writer() {
    let counts = [two_writers::<0, 0>(), two_writers::<1, 1>(), two_writers::<2, 2>()];
    println!("orders: {counts:?}");
    assert!(counts.iter().all(|&count| count > 5), "{counts:?}");
}

#[test]
fn readers_beside_a_writer() {
    let counts = [two_readers_and_a_writer::<0, 1>(2), two_readers_and_a_writer::<1, 1>(1)];
    println!("orders: {counts:?}");
    assert!(counts.iter().all(|&count| count > 5), "{counts:?}");
}

#[test]
fn writers_beside_a_reader() {
    let counts = [two_writers_and_a_reader::<0, 1>(), two_writers_and_a_reader::<1, 1>()];
    println!("orders: {counts:?}");
    assert!(counts.iter().all(|&count| count > 5), "{counts:?}");
}
