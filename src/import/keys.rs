//! The known keys of a record and of a run, and what a capture shows at them.

use super::any_json::Json;

/// Defines an enum of keys whose variants are named as the keys are.
macro_rules! keys {
    ($(#[$meta:meta])* $name:ident { $($key:ident),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq)]
        pub(super) enum $name { $($key),+ }

        impl $name {
            /// In the order in which differences are reported.
            pub(super) const ALL: &'static [$name] = &[$($name::$key),+];

            pub(super) const fn as_str(self) -> &'static str {
                match self { $($name::$key => stringify!($key)),+ }
            }

            pub(super) fn from_name(name: &str) -> Option<Self> {
                match name {
                    $(stringify!($key) => Some($name::$key),)+
                    _ => None,
                }
            }
        }
    };
}

keys! {
    /// The keys of an invocation.
    Field {
        CreationTime, InvocationStatus, InvokeStatus, Timed, RepeatMode, CommandType,
        CommandContent, Timeout, Tags, InvokeInstances, RegionId, ResourceGroupId, InvokeId,
        CommandId, CommandName, CommandDescription, Parameters, Frequency, WorkingDir, Username,
        ContainerId, ContainerName, Launcher, TerminationMode, OssOutputDelivery,
    }
}

keys! {
    /// The keys of a run.
    RunField {
        InvocationStatus, InstanceInvokeStatus, Timed, CreationTime, UpdateTime, StartTime,
        FinishTime, StopTime, Repeats, ExitCode, Output, Dropped, InstanceId, ErrorCode, ErrorInfo,
        OssOutputStatus, OssOutputUri, OssOutputErrorCode, OssOutputErrorInfo,
    }
}

/// The keys at which `""` means that the field is unset, and the store sets it. Answers show the
/// other times, the texts and the output as `""` when they are unset.
const UNSET_BY_EMPTY: [&str; 7] = [
    "CreationTime",
    "UpdateTime",
    "InvocationStatus",
    "InvokeStatus",
    "InstanceInvokeStatus",
    "RepeatMode",
    "CommandType",
];

/// What a capture shows at a key.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Shown {
    #[default]
    Missing,
    Null,
    /// `""`, which means unset here.
    Empty,
    Set,
}

impl Shown {
    pub(super) fn of(key: &str, value: Json<'_>) -> Self {
        if value.is_null() {
            Shown::Null
        } else if value.is_empty_text() && UNSET_BY_EMPTY.contains(&key) {
            Shown::Empty
        } else {
            Shown::Set
        }
    }
}
