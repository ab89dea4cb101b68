//! Every status, and the rules that derive one status from others.

use super::kinds::RepeatMode;
use super::names::api_names;

api_names! {
    /// `InvocationStatus` of a run: what happened on one instance. [`RunUpdate`](crate::RunUpdate)
    /// lists the transitions between them.
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
        /// Accepted and not started.
        Pending,
        /// Waiting for the next time of its schedule.
        Scheduled,
        /// Executing.
        Running,
        /// A stop was requested, and its end has not been reported.
        Stopping,
        /// Ended with exit code 0.
        Success,
        /// Ended with another exit code.
        Failed,
        /// The command does not fit the instance.
        Invalid,
        /// The command could not be delivered to the instance.
        Aborted,
        /// Ended by an error of the execution.
        Error,
        /// Ended because it ran longer than its Timeout.
        Timeout,
        /// Stopped before it started.
        Cancelled,
        /// Stopped while it was running.
        Terminated,
    }
}

api_names! {
    /// Legacy status of a run: `InstanceInvokeStatus` in `DescribeInvocations`,
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
        /// Not ended.
        Running,
        /// A stop was requested.
        Stopping,
        /// Ended with an exit code.
        Finished,
        /// Ended without an exit code.
        Failed,
        /// Stopped.
        Stopped,
    }
}

api_names! {
    /// Overall `InvocationStatus` of an invocation, derived from the statuses of its runs. A run
    /// that has not ended decides before those that have; a stopped run counts only if every run
    /// was stopped.
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
    /// Overall legacy status of an invocation, `InvokeStatus`, derived from the legacy statuses of
    /// its runs.
    ///
    /// # Examples
    ///
    /// ```
    /// use invodex::{InstanceRun, Invocation, LegacyInvokeStatus, Store};
    ///
    /// let mut store = Store::default();
    /// let mut invocation = Invocation::new("cn-hangzhou", "t-0001", "c-0001");
    /// invocation.instances.push(InstanceRun::new("i-0001"));
    /// assert!(store.accept(&invocation)?.retained);
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
    /// | [`InstanceInvokeStatus`] | legacy status of a run: `InstanceInvokeStatus`, `InvokeRecordStatus` |
    /// | [`OverallStatus`] | `InvocationStatus` of an invocation |
    /// | [`LegacyInvokeStatus`] | legacy status of an invocation: `InvokeStatus` |
    /// | [`InvokeStatus`] | none: it is the value of a filter |
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
    /// The legacy status of a run in this status, in a task of `repeat_mode`.
    ///
    /// A recurring task (Period, EveryReboot) is `Running` until it is stopped, also after an
    /// execution has ended.
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

    /// True for the final statuses: all but Pending, Scheduled, Running and Stopping.
    #[must_use]
    pub const fn is_end(self) -> bool {
        !matches!(self, Self::Pending | Self::Scheduled | Self::Running | Self::Stopping)
    }
}

/// Whether a task of `repeat_mode`, or a run of it, is Timed. `ended` says that its status is
/// final.
pub(crate) const fn is_timed(repeat_mode: RepeatMode, ended: bool) -> bool {
    !ended
        && matches!(
            repeat_mode,
            RepeatMode::Period | RepeatMode::NextRebootOnly | RepeatMode::EveryReboot
        )
}

impl OverallStatus {
    /// The overall status of an invocation whose runs have these statuses, by the rule with which a
    /// store derives it; `None` without a run. Cost: O(runs).
    ///
    /// # Examples
    ///
    /// ```
    /// use invodex::{InvocationStatus, OverallStatus};
    ///
    /// let of = |statuses: &[InvocationStatus]| OverallStatus::of_runs(statuses.iter().copied());
    /// let (success, timeout) = (InvocationStatus::Success, InvocationStatus::Timeout);
    /// assert_eq!(of(&[success, timeout]), Some(OverallStatus::PartialFailed));
    /// assert_eq!(of(&[success, InvocationStatus::Terminated]), Some(OverallStatus::Success));
    /// assert_eq!(of(&[timeout, InvocationStatus::Running]), Some(OverallStatus::Running));
    /// assert_eq!(of(&[]), None);
    /// ```
    #[must_use]
    pub fn of_runs(statuses: impl IntoIterator<Item = InvocationStatus>) -> Option<Self> {
        let seen = statuses.into_iter().fold(0, |seen, status| seen | 1 << status as u8);
        (seen != 0).then(|| Self::of_set(seen))
    }

    /// The overall status of runs with the statuses in `seen`, one bit each, at least one.
    fn of_set(seen: u16) -> Self {
        let any = |statuses: &[InvocationStatus]| {
            statuses.iter().any(|&status| seen & (1 << status as u8) != 0)
        };
        use InvocationStatus as S;
        let failed = any(&[S::Failed, S::Invalid, S::Aborted, S::Error, S::Timeout]);
        let succeeded = any(&[S::Success]);
        if any(&[S::Pending]) {
            Self::Pending
        } else if any(&[S::Scheduled]) {
            Self::Scheduled
        } else if any(&[S::Running]) {
            Self::Running
        } else if any(&[S::Stopping]) {
            Self::Stopping
        } else {
            match (failed, succeeded) {
                (false, false) => Self::Stopped,
                (true, false) => Self::Failed,
                (false, true) => Self::Success,
                (true, true) => Self::PartialFailed,
            }
        }
    }

    /// True if every run has a final status.
    #[must_use]
    pub const fn is_end(self) -> bool {
        !matches!(self, Self::Pending | Self::Scheduled | Self::Running | Self::Stopping)
    }
}

impl LegacyInvokeStatus {
    /// The overall legacy status of an invocation whose runs have these legacy statuses, by the rule
    /// with which a store derives it; `None` without a run. [`InvocationStatus::legacy`] gives that
    /// of a run. Cost: O(runs).
    ///
    /// # Examples
    ///
    /// ```
    /// use invodex::{InvocationStatus, LegacyInvokeStatus, RepeatMode};
    ///
    /// let of = |statuses: &[InvocationStatus], mode| {
    ///     LegacyInvokeStatus::of_runs(statuses.iter().map(|status| status.legacy(mode)))
    /// };
    /// let ended = [InvocationStatus::Success, InvocationStatus::Timeout];
    /// assert_eq!(of(&ended, RepeatMode::Once), Some(LegacyInvokeStatus::PartialFailed));
    /// assert_eq!(of(&ended, RepeatMode::Period), Some(LegacyInvokeStatus::Running));
    /// assert_eq!(of(&[], RepeatMode::Once), None);
    /// ```
    #[must_use]
    pub fn of_runs(statuses: impl IntoIterator<Item = InstanceInvokeStatus>) -> Option<Self> {
        let seen = statuses.into_iter().fold(0, |seen, status| seen | 1 << status as u8);
        (seen != 0).then(|| Self::of_set(seen))
    }

    /// The overall status of runs with the legacy statuses in `seen`, one bit each, at least one.
    fn of_set(seen: u8) -> Self {
        use InstanceInvokeStatus as L;
        let any = |status: L| seen & (1 << status as u8) != 0;
        if any(L::Running) {
            Self::Running
        } else if any(L::Stopping) {
            Self::Stopping
        } else {
            match (any(L::Failed), any(L::Finished)) {
                (false, false) => Self::Stopped,
                (true, false) => Self::Failed,
                (false, true) => Self::Finished,
                (true, true) => Self::PartialFailed,
            }
        }
    }
}

/// Everything that the indexes need and that is derived from the runs of an invocation. Each record
/// has one, so it is packed into two bytes.
///
/// Bits 0 to 8 are the set of filter values that match a run; 9 to 11 the overall
/// `InvocationStatus`; 12 to 14 the legacy `InvokeStatus`; bit 15 is `Timed`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Overall(u16);

const INVOCATION_STATUS: u32 = 9;
const INVOKE_STATUS: u32 = 12;
const TIMED: u32 = 15;
const _: () = {
    assert!(
        InvokeStatus::ALL.len() == INVOCATION_STATUS as usize,
        "Overall: the set of filter values has one bit for each InvokeStatus, bits 0 to 8"
    );
    assert!(
        OverallStatus::ALL.len() <= 8 && LegacyInvokeStatus::ALL.len() <= 8,
        "Overall: each overall status has 3 bits, so it can have at most 8 values"
    );
};

impl Overall {
    /// Derives both overall statuses and Timed from the statuses of the runs, at least one.
    pub(crate) fn derive(
        repeat_mode: RepeatMode,
        runs: impl Iterator<Item = InvocationStatus>,
    ) -> Self {
        let mut seen = 0_u16;
        for status in runs {
            seen |= 1 << status as u8;
        }
        let invocation_status = OverallStatus::of_set(seen);

        let mut legacy_seen = 0_u8;
        let mut run_matches = StatusSet::default();
        for &status in InvocationStatus::ALL {
            if seen & (1 << status as u8) != 0 {
                let legacy = status.legacy(repeat_mode);
                legacy_seen |= 1 << legacy as u8;
                run_matches.insert_names(&[status.as_filter(), Some(legacy.as_filter())]);
            }
        }
        let invoke_status = LegacyInvokeStatus::of_set(legacy_seen);
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

    /// The filter values that match one of the two overall statuses.
    pub(crate) fn matches(self) -> StatusSet {
        let (status, legacy) = (self.invocation_status(), self.invoke_status());
        let mut matches = StatusSet::default();
        matches.insert_names(&[Some(status.as_filter()), Some(legacy.as_filter())]);
        matches
    }

    /// The filter values that match at least one run.
    pub(crate) fn run_matches(self) -> StatusSet {
        StatusSet(self.0 & ((1 << INVOCATION_STATUS) - 1))
    }
}

/// A set of values of the status filters, one bit each.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(crate) struct StatusSet(u16);

impl StatusSet {
    fn insert_names(&mut self, names: &[Option<InvokeStatus>]) {
        for name in names.iter().flatten() {
            self.0 |= 1 << *name as u8;
        }
    }

    /// The values of `self` that are not in `other`.
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
            /// The filter value of the same name. Cost: O(1).
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
