//! `Debug` of the records, without their unset fields. Byte strings print as text, of which only the
//! start is printed.

use std::fmt;

use super::kinds::{CommandType, RepeatMode};
use super::status::{InstanceInvokeStatus, InvocationStatus};
use crate::error::quoted_as;

/// Prints bytes as text: the first 64 characters, and the length if there are more.
pub(super) struct BytesAsText<'a>(pub(super) &'a [u8]);

impl fmt::Debug for BytesAsText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&quoted_as(&String::from_utf8_lossy(self.0), self.0.len()))
    }
}

/// A field that a debug output leaves out while it is unset. The fields that every record has, and that
/// have no default, are never unset.
pub(super) trait Unset {
    fn is_unset(&self) -> bool {
        false
    }
}

impl Unset for InvocationStatus {}
impl Unset for InstanceInvokeStatus {}
impl Unset for CommandType {}
impl Unset for RepeatMode {}

impl<T: Default + PartialEq> Unset for T {
    fn is_unset(&self) -> bool {
        *self == T::default()
    }
}

/// Implements `Debug` for a struct. It leaves out unset fields. A field behind `;` holds bytes.
macro_rules! debug_struct {
    ($name:ident { $($field:ident),+ $(; $bytes:ident)? }) => {
        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                use $crate::model::debug::Unset;
                // Without `..`, so that a new field does not compile until it is listed.
                let $name { $($field,)+ $($bytes)? } = self;
                let mut fields = f.debug_struct(stringify!($name));
                $(if !$field.is_unset() {
                    fields.field(stringify!($field), $field);
                })+
                $(if !$bytes.is_unset() {
                    fields.field(stringify!($bytes), &$crate::model::debug::BytesAsText($bytes));
                })?
                fields.finish()
            }
        }
    };
}
pub(super) use debug_struct;
