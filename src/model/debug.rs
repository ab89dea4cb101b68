//! `Debug` of the records. Byte strings print as text, of which only the start is printed.

use std::fmt;

use crate::error::quoted_as;

/// Prints bytes as text: the first 64 characters, and the length if there are more.
pub(super) struct BytesAsText<'a>(pub(super) &'a [u8]);

impl fmt::Debug for BytesAsText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&quoted_as(&String::from_utf8_lossy(self.0), self.0.len()))
    }
}

/// Implements `Debug` for a struct. The field behind `;` holds bytes.
macro_rules! debug_struct {
    ($name:ident { $($field:ident),+; $bytes:ident }) => {
        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                // Without `..`, so that a new field does not compile until it is listed.
                let $name { $($field),+, $bytes } = self;
                let mut fields = f.debug_struct(stringify!($name));
                $(fields.field(stringify!($field), $field);)+
                let bytes = $crate::model::debug::BytesAsText($bytes);
                fields.field(stringify!($bytes), &bytes).finish()
            }
        }
    };
}
pub(super) use debug_struct;

#[cfg(test)]
mod tests {
    use crate::model::{InstanceRun, Invocation, RunUpdate};

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
        assert!(printed.ends_with(r#"instances: [], command_content: "df -h\n" }"#), "{printed}");

        let update = RunUpdate::more_output("50 %");
        assert!(format!("{update:?}").contains(r#"output: Some(Append("50 %"))"#), "{update:?}");
    }
}
