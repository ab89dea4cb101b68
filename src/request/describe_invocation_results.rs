//! The DescribeInvocationResults request.

use std::borrow::Borrow;
use std::fmt;

use super::params::{
    Common, ContentEncoding, Each, Param, common_methods, text, text_params, value_params,
};
use crate::model::InvokeStatus;

/// A `DescribeInvocationResults` request: one row for each instance run.
///
/// Built and checked as [`DescribeInvocations`](crate::DescribeInvocations).
///
/// # Examples
///
/// ```
/// use invodex::{DescribeInvocationResults, InvokeStatus};
///
/// let built = DescribeInvocationResults::new("cn-hangzhou")
///     .invoke_id("t-0001")
///     .invoke_record_status(InvokeStatus::Finished)
///     .include_history(true);
/// let read = DescribeInvocationResults::from_pairs([
///     ("RegionId", "cn-hangzhou"),
///     ("InvokeId", "t-0001"),
///     ("InvokeRecordStatus", "Finished"),
///     ("IncludeHistory", "True"),
/// ]);
/// assert_eq!(built, read);
/// ```
#[derive(Clone, PartialEq, Eq, Default)]
pub struct DescribeInvocationResults {
    pub(crate) common: Common,
    pub(crate) invoke_record_status: Param<InvokeStatus>,
    pub(crate) include_history: Param<bool>,
}

impl fmt::Debug for DescribeInvocationResults {
    /// Shows the given parameters under their wire names.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut given = f.debug_struct("DescribeInvocationResults");
        self.each(&mut |name, value| {
            given.field(name, &value);
        });
        given.finish()
    }
}

impl DescribeInvocationResults {
    /// Reads the request from decoded wire pairs, as
    /// [`DescribeInvocations::from_pairs`](crate::DescribeInvocations::from_pairs) does.
    /// Cost: O(bytes of the pairs).
    pub fn from_pairs<P, K, V>(pairs: impl IntoIterator<Item = P>) -> Self
    where
        P: Borrow<(K, V)>,
        K: AsRef<str>,
        V: AsRef<str>,
    {
        let mut request = DescribeInvocationResults::default();
        for pair in pairs {
            let (name, value) = pair.borrow();
            let value = value.as_ref();
            match name.as_ref() {
                "InvokeRecordStatus" => request.invoke_record_status = Param::named(value),
                "IncludeHistory" => request.include_history = Param::boolean(value),
                name => request.common.read(name, value),
            }
        }
        request
    }

    common_methods!();

    /// Calls `each` with each given parameter.
    fn each(&self, each: &mut Each<'_>) {
        self.common.each(each);
        self.invoke_record_status.name_to("InvokeRecordStatus", each);
        self.include_history.name_to("IncludeHistory", each);
    }

    value_params! { self, self;
        /// `InvokeRecordStatus`: matches a run's status or its legacy status. An earlier execution
        /// has the status that it ended with.
        invoke_record_status, get_invoke_record_status: InvokeStatus;
        /// `IncludeHistory`: default false. `true` needs an InvokeId and adds the earlier executions
        /// of a recurring task; for any other task it changes nothing.
        include_history, get_include_history: bool;
    }
}
