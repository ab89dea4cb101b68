//! The fields of values that many records share. The table keeps their JSON, see
//! [`Fields::ready`].

use super::fields::{Fields, Group, Name, name};

/// The settings with which a command is run.
pub(crate) struct RunSettings<'a> {
    pub(crate) common: CommonSettings<'a>,
    pub(crate) command_description: &'a str,
    pub(crate) command_type: &'static str,
    pub(crate) repeat_mode: &'static str,
    pub(crate) frequency: &'a str,
    pub(crate) timeout: Option<u32>,
    pub(crate) working_dir: &'a str,
}

impl Group for RunSettings<'_> {
    fn each(&self, out: &mut impl Fields) {
        self.common.each(out);
        out.text(name!("CommandDescription"), self.command_description);
        out.constant(name!("CommandType"), self.command_type);
        out.constant(name!("RepeatMode"), self.repeat_mode);
        out.text(name!("Frequency"), self.frequency);
        if let Some(timeout) = self.timeout {
            out.number(name!("Timeout"), timeout.into());
        }
        out.text(name!("WorkingDir"), self.working_dir);
    }
}

/// The settings that both answers show.
pub(crate) struct CommonSettings<'a> {
    pub(crate) command_id: &'a str,
    pub(crate) username: &'a str,
    pub(crate) container_id: &'a str,
    pub(crate) container_name: &'a str,
    pub(crate) launcher: &'a str,
    pub(crate) termination_mode: &'a str,
    pub(crate) oss_output_delivery: &'a str,
}

impl Group for CommonSettings<'_> {
    #[inline(always)]
    fn each(&self, out: &mut impl Fields) {
        out.text(name!("CommandId"), self.command_id);
        out.text(name!("Username"), self.username);
        out.text(name!("ContainerId"), self.container_id);
        out.text(name!("ContainerName"), self.container_name);
        out.text(name!("Launcher"), self.launcher);
        out.text(name!("TerminationMode"), self.termination_mode);
        out.text(name!("OssOutputDelivery"), self.oss_output_delivery);
    }
}

/// The answer to unset Parameters: the text of an empty JSON object. The service writes it, and
/// clients parse it.
pub(crate) const NO_PARAMETERS: &str = "{}";

/// The name, parameters and content of a command.
pub(crate) struct CommandBody<'a> {
    pub(crate) command_name: &'a str,
    /// Empty if unset.
    pub(crate) parameters: &'a str,
    pub(crate) command_content: &'a [u8],
}

impl Group for CommandBody<'_> {
    fn each(&self, out: &mut impl Fields) {
        out.text(name!("CommandName"), self.command_name);
        let unset = self.parameters.is_empty();
        out.text(name!("Parameters"), if unset { NO_PARAMETERS } else { self.parameters });
        out.bytes(name!("CommandContent"), self.command_content);
    }
}

/// Texts under their names: of a tag, of an instance, of a run's error and delivery to OSS.
pub(crate) struct Texts<'a, const N: usize> {
    pub(crate) names: &'static [&'static Name; N],
    pub(crate) texts: [&'a str; N],
}

impl<const N: usize> Group for Texts<'_, N> {
    fn each(&self, out: &mut impl Fields) {
        self.names.iter().zip(self.texts).for_each(|(name, text)| out.text(name, text));
    }
}

pub(crate) const INSTANCE_ID: &[&Name; 1] = &[name!("InstanceId")];
pub(crate) const TAG: &[&Name; 2] = &[name!("TagKey"), name!("TagValue")];
pub(crate) const RUN_TEXTS: &[&Name; 6] = &[
    name!("ErrorCode"),
    name!("ErrorInfo"),
    name!("OssOutputStatus"),
    name!("OssOutputUri"),
    name!("OssOutputErrorCode"),
    name!("OssOutputErrorInfo"),
];

/// Run texts that are all empty, as those of most runs are.
pub(crate) const NO_RUN_TEXTS: Texts<'_, 6> = Texts { names: RUN_TEXTS, texts: [""; 6] };

/// The JSON of [`NO_RUN_TEXTS`]: one append instead of twelve.
pub(crate) const NO_RUN_TEXTS_JSON: &str = concat!(
    r#""ErrorCode":"","ErrorInfo":"","OssOutputStatus":"","OssOutputUri":"","#,
    r#""OssOutputErrorCode":"","OssOutputErrorInfo":"","#,
);
