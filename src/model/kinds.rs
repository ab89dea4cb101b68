//! The kinds of a task: the interpreter of its command, and when the command runs.

use super::names::api_names;

api_names! {
    /// `CommandType`: the interpreter of the command.
    ///
    /// # Examples
    ///
    /// ```
    /// use invodex::CommandType;
    ///
    /// assert_eq!(CommandType::from_name("RunShellScript"), Some(CommandType::RunShellScript));
    /// let error = "RunPython".parse::<CommandType>().unwrap_err();
    /// assert_eq!(error.code(), "InvalidParameter.CommandType");
    /// assert!(error.detail().starts_with("given \"RunPython\", allowed RunBatScript, "));
    /// ```
    CommandType, "CommandType" {
        /// A batch script, for Windows.
        RunBatScript,
        /// A PowerShell script, for Windows.
        RunPowerShellScript,
        /// A shell script, for Linux.
        RunShellScript,
    }
}

api_names! {
    /// `RepeatMode`: when the command runs.
    ///
    /// # Examples
    ///
    /// ```
    /// use invodex::RepeatMode;
    ///
    /// let mode: RepeatMode = "Period".parse()?;
    /// assert!(mode.is_recurring());
    /// assert_eq!(mode.to_string(), "Period");
    /// # Ok::<(), invodex::Error>(())
    /// ```
    RepeatMode, "RepeatMode" {
        /// Once, immediately or at a given time.
        Once,
        /// On a schedule, until it is stopped or the schedule ends.
        Period,
        /// Once, after the next start of the instance.
        NextRebootOnly,
        /// After every start of the instance, until it is stopped.
        EveryReboot,
        /// Never: the request is only checked. A record can have this mode; the filter
        /// `RepeatMode` does not accept it, see [`FILTERS`](Self::FILTERS).
        DryRun,
    }
}

impl RepeatMode {
    /// The values of the filter `RepeatMode`: all but DryRun.
    pub const FILTERS: &'static [RepeatMode] =
        &[Self::Once, Self::Period, Self::NextRebootOnly, Self::EveryReboot];

    /// True for Period and EveryReboot: the task goes on after an execution has ended.
    #[must_use]
    pub const fn is_recurring(self) -> bool {
        matches!(self, Self::Period | Self::EveryReboot)
    }
}
