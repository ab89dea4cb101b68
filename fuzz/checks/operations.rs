//! A sequence of operations on a store and on the naive model, as the operations machine of the tests
//! runs it: [`Case`] says how it is read from bytes.

use arbitrary::{Arbitrary as _, Unstructured};
use invodex_testkit::machine::{self, Coverage};
use invodex_testkit::strategy::Case;

pub(super) fn check(data: &[u8]) {
    let case = Case::arbitrary(&mut Unstructured::new(data)).expect("any bytes make a case");
    if let Err(error) = machine::run(&case, &mut Coverage::default()) {
        panic!("{error}\n{case:#?}");
    }
}
