//! The keys that are known, and which of them an object had.

use crate::model::{InstanceRun, Invocation};

/// Defines the keys of an object: those whose value is kept as it is, and all others.
macro_rules! fields {
    ($(#[$meta:meta])* $name:ident of $object:ident {
        texts { $($text:ident: $member:ident),+ $(,)? }
        others { $($other:ident),+ $(,)? }
    }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq)]
        #[repr(u8)]
        pub(super) enum $name { $($other,)+ $($text,)+ }

        impl $name {
            /// In the order in which they are reported.
            pub(super) const ALL: &'static [$name] = &[$($name::$other,)+ $($name::$text,)+];

            pub(super) const fn as_str(self) -> &'static str {
                match self {
                    $($name::$other => stringify!($other),)+
                    $($name::$text => stringify!($text),)+
                }
            }

            pub(super) fn from_name(name: &str) -> Option<Self> {
                match name {
                    $(stringify!($other) => Some($name::$other),)+
                    $(stringify!($text) => Some($name::$text),)+
                    _ => None,
                }
            }

            /// Where a text that is kept as it is goes.
            pub(super) fn text(self, object: &mut $object) -> Option<&mut String> {
                match self {
                    $($name::$text => Some(&mut object.$member),)+
                    _ => None,
                }
            }
        }
    };
}

fields! {
    /// The keys of an invocation.
    Field of Invocation {
        texts {
            RegionId: region_id,
            ResourceGroupId: resource_group_id,
            InvokeId: invoke_id,
            CommandId: command_id,
            CommandName: command_name,
            CommandDescription: command_description,
            Parameters: parameters,
            Frequency: frequency,
            WorkingDir: working_dir,
            Username: username,
            ContainerId: container_id,
            ContainerName: container_name,
            Launcher: launcher,
            TerminationMode: termination_mode,
            OssOutputDelivery: oss_output_delivery,
        }
        others {
            CreationTime, InvocationStatus, InvokeStatus, Timed, RepeatMode, CommandType,
            CommandContent, Timeout, Tags, InvokeInstances,
        }
    }
}

fields! {
    /// The keys of a run.
    RunField of InstanceRun {
        texts {
            InstanceId: instance_id,
            ErrorCode: error_code,
            ErrorInfo: error_info,
            OssOutputStatus: oss_output_status,
            OssOutputUri: oss_output_uri,
            OssOutputErrorCode: oss_output_error_code,
            OssOutputErrorInfo: oss_output_error_info,
        }
        others {
            InvocationStatus, InstanceInvokeStatus, Timed, CreationTime, UpdateTime, StartTime,
            FinishTime, StopTime, Repeats, ExitCode, Output, Dropped,
        }
    }
}

/// Which keys of an object have been there.
#[derive(Clone, Copy, Default)]
pub(super) struct Keys {
    /// With whatever value.
    given: u64,
    /// With a value that is not `null`, and not `""` where that means unset.
    set: u64,
    /// With `""` where that means unset.
    empty: u64,
}

impl Keys {
    /// Notes that the key is there; false when it was there before.
    pub(super) fn give(&mut self, key: u8) -> bool {
        let first = self.given & (1 << key) == 0;
        self.given |= 1 << key;
        first
    }

    /// Notes that the key has a value.
    pub(super) fn set(&mut self, key: u8) {
        self.set |= 1 << key;
    }

    /// Notes that the key has the value `""`, which means unset.
    pub(super) fn set_empty(&mut self, key: u8) {
        self.empty |= 1 << key;
    }

    pub(super) fn is_set(self, key: u8) -> bool {
        self.set & (1 << key) != 0
    }

    /// What a capture that does not set the key shows.
    pub(super) fn unset_text(self, key: u8) -> Option<String> {
        (self.empty & (1 << key) != 0).then(String::new)
    }
}
