//! Random records, runs, updates, requests and sequences of operations, as strategies of
//! [`proptest`].
//!
//! All values come from small [`pools`], so that filters match, ids meet, and a token is used again
//! after the records around it have changed.
//!
//! - [`invocation`], [`instance_run`], [`run_update`], [`describe_invocations`],
//!   [`describe_invocation_results`], [`wire_pairs`]: values of the library, for a test that drives a
//!   front end itself
//! - [`record`], [`update`], [`request`]: the same in small numbers, some of them invalid, for a
//!   sequence whose clock moves
//! - [`write`](write()), [`op`], [`case`], [`large_case`]: operations and sequences of them.
//!   [`machine::run`](crate::machine::run) runs a sequence on the library and on the model
//!
//! A value shrinks to fewer and smaller numbers, and so stays what it is: a valid record shrinks to
//! valid records. [`Case`] and its parts are also [`Arbitrary`](arbitrary::Arbitrary), for
//! fuzzers: each byte makes one choice.
//!
//! ```
//! use invodex::{Config, Store, Timestamp};
//! use invodex_testkit::strategy;
//! use proptest::prelude::*;
//!
//! proptest! {
//!     #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]
//!     # /*
//!     #[test]
//!     # */
//!     fn an_accepted_record_is_found(record in strategy::invocation(Timestamp::MIN)) {
//!         let mut store = Store::new(Config::default(), Timestamp::MIN);
//!         store.accept(&record).unwrap();
//!         prop_assert!(store.get(&record.invoke_id).is_some());
//!     }
//! }
//! an_accepted_record_is_found();
//! ```

mod bytes;
mod ops;
pub mod pools;
mod records;
mod requests;
mod sequences;
mod setup;
mod updates;

use invodex::{
    DescribeInvocationResults, DescribeInvocations, InstanceRun, Invocation, RunUpdate, Timestamp,
};
use proptest::strategy::Strategy;

use crate::model::Operation;

pub(crate) use ops::executions;
pub use ops::{Case, Forgery, Op, RunPick, Target};
pub use records::{FAULTS, RecordSpec, RunSpec, one_of_many, record};
pub use requests::{Pairs, RequestSpec, chosen_pair, request, uses_tag_key, wire_pairs};
pub use sequences::{case, large_case, op, write};
pub use setup::{Limits, StoreSpec};
pub use updates::{Named, UpdateSpec, update};

/// A record that every store accepts, unless it holds the InvokeId: with times near `now`, or in any
/// year, and rarely with a field at its limit.
///
/// ```
/// use invodex::Timestamp;
/// use invodex_testkit::strategy::invocation;
/// use proptest::strategy::{Strategy as _, ValueTree as _};
/// use proptest::test_runner::TestRunner;
///
/// let now = Timestamp::saturating_from_secs(1_700_000_000);
/// let mut drawn = invocation(now).new_tree(&mut TestRunner::deterministic()).unwrap();
/// while drawn.simplify() {
///     assert_eq!(drawn.current().check(), Ok(()));
/// }
/// ```
pub fn invocation(now: Timestamp) -> impl Strategy<Value = Invocation> {
    records::valid_record().prop_map(move |record| record.build(now))
}

/// A run with any status, for a record of one's own.
///
/// ```
/// use invodex::{Invocation, Timestamp};
/// use invodex_testkit::strategy::instance_run;
/// use proptest::strategy::{Strategy as _, ValueTree as _};
/// use proptest::test_runner::TestRunner;
///
/// let mut runner = TestRunner::deterministic();
/// let mut record = Invocation::new("cn-hangzhou", "t-1", "c-1");
/// record.instances.push(instance_run(Timestamp::MIN).new_tree(&mut runner).unwrap().current());
/// assert_eq!(record.check(), Ok(()));
/// ```
pub fn instance_run(now: Timestamp) -> impl Strategy<Value = InstanceRun> {
    records::run().prop_map(move |run| run.build(now))
}

/// An update whose fields are valid. It is refused if the run may not take its status.
///
/// ```
/// use invodex::Timestamp;
/// use invodex_testkit::strategy::run_update;
/// use proptest::strategy::{Strategy as _, ValueTree as _};
/// use proptest::test_runner::TestRunner;
///
/// let update = run_update(Timestamp::MIN).new_tree(&mut TestRunner::deterministic()).unwrap();
/// println!("{:?}", update.current());
/// ```
pub fn run_update(now: Timestamp) -> impl Strategy<Value = RunUpdate> {
    updates::valid_update().prop_map(move |update| update.build(now))
}

/// A request that no store refuses which knows the regions of the pool.
///
/// ```
/// use invodex::{Config, Store, Timestamp};
/// use invodex_testkit::strategy::describe_invocations;
/// use proptest::strategy::{Strategy as _, ValueTree as _};
/// use proptest::test_runner::TestRunner;
///
/// let store = Store::new(Config::default(), Timestamp::MIN);
/// let request = describe_invocations().new_tree(&mut TestRunner::deterministic()).unwrap();
/// assert_eq!(store.describe_invocations(&request.current()).unwrap().len(), 0);
/// ```
pub fn describe_invocations() -> impl Strategy<Value = DescribeInvocations> {
    requests::valid_pairs(Operation::DescribeInvocations).prop_map(DescribeInvocations::from_pairs)
}

/// The same for instance runs.
///
/// ```
/// use invodex::{Config, Store, Timestamp};
/// use invodex_testkit::strategy::describe_invocation_results;
/// use proptest::strategy::{Strategy as _, ValueTree as _};
/// use proptest::test_runner::TestRunner;
///
/// let store = Store::new(Config::default(), Timestamp::MIN);
/// let request = describe_invocation_results().new_tree(&mut TestRunner::deterministic()).unwrap();
/// assert_eq!(store.describe_invocation_results(&request.current()).unwrap().len(), 0);
/// ```
pub fn describe_invocation_results() -> impl Strategy<Value = DescribeInvocationResults> {
    requests::valid_pairs(Operation::DescribeInvocationResults)
        .prop_map(DescribeInvocationResults::from_pairs)
}
