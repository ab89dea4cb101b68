//! Ids of requests, invocations and commands: random, or repeatable with a seed.

use std::sync::{Mutex, PoisonError};

use axum::http::HeaderName;
use fastrand::Rng;

/// The header of an answer that has its RequestId.
pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-acs-request-id");

/// Generates ids. Each store has its own generator, so that stores do not affect each other's ids.
pub(crate) struct Ids(Mutex<Rng>);

impl Ids {
    /// The generator of the store named `name`. With a seed it gives the same ids each time.
    pub(crate) fn new(seed: Option<u64>, name: &str) -> Self {
        let rng = seed.map_or_else(Rng::new, |seed| Rng::with_seed(seed ^ fnv1a(name.as_bytes())));
        Ids(Mutex::new(rng))
    }

    /// A RequestId that no seed repeats, and that does not change those that one does.
    pub(crate) fn random() -> String {
        Ids::new(None, "").request_id()
    }

    /// A RequestId: a random UUID, in the service's upper case.
    pub(crate) fn request_id(&self) -> String {
        let random = self.with(|rng| rng.u128(..));
        let uuid = random & !(0xf000 << 64 | 0xc000 << 48) | (0x4000 << 64 | 0x8000 << 48);
        let digit = |value: u8| char::from(b"0123456789ABCDEF"[usize::from(value & 15)]);
        // Without `format!`, which takes three times as long: each answer has one.
        let mut id = String::with_capacity(36);
        for (at, byte) in uuid.to_be_bytes().into_iter().enumerate() {
            if matches!(at, 4 | 6 | 8 | 10) {
                id.push('-');
            }
            id.push(digit(byte >> 4));
            id.push(digit(byte));
        }
        id
    }

    pub(crate) fn invoke_id(&self) -> String {
        self.resource_id("t-hz0")
    }

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
