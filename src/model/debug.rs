//! `Debug` of the records. Byte strings print as text, of which only the start is printed.

use std::fmt;

use super::invocation::Invocation;
use super::result::InvocationResult;
use super::run::InstanceRun;
use super::update::OutputUpdate;
use crate::error::quoted_as;

/// Prints bytes as text: the first 64 characters, and the length if there are more.
struct Text<'a>(&'a [u8]);

impl fmt::Debug for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&quoted_as(&String::from_utf8_lossy(self.0), self.0.len()))
    }
}

/// Implements `Debug` for a struct. The field behind `;` holds bytes.
macro_rules! debug_struct {
    ($name:ident { $($field:ident),+; $bytes:ident }) => {
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                // Without `..`, so that a new field does not compile until it is listed.
                let $name { $($field),+, $bytes } = self;
                let mut fields = f.debug_struct(stringify!($name));
                $(fields.field(stringify!($field), $field);)+
                fields.field(stringify!($bytes), &Text($bytes)).finish()
            }
        }
    };
}

debug_struct! {
    Invocation {
        region_id, resource_group_id, invoke_id, creation_time, command_id, command_name,
        command_type, command_description, parameters, repeat_mode, frequency, timeout,
        working_dir, username, container_id, container_name, launcher, termination_mode,
        oss_output_delivery, tags, instances; command_content
    }
}

debug_struct! {
    InstanceRun {
        instance_id, invocation_status, creation_time, update_time, start_time, finish_time,
        stop_time, repeats, exit_code, dropped, error_code, error_info, oss_output_status,
        oss_output_uri, oss_output_error_code, oss_output_error_info; output
    }
}

debug_struct! {
    InvocationResult {
        invoke_id, command_id, instance_id, is_history, invocation_status, invoke_record_status,
        start_time, finished_time, stop_time, repeats, exit_code, dropped, error_code, error_info,
        oss_output_status, oss_output_uri, oss_output_error_code, oss_output_error_info, username,
        container_id, container_name, launcher, termination_mode, oss_output_delivery, tags; output
    }
}

impl fmt::Debug for OutputUpdate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, bytes) = match self {
            OutputUpdate::Replace(bytes) => ("Replace", bytes),
            OutputUpdate::Append(bytes) => ("Append", bytes),
        };
        f.debug_tuple(name).field(&Text(bytes)).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::super::update::RunUpdate;
    use super::*;

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
