//! The cost of reading the clock.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

use crate::statistics::median;

pub fn nanoseconds_of(duration: Duration) -> f64 {
    duration.as_nanos() as f64
}

/// The measured time of an empty measurement, in nanoseconds.
pub fn overhead() -> f64 {
    static OVERHEAD: OnceLock<f64> = OnceLock::new();
    *OVERHEAD.get_or_init(|| {
        median((0..10_001).map(|_| {
            let start = Instant::now();
            nanoseconds_of(start.elapsed())
        }))
    })
}

/// Waits in a loop, without yielding the core.
pub fn spin_until(due: Instant) {
    while Instant::now() < due {
        std::hint::spin_loop();
    }
}
