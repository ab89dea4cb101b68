//! The known keys of a record and of a run, and what a capture shows at them.

use super::any_json::Json;
use crate::model::{COMMAND_TEXT_FIELDS, RUN_TEXT_FIELDS};

/// Defines an enum of keys. A variant is named as its key is; `Text(n)` is text number `n` of the list
/// behind `;`, from 0.
macro_rules! keys {
    ($(#[$meta:meta])* $name:ident { $($key:ident),+; $texts:ident }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq)]
        pub(super) enum $name { $($key,)+ Text(usize) }

        impl $name {
            const KEYS: &'static [$name] = &[$($name::$key),+];

            pub(super) const COUNT: usize = Self::KEYS.len() + $texts.len();

            /// All keys, in the order in which differences are reported.
            pub(super) fn all() -> impl Iterator<Item = Self> {
                Self::KEYS.iter().copied().chain((0..$texts.len()).map($name::Text))
            }

            /// The position in [`all`](Self::all).
            pub(super) fn index(self) -> usize {
                enum Position { $($key,)+ Texts }
                match self {
                    $($name::$key => Position::$key as usize,)+
                    $name::Text(at) => Position::Texts as usize + at,
                }
            }

            pub(super) fn as_str(self) -> &'static str {
                match self {
                    $($name::$key => stringify!($key),)+
                    $name::Text(at) => $texts[at].name,
                }
            }

            pub(super) fn from_name(name: &str) -> Option<Self> {
                match name {
                    $(stringify!($key) => Some($name::$key),)+
                    _ => $texts.iter().position(|text| text.name == name).map($name::Text),
                }
            }
        }
    };
}

keys! {
    /// The keys of an invocation.
    Field {
        CreationTime, InvocationStatus, InvokeStatus, Timed, RepeatMode, CommandType,
        CommandContent, Timeout, Tags, InvokeInstances, RegionId, ResourceGroupId, InvokeId;
        COMMAND_TEXT_FIELDS
    }
}

keys! {
    /// The keys of a run.
    RunField {
        InvocationStatus, InstanceInvokeStatus, Timed, CreationTime, UpdateTime, StartTime,
        FinishTime, StopTime, Repeats, ExitCode, Output, Dropped, InstanceId;
        RUN_TEXT_FIELDS
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
