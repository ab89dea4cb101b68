//! The DescribeInvocations request.

use std::borrow::Borrow;
use std::fmt;

use super::params::{
    Common, ContentEncoding, Each, Param, common_methods, name_text, text, text_params,
    value_params,
};
use crate::model::{CommandType, InvokeStatus, RepeatMode};

/// A `DescribeInvocations` request.
///
/// Built with methods, or read from wire pairs. Faults are reported when a store answers the
/// request: the first one in the API's order is the error. Filters are ANDed; an empty string
/// counts as absent. [`Default`] has no parameter, and every store refuses it because RegionId is
/// required.
///
/// # Examples
///
/// ```
/// use invodex::{CommandType, DescribeInvocations, InvokeStatus};
///
/// let built = DescribeInvocations::new("cn-hangzhou")
///     .invoke_status(InvokeStatus::Failed)
///     .command_type(CommandType::RunShellScript)
///     .tag("owner", "zhangsan")
///     .max_results(50);
/// let read = DescribeInvocations::from_pairs([
///     ("RegionId", "cn-hangzhou"),
///     ("InvokeStatus", "Failed"),
///     ("CommandType", "RunShellScript"),
///     ("Tag.1.Key", "owner"),
///     ("Tag.1.Value", "zhangsan"),
///     ("MaxResults", "50"),
/// ]);
/// assert_eq!(built, read);
///
/// let query = "RegionId=cn-hangzhou&InvokeStatus=Failed&CommandType=RunShellScript\
///              &Tag.1.Key=owner&Tag.1.Value=zhangsan&MaxResults=50";
/// assert_eq!(built, DescribeInvocations::from_pairs(invodex::decode_query(query)?));
/// assert_eq!(built.get_invoke_status(), Some(InvokeStatus::Failed));
/// assert_eq!(built.get_tags().next(), Some(("owner", Some("zhangsan"))));
///
/// let short = DescribeInvocations::new("cn-hangzhou").max_results(50);
/// let shown = r#"DescribeInvocations { RegionId: "cn-hangzhou", MaxResults: 50 }"#;
/// assert_eq!(format!("{short:?}"), shown);
/// # Ok::<(), invodex::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Default)]
pub struct DescribeInvocations {
    pub(crate) common: Common,
    pub(crate) command_name: Option<String>,
    pub(crate) command_type: Param<CommandType>,
    pub(crate) repeat_mode: Param<RepeatMode>,
    pub(crate) timed: Param<bool>,
    pub(crate) invoke_status: Param<InvokeStatus>,
    pub(crate) include_output: Param<bool>,
}

impl fmt::Debug for DescribeInvocations {
    /// Shows the given parameters under their wire names.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut given = f.debug_struct("DescribeInvocations");
        self.each(&mut |name, value| {
            given.field(name, &value);
        });
        given.finish()
    }
}

impl DescribeInvocations {
    /// Reads the request from decoded wire pairs, owned or borrowed. Names are spelled as the API
    /// spells them, integers are decimal digits, booleans are `true` and `false` in any letter case.
    /// The last of several pairs with one name counts; unknown names are ignored. Values outside
    /// their limits are kept, and refused when the request is answered. `Type` is the older name of
    /// CommandType, which takes precedence. [`decode_query`](crate::decode_query) decodes a raw query
    /// string.
    ///
    /// Cost: O(bytes of the pairs).
    pub fn from_pairs<P, K, V>(pairs: impl IntoIterator<Item = P>) -> Self
    where
        P: Borrow<(K, V)>,
        K: AsRef<str>,
        V: AsRef<str>,
    {
        let mut request = DescribeInvocations::default();
        let mut older_type = Param::Absent;
        for pair in pairs {
            let (name, value) = pair.borrow();
            let value = value.as_ref();
            match name.as_ref() {
                "CommandName" => request.command_name = text(value),
                "CommandType" => request.command_type = Param::named(value),
                "Type" => older_type = Param::named(value),
                "RepeatMode" => request.repeat_mode = Param::named(value),
                "Timed" => request.timed = Param::boolean(value),
                "InvokeStatus" => request.invoke_status = Param::named(value),
                "IncludeOutput" => request.include_output = Param::boolean(value),
                name => request.common.read(name, value),
            }
        }
        if request.command_type.is_absent() {
            request.command_type = older_type;
        }
        request
    }

    common_methods!();

    /// Calls `each` with each given parameter.
    fn each(&self, each: &mut Each<'_>) {
        self.common.each(each);
        name_text("CommandName", &self.command_name, each);
        self.command_type.name_to("CommandType", each);
        self.repeat_mode.name_to("RepeatMode", each);
        self.timed.name_to("Timed", each);
        self.invoke_status.name_to("InvokeStatus", each);
        self.include_output.name_to("IncludeOutput", each);
    }

    text_params! { self, self;
        /// `CommandName`: exact, case-sensitive. Ignored when InstanceId is given.
        command_name, get_command_name;
    }

    value_params! { self, self;
        /// `CommandType`: exact. `Type` is its older name in wire pairs.
        command_type, get_command_type: CommandType;
        /// `RepeatMode`: exact. Ignored when InstanceId is given. DryRun is no value of the filter.
        repeat_mode, get_repeat_mode: RepeatMode;
        /// `Timed`: exact. Without it the store's policy decides, see
        /// [`OmittedTimed`](crate::OmittedTimed).
        timed, get_timed: bool;
        /// `InvokeStatus`: matches either overall status. PartialFailed is ignored when InstanceId
        /// is given.
        invoke_status, get_invoke_status: InvokeStatus;
        /// `IncludeOutput`: default false. `true` needs InvokeId or InstanceId.
        include_output, get_include_output: bool;
    }
}
