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
        let mut id = String::with_capacity(36);
        for at in 0..32 {
            if matches!(at, 8 | 12 | 16 | 20) {
                id.push('-');
            }
            id.push(char::from(b"0123456789ABCDEF"[(uuid >> (124 - 4 * at)) as usize & 15]));
        }
        id
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_repeats_and_names_differ() {
        let draw = |ids: &Ids| (ids.request_id(), ids.invoke_id(), ids.command_id());
        let first = draw(&Ids::new(Some(7), "a"));
        assert_eq!(first, draw(&Ids::new(Some(7), "a")));
        assert_ne!(first, draw(&Ids::new(Some(7), "b")));
        assert_ne!(draw(&Ids::new(None, "a")), draw(&Ids::new(None, "a")));
    }

    #[test]
    fn request_ids_are_random_uuids_in_upper_case() {
        let id = Ids::new(Some(7), "").request_id();
        let form: String = id.chars().map(|c| if c == '-' { '-' } else { 'X' }).collect();
        assert_eq!(form, "XXXXXXXX-XXXX-XXXX-XXXX-XXXXXXXXXXXX");
        assert!(id.chars().all(|c| c == '-' || c.is_ascii_digit() || ('A'..='F').contains(&c)));
        assert_eq!(&id[14..15], "4");
        assert!("89AB".contains(&id[19..20]));
    }
}
