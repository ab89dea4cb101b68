//! The runs of a record: their number, statuses, times and results.

use invodex::{
    InstanceRun, Invocation, InvocationStatus as Status, OverallStatus, RepeatMode, Timestamp,
};
use oorandom::Rand64;

use super::pools::{Region, Weighted};
use super::{Dataset, STATUSES, below};

/// Maximum number of runs of a record.
pub(super) const MOST_RUNS: usize = 20;

/// The distribution of the number of runs, by the record's status.
#[derive(Clone)]
pub(super) struct Counts {
    any: Weighted,
    several: Weighted,
}

impl Counts {
    /// One run, with a probability that falls from 0.6 at a mean of 3 to 0.1 at 10; otherwise 2 to
    /// 20, each less likely than the number before by the factor that gives the mean.
    pub(super) fn new(mean: u32) -> Self {
        let mean = f64::from(mean.clamp(2, 10));
        let one = 0.6 - (mean - 3.0) / 14.0;
        let mean_of_several = (mean - one) / (1.0 - one);
        let weights = |factor: f64| {
            (2..=MOST_RUNS).scan(1.0, move |weight, runs| {
                let this = (runs, *weight);
                *weight *= factor;
                Some(this)
            })
        };
        let (mut low, mut high) = (0.01, 1.0);
        for _ in 0..50 {
            let middle = (low + high) / 2.0;
            let total: f64 = weights(middle).map(|(_, weight)| weight).sum();
            let sum: f64 = weights(middle).map(|(runs, weight)| runs as f64 * weight).sum();
            if sum / total < mean_of_several {
                low = middle;
            } else {
                high = middle;
            }
        }
        let total: f64 = weights(high).map(|(_, weight)| weight).sum();
        let scaled = |weight: f64| (weight * 1e9).round() as u64;
        // PartialFailed needs several runs, so the other statuses have more records with one run.
        let partial: u64 = STATUSES
            .iter()
            .filter(|(status, _)| *status == OverallStatus::PartialFailed)
            .map(|(_, permille)| permille)
            .sum();
        let one = one / (1.0 - partial as f64 / 1e3);
        let several = weights(high).map(|(_, weight)| scaled((1.0 - one) * weight / total));
        Counts {
            any: Weighted::new(core::iter::once(scaled(one)).chain(several.clone())),
            several: Weighted::new(several),
        }
    }

    fn pick(&self, status: OverallStatus, rng: &mut Rand64) -> usize {
        match status {
            OverallStatus::PartialFailed => 2 + self.several.pick(rng),
            _ => 1 + self.any.pick(rng),
        }
    }
}

/// The values that all runs of a record share.
struct Task {
    created: i64,
    /// No time is later.
    limit: i64,
    timeout: i64,
    /// Seconds from one execution to the next, for tasks that recur.
    interval: Option<i64>,
    /// The longest it takes from creation to the first start.
    delay: u64,
}

impl Dataset {
    pub(super) fn add_runs(
        &self,
        record: &mut Invocation,
        status: OverallStatus,
        region: &Region,
        created: i64,
        rng: &mut Rand64,
    ) {
        let (frequency, interval) = match record.repeat_mode {
            RepeatMode::Period => {
                const SCHEDULES: [(&str, i64); 4] = [
                    ("rate(30m)", 1_800),
                    ("rate(2h)", 7_200),
                    ("0 */10 * * * ?", 600),
                    ("0 0 3 * * ?", 86_400),
                ];
                let (frequency, interval) = SCHEDULES[below(rng, 4) as usize];
                (frequency, Some(interval))
            }
            RepeatMode::EveryReboot => ("", Some(50_000 + below(rng, 100_000) as i64)),
            _ => ("", None),
        };
        record.frequency = frequency.into();
        let now = i64::from(self.options.now.as_secs());
        let task = Task {
            created,
            limit: if created <= now { now } else { created + 3_600 },
            timeout: i64::from(record.timeout.unwrap_or(60)),
            interval,
            delay: if record.repeat_mode == RepeatMode::Once { 4 } else { 3_600 },
        };
        let mut instances = [usize::MAX; MOST_RUNS];
        let statuses = statuses(status, self.run_counts.pick(status, rng), rng);
        record.instances.reserve_exact(statuses.len());
        for (at, status) in statuses.into_iter().enumerate() {
            // An instance that the record already has is drawn again, so the most frequent ones
            // are slightly less frequent than Zipf's law says.
            let instance = loop {
                let instance = self.pools.instance(region, rng);
                if !instances[..at].contains(&instance) {
                    break instance;
                }
            };
            instances[at] = instance;
            let mut run = InstanceRun::new(self.pools.instance_id(instance));
            run.invocation_status = status;
            task.fill(&mut run, rng);
            record.instances.push(run);
        }
    }
}

/// Statuses of `count` runs from which `overall` follows: one or two that it needs, at random
/// positions, and others that do not change it.
fn statuses(overall: OverallStatus, count: usize, rng: &mut Rand64) -> Vec<Status> {
    use Status as S;
    // The needed statuses, and the others with their percentages. Failed stands for all failures.
    let (needed, others): (&[S], &[(u64, S)]) = match overall {
        OverallStatus::Success => {
            (&[S::Success], &[(97, S::Success), (2, S::Terminated), (1, S::Cancelled)])
        }
        OverallStatus::Failed => {
            (&[S::Failed], &[(92, S::Failed), (5, S::Terminated), (3, S::Cancelled)])
        }
        OverallStatus::PartialFailed => {
            (&[S::Success, S::Failed], &[(70, S::Success), (28, S::Failed), (2, S::Terminated)])
        }
        OverallStatus::Running => {
            (&[S::Running], &[(50, S::Running), (40, S::Success), (10, S::Failed)])
        }
        OverallStatus::Stopping => {
            (&[S::Stopping], &[(60, S::Stopping), (30, S::Success), (10, S::Failed)])
        }
        OverallStatus::Stopped => (&[], &[(60, S::Terminated), (40, S::Cancelled)]),
        OverallStatus::Pending => {
            (&[S::Pending], &[(70, S::Pending), (20, S::Running), (10, S::Success)])
        }
        OverallStatus::Scheduled => (&[S::Scheduled], &[(90, S::Scheduled), (10, S::Running)]),
    };
    let mut statuses: Vec<S> = (0..count).map(|_| one_of(others, rng)).collect();
    let first = below(rng, count as u64) as usize;
    for (at, &status) in needed.iter().enumerate() {
        statuses[(first + at) % count] = status;
    }
    for status in statuses.iter_mut().filter(|status| **status == S::Failed) {
        const FAILURES: &[(u64, Status)] = &[
            (75, Status::Failed),
            (12, Status::Timeout),
            (6, Status::Error),
            (5, Status::Aborted),
            (2, Status::Invalid),
        ];
        *status = one_of(FAILURES, rng);
    }
    statuses
}

/// One of several values, by percentages.
fn one_of(choices: &[(u64, Status)], rng: &mut Rand64) -> Status {
    let mut drawn = below(rng, 100);
    for &(percent, status) in choices {
        if drawn < percent {
            return status;
        }
        drawn -= percent;
    }
    unreachable!("the weights make a hundred")
}

impl Task {
    /// Sets the times, exit code, repeats and error that belong to the status of a run.
    fn fill(&self, run: &mut InstanceRun, rng: &mut Rand64) {
        let at = |secs: i64| Some(Timestamp::saturating_from_secs(secs.min(self.limit)));
        let accepted = self.created + i64::from(below(rng, 10) == 0);
        run.creation_time = at(accepted);
        run.update_time = run.creation_time;

        let status = run.invocation_status;
        match status {
            Status::Pending => return,
            Status::Cancelled => {
                run.stop_time = at(accepted + 5 + below(rng, 600) as i64);
                run.update_time = run.stop_time;
                return;
            }
            Status::Aborted | Status::Invalid => {
                run.finish_time = at(accepted + 1 + below(rng, 60) as i64);
                run.update_time = run.finish_time;
                set_error(run, rng);
                return;
            }
            _ => {}
        }

        let first = accepted + 1 + below(rng, self.delay) as i64;
        let start = match self.interval {
            // A scheduled run shows its last execution, if there was one.
            Some(interval) => {
                let possible = 1 + ((self.limit - first) / interval).clamp(0, 47) as u64;
                let executions = match status {
                    Status::Scheduled => below(rng, possible + 1),
                    _ => 1 + below(rng, possible),
                };
                run.repeats = executions as u32;
                first + (executions as i64 - 1) * interval
            }
            None => {
                run.repeats = u32::from(status != Status::Scheduled);
                first
            }
        };
        if run.repeats == 0 {
            return;
        }
        run.start_time = at(start);
        let most = [5, 30, 600][below(rng, 3) as usize].min(self.timeout);
        let end = start + 1 + below(rng, most as u64) as i64;
        match status {
            Status::Running => run.update_time = run.start_time,
            Status::Stopping => {
                run.stop_time = at(end);
                run.update_time = run.stop_time;
            }
            Status::Terminated => {
                run.stop_time = at(end);
                run.finish_time = at(end + 1);
                run.update_time = run.finish_time;
            }
            _ => {
                let timed_out = status == Status::Timeout;
                run.finish_time = at(if timed_out { start + self.timeout } else { end });
                run.update_time = run.finish_time;
                run.exit_code = match status {
                    Status::Success | Status::Scheduled => Some(0),
                    Status::Failed => Some([1, 1, 1, 1, 2, 126, 127, 137][below(rng, 8) as usize]),
                    _ => None,
                };
                set_error(run, rng);
            }
        }
    }
}

/// ErrorCode and ErrorInfo of a run that failed.
fn set_error(run: &mut InstanceRun, rng: &mut Rand64) {
    let errors: &[(&str, &str)] = match run.invocation_status {
        Status::Failed => {
            &[("ExitCodeNonzero", "The command was executed, but its exit code is not 0.")]
        }
        Status::Timeout => &[("ExecutionTimeout", "The execution of the command timed out.")],
        Status::Error => &[
            ("ExecutionException", "An exception occurred when the command was executed."),
            ("ExecutionInterrupted", "The execution of the command was interrupted."),
            ("ClientNotResponse", "The agent on the instance does not respond."),
        ],
        Status::Aborted => &[
            ("InstanceNotExists", "The specified instance does not exist."),
            ("InstanceReleased", "The specified instance was released."),
            ("InstanceNotRunning", "The specified instance is not running."),
            ("ClientNotRunning", "The agent on the instance is not running."),
            ("DeliveryTimeout", "The command was not delivered in time."),
        ],
        Status::Invalid => &[
            ("CommandNotApplicable", "The command does not apply to the specified instance."),
            ("AccountNotExists", "The specified account does not exist."),
            ("DirectoryNotExists", "The specified directory does not exist."),
        ],
        _ => return,
    };
    let (code, info) = errors[below(rng, errors.len() as u64) as usize];
    run.error_code = code.into();
    run.error_info = info.into();
}
