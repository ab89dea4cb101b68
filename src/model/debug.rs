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

/// A field that a debug output leaves out while it is unset. The fields that every record has are
/// never unset.
pub(super) trait Unset {
    fn is_unset(&self) -> bool {
        false
    }
}

impl Unset for InvocationStatus {}
impl Unset for InstanceInvokeStatus {}
impl Unset for CommandType {}
impl Unset for RepeatMode {}

impl Unset for String {
    fn is_unset(&self) -> bool {
        self.is_empty()
    }
}

impl<T> Unset for Vec<T> {
    fn is_unset(&self) -> bool {
        self.is_empty()
    }
}

impl<T> Unset for Option<T> {
    fn is_unset(&self) -> bool {
        self.is_none()
    }
}

impl Unset for u32 {
    fn is_unset(&self) -> bool {
        *self == 0
    }
}

impl Unset for u64 {
    fn is_unset(&self) -> bool {
        *self == 0
    }
}

impl Unset for bool {
    fn is_unset(&self) -> bool {
        !self
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

#[cfg(test)]
mod tests {
    use crate::model::{InstanceRun, Invocation, RunUpdate};

    #[test]
    fn unset_fields_are_left_out() {
        let mut record = Invocation::new("cn-a", "t-1", "c-1");
        record.instances.push(InstanceRun::new("i-1"));
        record.instances[0].exit_code = Some(0);
        assert_eq!(
            format!("{record:?}"),
            "Invocation { region_id: \"cn-a\", invoke_id: \"t-1\", command_id: \"c-1\", \
             command_type: RunShellScript, repeat_mode: Once, instances: [InstanceRun { \
             instance_id: \"i-1\", invocation_status: Pending, exit_code: Some(0) }] }"
        );
        assert_eq!(
            format!("{:?}", RunUpdate::finished(0).rescheduled()),
            "RunUpdate { invocation_status: Some(Success), reschedule: true }"
        );
    }

    #[test]
    fn bytes_print_as_text() {
        let mut run = InstanceRun::new("i-1");
        run.output = [&[0xff][..], &[b'x'; 100]].concat();
        let printed = format!("{run:?}");
        let text = format!("output: \"\u{fffd}{}\"... (101 bytes) }}", "x".repeat(63));
        assert!(
            printed.starts_with("InstanceRun { instance_id: \"i-1\", invocation_status: Pending")
        );
        assert!(printed.ends_with(&text), "{printed}");

        let mut record = Invocation::new("cn-a", "t-1", "c-1");
        record.command_content = b"df -h\n".to_vec();
        let printed = format!("{record:?}");
        assert!(printed.ends_with(r#"Once, command_content: "df -h\n" }"#), "{printed}");

        let update = RunUpdate::more_output("50 %");
        assert!(format!("{update:?}").contains(r#"output: Some(Append("50 %"))"#), "{update:?}");
    }
}
