//! Ids of requests, invocations and commands: random, or repeatable with a seed.

use std::sync::{Mutex, PoisonError};

use fastrand::Rng;

/// Generates ids. Each store has its own generator, so that stores do not affect each other's ids.
pub(crate) struct Ids(Mutex<Rng>);

impl Ids {
    /// The generator of the store named `name`. With a seed it gives the same ids each time.
    pub(crate) fn new(seed: Option<u64>, name: &str) -> Self {
        let rng = seed.map_or_else(Rng::new, |seed| Rng::with_seed(seed ^ fnv1a(name.as_bytes())));
        Ids(Mutex::new(rng))
    }

    /// A RequestId: a random UUID, in the service's upper case.
    pub(crate) fn request_id(&self) -> String {
        let random = self.with(|rng| rng.u128(..));
        let uuid = random & !(0xf000 << 64 | 0xc000 << 48) | (0x4000 << 64 | 0x8000 << 48);
        let part = |bits: u32| uuid >> bits;
        format!(
            "{:08X}-{:04X}-{:04X}-{:04X}-{:012X}",
            part(96) as u32,
            part(80) as u16,
            part(64) as u16,
            part(48) as u16,
            part(0) as u64 & ((1 << 48) - 1)
        )
    }

    /// An InvokeId.
    pub(crate) fn invoke_id(&self) -> String {
        self.resource_id("t-hz0")
    }

    /// A CommandId.
    pub(crate) fn command_id(&self) -> String {
        self.resource_id("c-hz0")
    }

    fn resource_id(&self, prefix: &str) -> String {
        let digits = "0123456789abcdefghijklmnopqrstuvwxyz".as_bytes();
        self.with(|rng| {
            let random = (0..12).map(|_| char::from(digits[rng.usize(..digits.len())]));
            prefix.chars().chain(random).collect()
        })
    }

    /// A random number.
    pub(crate) fn number(&self) -> u64 {
        self.with(|rng| rng.u64(..))
    }

    /// The position in the sequence, for an archive.
    pub(crate) fn position(&self) -> u64 {
        self.with(|rng| rng.get_seed())
    }

    /// Continues from `position`.
    pub(crate) fn set_position(&self, position: u64) {
        self.with(|rng| rng.seed(position));
    }

    fn with<T>(&self, draw: impl FnOnce(&mut Rng) -> T) -> T {
        draw(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The FNV-1a hash, which is the same on every platform and in every version.
pub(crate) fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
