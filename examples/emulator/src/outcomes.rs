//! The scripts of runs: those that tests give, and that of `--auto-complete`.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use invodex::{
    Error, Invocation, InvocationStatus, OutputUpdate, RepeatMode, RunUpdate, Timestamp,
};
use serde::{Deserialize, Serialize};

use crate::error::{ApiError, quoted};
use crate::pattern::fits;

/// Maximum number of scripts in a store, and of steps in a script.
const SCRIPTS: usize = 1_000;
const STEPS: usize = 100;
/// Maximum pause before a step: one day.
const PAUSE_MS: u64 = 86_400_000;
/// Maximum length of an id or a name, and of a content or its pattern, in bytes.
const NAME: usize = 512;
const CONTENT: usize = 24_576;

/// A change of a run.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct Step {
    invocation_status: Option<String>,
    /// The pause before the change.
    #[serde(default)]
    delay_ms: u64,
    exit_code: Option<i64>,
    /// The whole output, in Base64. Shared by the runs that get it.
    output: Option<Arc<str>>,
    /// More output, in Base64.
    append: Option<Arc<str>>,
    /// The bytes of output that were lost before.
    dropped: Option<u64>,
    repeats: Option<u32>,
    /// The time of the change.
    time: Option<String>,
    /// An empty time is unset.
    start_time: Option<String>,
    finish_time: Option<String>,
    stop_time: Option<String>,
    error_code: Option<String>,
    error_info: Option<String>,
    /// Ends this execution of a recurring task with the status, and schedules the next one.
    #[serde(default)]
    reschedule: bool,
}

impl Step {
    pub(crate) fn to(status: InvocationStatus, delay: Duration) -> Self {
        Step {
            invocation_status: Some(status.to_string()),
            delay_ms: delay.as_millis() as u64,
            ..Step::default()
        }
    }

    /// The pause before the change, in milliseconds.
    pub(crate) fn pause(&self) -> i64 {
        self.delay_ms.min(PAUSE_MS * STEPS as u64) as i64
    }

    pub(crate) fn update(&self) -> Result<RunUpdate, ApiError> {
        let mut update = self.without_output()?;
        update.output = match (&self.output, &self.append) {
            (Some(output), None) => Some(OutputUpdate::Replace(decoded("Output", output)?)),
            (None, Some(output)) => Some(OutputUpdate::Append(decoded("Append", output)?)),
            (None, None) => None,
            (Some(_), Some(_)) => {
                return Err(ApiError::invalid("Append", "allowed is either Output or Append"));
            }
        };
        Ok(update)
    }

    /// The update with the output left out. It decides which runs can take the step, and costs
    /// nothing for a long output.
    pub(crate) fn without_output(&self) -> Result<RunUpdate, ApiError> {
        let status = self.invocation_status.as_deref().map(|name| {
            let refuse = || wrong("InvocationStatus", name, &status_names(|_| true));
            InvocationStatus::from_name(name).ok_or_else(refuse)
        });
        let status = status.transpose()?;
        // These have the ErrorCode and ErrorInfo that the service sets.
        let mut update = match (status, self.exit_code) {
            (Some(InvocationStatus::Failed), Some(code)) if code != 0 => RunUpdate::finished(code),
            (Some(InvocationStatus::Timeout), _) => RunUpdate::timed_out(),
            _ => RunUpdate { invocation_status: status, ..RunUpdate::default() },
        };
        update.time = time("Time", &self.time)?.flatten();
        update.start_time = time("StartTime", &self.start_time)?;
        update.finish_time = time("FinishTime", &self.finish_time)?;
        update.stop_time = time("StopTime", &self.stop_time)?;
        (update.repeats, update.dropped) = (self.repeats, self.dropped);
        update.exit_code = self.exit_code.map(Some).or(update.exit_code);
        update.error_code = self.error_code.clone().or(update.error_code);
        update.error_info = self.error_info.clone().or(update.error_info);
        update.reschedule = self.reschedule;
        Ok(update)
    }

    /// The texts, the outputs included.
    fn texts(&self) -> impl Iterator<Item = &str> {
        let texts = [self.error_code.as_deref(), self.error_info.as_deref()];
        texts.into_iter().chain([self.output.as_deref(), self.append.as_deref()]).flatten()
    }
}

/// The error of a text in the field `name`.
fn wrong(name: &str, given: &str, allowed: &str) -> ApiError {
    ApiError::invalid(name, format!("given {}, allowed {allowed}", quoted(given)))
}

/// The names of some statuses.
fn status_names(of: impl Fn(&InvocationStatus) -> bool) -> String {
    let statuses = InvocationStatus::ALL.iter().filter(|status| of(status));
    statuses.map(|status| status.as_str()).collect::<Vec<_>>().join(", ")
}

fn decoded(name: &str, text: &str) -> Result<Vec<u8>, ApiError> {
    BASE64_STANDARD.decode(text).map_err(|_| wrong(name, text, "is Base64"))
}

/// A time that is given, and is set or unset.
fn time(name: &str, text: &Option<String>) -> Result<Option<Option<Timestamp>>, ApiError> {
    let allowed = "is a time as 2026-03-01T00:00:00Z";
    let read = |text: &str| match text {
        "" => Ok(None),
        text => text.parse().map(Some).map_err(|_: Error| wrong(name, text, allowed)),
    };
    text.as_deref().map(read).transpose()
}

/// A script for the runs of a command or on an instance. The fields before Default choose runs, and an
/// absent one fits any run. A script whose steps only a recurring task can take is for recurring tasks
/// alone. One with neither Steps nor Result, which no request gives, ends with Success.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct Outcome {
    command_id: Option<String>,
    command_name: Option<String>,
    instance_id: Option<String>,
    /// The whole content, as text.
    command_content: Option<String>,
    /// The content, with `*` for any characters.
    content_pattern: Option<String>,
    /// For every run that no other script is for.
    #[serde(default)]
    default: bool,
    /// The number of runs that still get the script; all if absent.
    times: Option<u32>,
    /// Shared by all runs that follow the script.
    steps: Option<Arc<[Step]>>,
    /// The last step of the usual course, in place of Steps.
    result: Option<Step>,
    /// The steps of a run for each RepeatMode, in the order of [`RepeatMode::ALL`]; `None` for one whose
    /// runs cannot take them. Made at the first use, so that all runs share them.
    #[serde(skip)]
    courses: OnceLock<Vec<Option<Arc<[Step]>>>>,
}

impl Outcome {
    /// The fields that choose runs, with their names.
    fn choices(&self) -> [(&'static str, Option<&str>); 5] {
        [
            ("CommandId", self.command_id.as_deref()),
            ("CommandName", self.command_name.as_deref()),
            ("InstanceId", self.instance_id.as_deref()),
            ("CommandContent", self.command_content.as_deref()),
            ("ContentPattern", self.content_pattern.as_deref()),
        ]
    }

    fn is_for(&self, invocation: &Invocation, content: &str, instance_id: &str) -> bool {
        let Invocation { command_id, command_name, .. } = invocation;
        let run = [command_id, command_name, instance_id, content, content];
        self.choices().iter().zip(run).all(|((name, asked), run)| match asked {
            Some(pattern) if *name == "ContentPattern" => fits(pattern, run),
            asked => asked.is_none_or(|asked| asked == run),
        })
    }

    /// All steps that were given.
    fn given(&self) -> impl Iterator<Item = &Step> {
        self.steps.iter().flat_map(|steps| steps.iter()).chain(&self.result)
    }

    /// The memory of the script, roughly.
    pub(crate) fn bytes(&self) -> usize {
        let choices = self.choices().into_iter().filter_map(|(_, value)| value);
        let texts = choices.chain(self.given().flat_map(Step::texts)).map(str::len);
        size_of::<Self>() + self.given().count() * size_of::<Step>() + texts.sum::<usize>()
    }

    fn check(&self) -> Result<(), ApiError> {
        let refuse = |name, detail: String| Err(ApiError::invalid(name, detail));
        let names = self.choices().map(|(name, _)| name).join(", ");
        let given = self.choices().into_iter().filter_map(|(name, text)| Some((name, text?.len())));
        for (name, length) in given.clone() {
            let most = if name.contains("Content") { CONTENT } else { NAME };
            if length == 0 {
                return refuse(name, "given an empty text, allowed any other".to_owned());
            }
            if length > most {
                return refuse(name, format!("given {length} bytes, allowed are {most}"));
            }
        }
        match (self.default, given.count()) {
            (false, 0) => {
                let detail = format!("give one of {names}, or Default: true for all other runs");
                return Err(ApiError::missing("CommandId").detail(detail));
            }
            (true, 1..) => {
                let detail = format!("given true with one of {names}, allowed is Default or those");
                return refuse("Default", detail);
            }
            _ => {}
        }
        if self.times == Some(0) {
            return refuse("Times", format!("given 0, allowed 1 to {}", u32::MAX));
        }
        if self.steps.is_none() && self.result.is_none() {
            return Err(ApiError::missing("Steps").detail("give Steps, or Result in their place"));
        }
        if self.steps.is_some() && self.result.is_some() {
            return refuse("Result", "given with Steps, allowed is one of both".to_owned());
        }
        let count = self.given().count();
        if count > STEPS {
            return refuse("Steps", format!("given {count} steps, allowed are {STEPS}"));
        }
        if let Some(Step { delay_ms, .. }) = self.given().find(|step| step.delay_ms > PAUSE_MS) {
            return refuse("DelayMs", format!("given {delay_ms}, allowed is at most {PAUSE_MS}"));
        }
        self.given().try_for_each(|step| step.update().map(|_| ()))?;
        if let Some(Step { invocation_status, .. }) = &self.result {
            let given = invocation_status.as_deref().unwrap_or_default();
            if !InvocationStatus::from_name(given).is_some_and(InvocationStatus::is_end) {
                let ends = status_names(|status| status.is_end());
                let detail = format!("given {given:?} as Result, allowed {ends}");
                return refuse("InvocationStatus", detail);
            }
        }
        // The runs are not known yet. A Period task has every transition that another task has.
        self.course(RepeatMode::Period, Duration::ZERO).map(|_| ())
    }

    /// The steps of a run, shared by all runs of this `repeat_mode`. `pause` is the same at each call.
    fn steps_of(&self, repeat_mode: RepeatMode, pause: Duration) -> Option<&Arc<[Step]>> {
        let course = |mode: &RepeatMode| self.course(*mode, pause).ok();
        let courses = self.courses.get_or_init(|| RepeatMode::ALL.iter().map(course).collect());
        let mode = RepeatMode::ALL.iter().position(|&mode| mode == repeat_mode)?;
        courses.get(mode)?.as_ref()
    }

    /// The steps of a run of a new task of `repeat_mode`, which can take them one after the other.
    /// `pause` comes before each step of the usual course.
    fn course(&self, repeat_mode: RepeatMode, pause: Duration) -> Result<Arc<[Step]>, ApiError> {
        let success = || Step::to(InvocationStatus::Success, Duration::ZERO);
        let steps = match &self.steps {
            Some(steps) => Arc::clone(steps),
            None => {
                let end = self.result.clone().unwrap_or_else(success);
                usual_course(end, repeat_mode, pause)?
            }
        };
        let mut status = InvocationStatus::Pending;
        for step in steps.iter() {
            status = step.without_output()?.check(repeat_mode, status)?;
        }
        Ok(steps)
    }
}

/// Running, then `end`; `end` alone if it is the end of a run that never starts. A recurring task is
/// then scheduled again.
fn usual_course(
    mut end: Step,
    repeat_mode: RepeatMode,
    pause: Duration,
) -> Result<Arc<[Step]>, ApiError> {
    let running = Step::to(InvocationStatus::Running, pause);
    end.delay_ms = end.delay_ms.saturating_add(running.delay_ms);
    let mut update = end.without_output()?;
    if update.check(repeat_mode, InvocationStatus::Running).is_err() {
        return Ok([end].into());
    }
    update.reschedule = true;
    let again =
        repeat_mode.is_recurring() && update.check(repeat_mode, InvocationStatus::Running).is_ok();
    end.reschedule |= again;
    Ok([running, end].into())
}

/// The scripts of a store, in the order in which they were given.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Outcomes {
    scripts: Vec<Outcome>,
    /// That of `--auto-complete`.
    #[serde(skip)]
    usual: Outcome,
}

impl Outcomes {
    pub(crate) fn add(&mut self, outcome: Outcome) -> Result<(), ApiError> {
        outcome.check()?;
        if self.scripts.len() >= SCRIPTS {
            return Err(ApiError::invalid("Outcomes", format!("allowed are {SCRIPTS} scripts")));
        }
        self.scripts.push(outcome);
        Ok(())
    }

    /// The memory of all scripts.
    pub(crate) fn bytes(&self) -> usize {
        self.scripts.iter().map(Outcome::bytes).sum()
    }

    /// Takes the script of a run of a new record, if there is one. Scripts with Times come before those
    /// without, and first the one that was given first; of those without, the latest counts. The default
    /// ones come after all others, and last that of `--auto-complete`, whose pause is `usual`.
    pub(crate) fn take(
        &mut self,
        invocation: &Invocation,
        instance_id: &str,
        usual: Option<Duration>,
    ) -> Option<Arc<[Step]>> {
        let pause = usual.unwrap_or_default();
        let content = String::from_utf8_lossy(&invocation.command_content);
        let all = self.scripts.iter().enumerate();
        let fitting = all.filter(|(_, outcome)| outcome.is_for(invocation, &content, instance_id));
        let steps = fitting.filter_map(|(index, outcome)| {
            Some((index, outcome, outcome.steps_of(invocation.repeat_mode, pause)?))
        });
        let first = steps.min_by_key(|&(index, outcome, _)| {
            let in_sequence = outcome.times.is_some();
            let order = if in_sequence { index } else { SCRIPTS - index };
            (outcome.default, !in_sequence, order)
        });
        let Some((index, _, steps)) = first else {
            return self.usual.steps_of(invocation.repeat_mode, usual?).cloned();
        };
        let steps = Arc::clone(steps);
        match &mut self.scripts[index].times {
            Some(1) => drop(self.scripts.remove(index)),
            Some(times) => *times -= 1,
            None => {}
        }
        Some(steps).filter(|steps| !steps.is_empty())
    }
}
