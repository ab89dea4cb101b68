//! Wire pairs, documented ones and any others, to both operations over the fixed records: the
//! answer or the error is that of the naive model.

use super::fixture::fixture;
use super::requests::{Flags, pairs};

pub(super) fn check(data: &[u8]) {
    let Some((&first, rest)) = data.split_first() else { return };
    let flags = Flags::read(first);
    let fixture = fixture(flags.omitted_timed_any);
    let pairs = pairs(rest, &fixture.tokens);
    fixture.twin.ask(flags.operation, &pairs, flags.form);
}
