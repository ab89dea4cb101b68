//! The data of a task event.

use super::fields::{Fields, Group, name};
use crate::model::Timestamp;

/// The data of a task event, in one of its forms.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Event<'a> {
    pub(crate) form: EventForm,
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

/// The channel of the service whose form the data has.
#[derive(Clone, Copy, Debug)]
pub(crate) enum EventForm {
    EventBridge,
    CloudMonitor { player_uid: u64, owner_id: u64 },
}

impl Group for Event<'_> {
    fn each(&self, out: &mut impl Fields) {
        match self.form {
            EventForm::EventBridge => self.each_of_event_bridge(out),
            EventForm::CloudMonitor { player_uid, owner_id } => {
                self.each_of_cloud_monitor(player_uid, owner_id, out);
            }
        }
    }
}

impl Event<'_> {
    /// The fields in the order of the documentation's sample, numbers as text.
    fn each_of_event_bridge(&self, out: &mut impl Fields) {
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

    /// The fields in the order of a captured event. The captured one had no error; errorCode and
    /// errorDesc are the last.
    fn each_of_cloud_monitor(&self, player_uid: u64, owner_id: u64, out: &mut impl Fields) {
        out.text(name!("invokeId"), self.invoke_id);
        out.number(name!("repeats"), self.repeats.into());
        out.time(name!("finishTime"), self.finish_time);
        out.text(name!("commandName"), self.command_name);
        out.text(name!("instanceId"), self.instance_id);
        out.constant(name!("repeatMode"), self.repeat_mode);
        out.number(name!("playerUid"), player_uid);
        if let Some(exit_code) = self.exit_code {
            out.signed(name!("exitCode"), exit_code);
        }
        out.time(name!("startTime"), self.start_time);
        out.number(name!("ownerId"), owner_id);
        out.text(name!("commandId"), self.command_id);
        out.constant(name!("invocationStatus"), self.invocation_status);
        if !(self.error_code.is_empty() && self.error_desc.is_empty()) {
            out.text(name!("errorCode"), self.error_code);
            out.text(name!("errorDesc"), self.error_desc);
        }
    }
}
