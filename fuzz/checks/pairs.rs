//! Wire pairs, documented ones and any others, for both operations over the fixed records. The
//! answer or the error must be the naive model's.

use super::fixture::fixture;
use super::requests::{Flags, pairs};

pub(super) fn check(data: &[u8]) {
    let Some((&first, rest)) = data.split_first() else { return };
    let flags = Flags::read(first);
    let fixture = fixture(flags.omitted_timed_any);
    let pairs = pairs(rest, &fixture.tokens);
    fixture.ask(flags.operation, &pairs, flags.form);
}
