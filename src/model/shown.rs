//! Records as `Debug` shows them: bytes as the start of a text, not as numbers.

use std::fmt;

use super::invocation::Invocation;
use super::result::InvocationResult;
use super::run::InstanceRun;
use super::update::OutputUpdate;
use crate::error::quoted_as;

/// Bytes as text, of which the first 64 characters are shown.
struct Shown<'a>(&'a [u8]);

impl fmt::Debug for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&quoted_as(&String::from_utf8_lossy(self.0), self.0.len()))
    }
}

/// `Debug` for a struct, field by field; those behind `;` are bytes.
macro_rules! show {
    ($name:ident { $($field:ident),+; $bytes:ident }) => {
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                // So that none is forgotten.
                let $name { $($field),+, $bytes } = self;
                let mut shown = f.debug_struct(stringify!($name));
                $(shown.field(stringify!($field), $field);)+
                shown.field(stringify!($bytes), &Shown($bytes)).finish()
            }
        }
    };
}

show! {
    Invocation {
        region_id, resource_group_id, invoke_id, creation_time, command_id, command_name,
        command_type, command_description, parameters, repeat_mode, frequency, timeout,
        working_dir, username, container_id, container_name, launcher, termination_mode,
        oss_output_delivery, tags, instances; command_content
    }
}

show! {
    InstanceRun {
        instance_id, invocation_status, creation_time, update_time, start_time, finish_time,
        stop_time, repeats, exit_code, dropped, error_code, error_info, oss_output_status,
        oss_output_uri, oss_output_error_code, oss_output_error_info; output
    }
}

show! {
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
        f.debug_tuple(name).field(&Shown(bytes)).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::RunUpdate;

    #[test]
    fn bytes_are_shown_as_text() {
        let mut run = InstanceRun::new("i-1");
        run.output = [&[0xff][..], &[b'x'; 100]].concat();
        let shown = format!("{run:?}");
        let text = format!("output: \"\u{fffd}{}\"... (101 bytes) }}", "x".repeat(63));
        assert!(
            shown.starts_with("InstanceRun { instance_id: \"i-1\", invocation_status: Pending")
        );
        assert!(shown.ends_with(&text), "{shown}");

        let mut record = Invocation::new("cn-a", "t-1", "c-1");
        record.command_content = b"df -h\n".to_vec();
        let shown = format!("{record:?}");
        assert!(shown.ends_with(r#"instances: [], command_content: "df -h\n" }"#), "{shown}");

        let update = RunUpdate::more_output("50 %");
        assert!(format!("{update:?}").contains(r#"output: Some(Append("50 %"))"#), "{update:?}");
    }
}
