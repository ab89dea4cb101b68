//! The known keys of a record and of a run, and the states in which a capture can have them.

use super::any_json::Json;

/// Defines an enum of keys. Each variant has the name of its key.
macro_rules! keys {
    ($(#[$meta:meta])* $name:ident { $($key:ident),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq)]
        pub(super) enum $name { $($key),+ }

        impl $name {
            /// All keys, in the order in which differences are reported.
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

/// The keys whose `""` is a difference: it means that the field is unset, and the store sets it.
/// An answer shows the other times, the texts and the output as `""`, too, while they are unset.
const UNSET_BY_EMPTY: [&str; 7] = [
    "CreationTime",
    "UpdateTime",
    "InvocationStatus",
    "InvokeStatus",
    "InstanceInvokeStatus",
    "RepeatMode",
    "CommandType",
];

/// The state of a key in a capture.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Shown {
    #[default]
    Missing,
    Null,
    /// The value is `""`, at a key where this means unset.
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
