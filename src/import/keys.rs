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

impl Field {
    /// Whether `""` means that the field is unset, and the store sets it.
    pub(super) fn is_unset_by_empty(self) -> bool {
        use Field as F;
        let statuses = matches!(self, F::InvocationStatus | F::InvokeStatus);
        statuses || matches!(self, F::CreationTime | F::RepeatMode | F::CommandType)
    }
}

impl RunField {
    /// Whether `""` means that the field is unset, and the store sets it. The other times and the
    /// output are answered as `""` when they are unset.
    pub(super) fn is_unset_by_empty(self) -> bool {
        use RunField as F;
        let statuses = matches!(self, F::InvocationStatus | F::InstanceInvokeStatus);
        statuses || matches!(self, F::CreationTime | F::UpdateTime)
    }
}

/// What a capture shows at a key.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Shown {
    #[default]
    Missing,
    Null,
    /// `""` where that means unset.
    Empty,
    Set,
}

impl Shown {
    pub(super) fn of(value: Json<'_>, is_unset_by_empty: bool) -> Self {
        if value.is_null() {
            Shown::Null
        } else if is_unset_by_empty && value.is_empty_text() {
            Shown::Empty
        } else {
            Shown::Set
        }
    }
}
