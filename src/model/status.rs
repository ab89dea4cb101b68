//! Every status, and every rule that derives one from others.

use super::invocation::RepeatMode;
use super::names::api_names;

api_names! {
    /// `InvocationStatus` of an instance run: what happened on one instance. Which can follow which
    /// is said at [`RunUpdate`](crate::RunUpdate).
    ///
    /// # Examples
    ///
    /// ```
    /// use invodex::{InstanceInvokeStatus, InvocationStatus, RepeatMode};
    ///
    /// let status: InvocationStatus = "Timeout".parse()?;
    /// assert!(status.is_end());
    /// assert_eq!(status.legacy(RepeatMode::Once), InstanceInvokeStatus::Failed);
    /// assert_eq!(status.legacy(RepeatMode::Period), InstanceInvokeStatus::Running);
    /// # Ok::<(), invodex::Error>(())
    /// ```
    InvocationStatus, "InvocationStatus" {
        /// Accepted, not yet started.
        Pending,
        /// Waiting for the next time of its schedule.
        Scheduled,
        /// Executing.
        Running,
        /// A stop was requested; the end is not yet reported.
        Stopping,
        /// Finished with exit code 0.
        Success,
        /// Finished with another exit code.
        Failed,
        /// The command does not fit the instance.
        Invalid,
        /// Could not be delivered.
        Aborted,
        /// Ended by an error of the execution.
        Error,
        /// Ended because its time was over.
        Timeout,
        /// Stopped before it ran.
        Cancelled,
        /// Stopped while it ran.
        Terminated,
    }
}

api_names! {
    /// The legacy status of an instance run: `InstanceInvokeStatus` in `DescribeInvocations`,
    /// `InvokeRecordStatus` in `DescribeInvocationResults`.
    ///
    /// # Examples
    ///
    /// ```
    /// use invodex::{InstanceInvokeStatus, InvocationStatus, RepeatMode};
    ///
    /// let legacy = InvocationStatus::Success.legacy(RepeatMode::Once);
    /// assert_eq!(legacy, InstanceInvokeStatus::Finished);
    /// ```
    InstanceInvokeStatus, "InstanceInvokeStatus" {
        /// Not over yet.
        Running,
        /// A stop was requested.
        Stopping,
        /// Over, with an exit code.
        Finished,
        /// Over, without an exit code.
        Failed,
        /// Over because it was stopped.
        Stopped,
    }
}

api_names! {
    /// Overall `InvocationStatus` of an invocation, derived from the statuses of its runs:
    /// unfinished runs come before finished ones, and what was stopped does not count beside a
    /// result.
    ///
    /// # Examples
    ///
    /// ```
    /// use invodex::OverallStatus;
    ///
    /// assert!(OverallStatus::PartialFailed.is_end());
    /// assert!(!OverallStatus::Stopping.is_end());
    /// ```
    OverallStatus, "InvocationStatus" {
        /// At least one run is Pending.
        Pending,
        /// At least one run is Scheduled, none Pending.
        Scheduled,
        /// At least one run is Running, none of the above.
        Running,
        /// At least one run is Stopping, none of the above.
        Stopping,
        /// Every run was stopped.
        Stopped,
        /// At least one run failed, none succeeded.
        Failed,
        /// At least one run succeeded, none failed.
        Success,
        /// At least one run succeeded and at least one failed.
        PartialFailed,
    }
}

api_names! {
    /// Overall `InvokeStatus` of an invocation, the legacy one, derived from the legacy statuses
    /// of its runs.
    ///
    /// # Examples
    ///
    /// ```
    /// use invodex::{InstanceRun, Invocation, LegacyInvokeStatus, Store};
    ///
    /// let mut store = Store::default();
    /// let mut invocation = Invocation::new("cn-hangzhou", "t-0001", "c-0001");
    /// invocation.instances.push(InstanceRun::new("i-0001"));
    /// store.accept(&invocation)?;
    /// store.stop("t-0001", &[])?;
    /// assert_eq!(store.get("t-0001").unwrap().invoke_status(), LegacyInvokeStatus::Stopped);
    /// # Ok::<(), invodex::Error>(())
    /// ```
    LegacyInvokeStatus, "InvokeStatus" {
        /// At least one run is Running.
        Running,
        /// At least one run is Stopping, none Running.
        Stopping,
        /// Every run is Stopped.
        Stopped,
        /// At least one run is Failed, none Finished.
        Failed,
        /// At least one run is Finished, none Failed.
        Finished,
        /// At least one run is Finished and at least one Failed.
        PartialFailed,
    }
}

api_names! {
    /// A value of the status filters `InvokeStatus` and `InvokeRecordStatus`. It matches a
    /// record whose current or legacy status has this name.
    ///
    /// | type | field of an answer |
    /// |---|---|
    /// | [`InvocationStatus`] | `InvocationStatus` of a run |
    /// | [`InstanceInvokeStatus`] | the run's legacy one: `InstanceInvokeStatus`, or `InvokeRecordStatus` |
    /// | [`OverallStatus`] | `InvocationStatus` of an invocation |
    /// | [`LegacyInvokeStatus`] | the invocation's legacy one: `InvokeStatus` |
    /// | [`InvokeStatus`] | none: a filter's value |
    ///
    /// # Examples
    ///
    /// ```
    /// use invodex::{DescribeInvocations, InvokeStatus};
    ///
    /// let status: InvokeStatus = "Finished".parse()?;
    /// let request = DescribeInvocations::new("cn-hangzhou").invoke_status(status);
    /// # Ok::<(), invodex::Error>(())
    /// ```
    InvokeStatus, "InvokeStatus" {
        /// Named Running by the current or the legacy status.
        Running,
        /// Named Finished by the legacy status.
        Finished,
        /// Named Success by the current status.
        Success,
        /// Named Failed by the current or the legacy status.
        Failed,
        /// Named Stopped by the current or the legacy status.
        Stopped,
        /// Named Stopping by the current or the legacy status.
        Stopping,
        /// Named PartialFailed by the current or the legacy status.
        PartialFailed,
        /// Named Pending by the current status.
        Pending,
        /// Named Scheduled by the current status.
        Scheduled,
    }
}

impl InvocationStatus {
    /// The legacy status of a run that is in this status, in an invocation of `repeat_mode`.
    ///
    /// The results of a recurring task (Period, EveryReboot) show `Running` until it is stopped:
    /// its schedule is not over because one execution is.
    #[must_use]
    pub const fn legacy(self, repeat_mode: RepeatMode) -> InstanceInvokeStatus {
        match self {
            Self::Pending | Self::Scheduled | Self::Running => InstanceInvokeStatus::Running,
            Self::Stopping => InstanceInvokeStatus::Stopping,
            Self::Cancelled | Self::Terminated => InstanceInvokeStatus::Stopped,
            _ if repeat_mode.is_recurring() => InstanceInvokeStatus::Running,
            Self::Success | Self::Failed => InstanceInvokeStatus::Finished,
            Self::Invalid | Self::Aborted | Self::Error | Self::Timeout => {
                InstanceInvokeStatus::Failed
            }
        }
    }

    /// True for the statuses a run never leaves: all but Pending, Scheduled, Running and Stopping.
    #[must_use]
    pub const fn is_end(self) -> bool {
        !matches!(self, Self::Pending | Self::Scheduled | Self::Running | Self::Stopping)
    }
}

/// Whether a task in `repeat_mode`, or a run of it, counts as Timed. `ended`: its status is one
/// that it never leaves.
pub(crate) const fn is_timed(repeat_mode: RepeatMode, ended: bool) -> bool {
    !ended
        && matches!(
            repeat_mode,
            RepeatMode::Period | RepeatMode::NextRebootOnly | RepeatMode::EveryReboot
        )
}

impl OverallStatus {
    /// True once every run is in a status it never leaves.
    #[must_use]
    pub const fn is_end(self) -> bool {
        !matches!(self, Self::Pending | Self::Scheduled | Self::Running | Self::Stopping)
    }
}

/// Everything that is derived from an invocation's runs, and is kept in the indexes: two bytes, since
/// each record has it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Overall(u16);

// From the lowest bit: the set of run statuses, both overall statuses, Timed.
const INVOCATION_STATUS: u32 = 9;
const INVOKE_STATUS: u32 = 12;
const TIMED: u32 = 15;
const _: () = assert!(
    InvokeStatus::ALL.len() == 9
        && OverallStatus::ALL.len() <= 8
        && LegacyInvokeStatus::ALL.len() <= 8
);

impl Overall {
    /// Derives from the statuses of the runs, of which there is at least one.
    pub(crate) fn derive(
        repeat_mode: RepeatMode,
        runs: impl Iterator<Item = InvocationStatus>,
    ) -> Self {
        let mut seen = 0_u16;
        for status in runs {
            seen |= 1 << status as u8;
        }
        let any = |statuses: &[InvocationStatus]| {
            statuses.iter().any(|&status| seen & (1 << status as u8) != 0)
        };
        use InvocationStatus as S;
        let failed = any(&[S::Failed, S::Invalid, S::Aborted, S::Error, S::Timeout]);
        let succeeded = any(&[S::Success]);
        let invocation_status = if any(&[S::Pending]) {
            OverallStatus::Pending
        } else if any(&[S::Scheduled]) {
            OverallStatus::Scheduled
        } else if any(&[S::Running]) {
            OverallStatus::Running
        } else if any(&[S::Stopping]) {
            OverallStatus::Stopping
        } else {
            match (failed, succeeded) {
                (false, false) => OverallStatus::Stopped,
                (true, false) => OverallStatus::Failed,
                (false, true) => OverallStatus::Success,
                (true, true) => OverallStatus::PartialFailed,
            }
        };

        let mut legacy_seen = 0_u8;
        let mut run_matches = StatusSet::default();
        for &status in InvocationStatus::ALL {
            if seen & (1 << status as u8) != 0 {
                let legacy = status.legacy(repeat_mode);
                legacy_seen |= 1 << legacy as u8;
                run_matches.insert_names(&[status.as_filter(), Some(legacy.as_filter())]);
            }
        }
        let legacy = |status: InstanceInvokeStatus| legacy_seen & (1 << status as u8) != 0;
        let invoke_status = if legacy(InstanceInvokeStatus::Running) {
            LegacyInvokeStatus::Running
        } else if legacy(InstanceInvokeStatus::Stopping) {
            LegacyInvokeStatus::Stopping
        } else {
            let failed = legacy(InstanceInvokeStatus::Failed);
            match (failed, legacy(InstanceInvokeStatus::Finished)) {
                (false, false) => LegacyInvokeStatus::Stopped,
                (true, false) => LegacyInvokeStatus::Failed,
                (false, true) => LegacyInvokeStatus::Finished,
                (true, true) => LegacyInvokeStatus::PartialFailed,
            }
        };

        let timed = is_timed(repeat_mode, invocation_status.is_end());
        Overall(
            run_matches.0
                | (invocation_status as u16) << INVOCATION_STATUS
                | (invoke_status as u16) << INVOKE_STATUS
                | u16::from(timed) << TIMED,
        )
    }

    pub(crate) fn invocation_status(self) -> OverallStatus {
        OverallStatus::ALL[usize::from(self.0 >> INVOCATION_STATUS & 7)]
    }

    pub(crate) fn invoke_status(self) -> LegacyInvokeStatus {
        LegacyInvokeStatus::ALL[usize::from(self.0 >> INVOKE_STATUS & 7)]
    }

    pub(crate) fn timed(self) -> bool {
        self.0 >> TIMED == 1
    }

    /// The filter values that match the invocation as a whole.
    pub(crate) fn matches(self) -> StatusSet {
        let (status, legacy) = (self.invocation_status(), self.invoke_status());
        let mut matches = StatusSet::default();
        matches.insert_names(&[Some(status.as_filter()), Some(legacy.as_filter())]);
        matches
    }

    /// The filter values that match at least one of its runs.
    pub(crate) fn run_matches(self) -> StatusSet {
        StatusSet(self.0 & ((1 << INVOCATION_STATUS) - 1))
    }
}

/// A set of status filter values.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(crate) struct StatusSet(u16);

impl StatusSet {
    fn insert_names(&mut self, names: &[Option<InvokeStatus>]) {
        for name in names.iter().flatten() {
            self.0 |= 1 << *name as u8;
        }
    }

    /// The values of `self` that `other` lacks.
    pub(crate) fn without(self, other: StatusSet) -> StatusSet {
        StatusSet(self.0 & !other.0)
    }

    pub(crate) fn iter(self) -> impl Iterator<Item = InvokeStatus> {
        let mut rest = self.0;
        core::iter::from_fn(move || {
            let value = *InvokeStatus::ALL.get(rest.trailing_zeros() as usize)?;
            rest &= rest - 1;
            Some(value)
        })
    }
}

macro_rules! as_filter {
    ($name:ident { $($variant:ident),+ }) => {
        impl $name {
            /// The filter value of the same name, which finds what has this status. Cost: O(1).
            #[must_use]
            pub const fn as_filter(self) -> InvokeStatus {
                match self { $(Self::$variant => InvokeStatus::$variant),+ }
            }
        }
    };
}
as_filter!(InstanceInvokeStatus { Running, Stopping, Finished, Failed, Stopped });
as_filter!(LegacyInvokeStatus { Running, Stopping, Stopped, Failed, Finished, PartialFailed });
as_filter!(OverallStatus {
    Pending,
    Scheduled,
    Running,
    Stopping,
    Stopped,
    Failed,
    Success,
    PartialFailed
});

impl InvocationStatus {
    /// The filter value of the same name, if there is one. Cost: O(1).
    ///
    /// # Examples
    ///
    /// ```
    /// use invodex::{InvocationStatus, InvokeStatus, RepeatMode};
    ///
    /// assert_eq!(InvocationStatus::Success.as_filter(), Some(InvokeStatus::Success));
    /// assert_eq!(InvocationStatus::Timeout.as_filter(), None);
    /// let legacy = InvocationStatus::Timeout.legacy(RepeatMode::Once);
    /// assert_eq!(legacy.as_filter(), InvokeStatus::Failed);
    /// ```
    #[must_use]
    pub const fn as_filter(self) -> Option<InvokeStatus> {
        match self {
            Self::Pending => Some(InvokeStatus::Pending),
            Self::Scheduled => Some(InvokeStatus::Scheduled),
            Self::Running => Some(InvokeStatus::Running),
            Self::Stopping => Some(InvokeStatus::Stopping),
            Self::Success => Some(InvokeStatus::Success),
            Self::Failed => Some(InvokeStatus::Failed),
            Self::Invalid
            | Self::Aborted
            | Self::Error
            | Self::Timeout
            | Self::Cancelled
            | Self::Terminated => None,
        }
    }
}
