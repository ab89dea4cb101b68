//! The data of a task event.

use super::fields::{Fields, Group, name};
use crate::model::Timestamp;

/// The `data` object of the service's task event.
pub(crate) struct Event<'a> {
    pub(crate) command_id: &'a str,
    pub(crate) command_name: &'a str,
    pub(crate) exit_code: Option<i64>,
    pub(crate) finish_time: Option<Timestamp>,
    pub(crate) instance_id: &'a str,
    pub(crate) invocation_status: &'static str,
    pub(crate) invoke_id: &'a str,
    pub(crate) repeat_mode: &'static str,
    pub(crate) repeats: u32,
    pub(crate) start_time: Option<Timestamp>,
    pub(crate) error_code: &'a str,
    pub(crate) error_desc: &'a str,
}

impl Group for Event<'_> {
    fn each(&self, out: &mut impl Fields) {
        let exit_code = self.exit_code.map_or_else(String::new, |code| code.to_string());
        out.text(name!("commandId"), self.command_id);
        out.text(name!("commandName"), self.command_name);
        out.text(name!("exitCode"), &exit_code);
        out.time(name!("finishTime"), self.finish_time);
        out.text(name!("instanceId"), self.instance_id);
        out.constant(name!("invocationStatus"), self.invocation_status);
        out.text(name!("invokeId"), self.invoke_id);
        out.constant(name!("repeatMode"), self.repeat_mode);
        out.text(name!("repeats"), &self.repeats.to_string());
        out.time(name!("startTime"), self.start_time);
        out.text(name!("errorCode"), self.error_code);
        out.text(name!("errorDesc"), self.error_desc);
    }
}
