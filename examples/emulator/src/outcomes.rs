//! Completes runs by a script, or automatically with `--auto-complete`.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use invodex::{Invocation, InvocationStatus, OutputUpdate, RunUpdate, Store};
use serde::{Deserialize, Serialize};

use crate::error::ApiError;
use crate::tenants::Tenant;

/// Maximum number of scripts in a store, and of steps in a script.
const SCRIPTS: usize = 1_000;
const STEPS: usize = 100;
/// Maximum pause before a step: one day.
const PAUSE_MS: u64 = 86_400_000;

/// A change of a run.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct Step {
    pub(crate) invocation_status: String,
    /// The pause before the change.
    #[serde(default)]
    pub(crate) delay_ms: u64,
    exit_code: Option<i64>,
    /// In Base64.
    output: Option<String>,
    error_code: Option<String>,
    error_info: Option<String>,
    /// Ends this execution of a recurring task with the status, and schedules the next one.
    #[serde(default)]
    reschedule: bool,
}

impl Step {
    fn to(status: InvocationStatus, delay: Duration) -> Self {
        Step {
            invocation_status: status.to_string(),
            delay_ms: delay.as_millis() as u64,
            ..Step::default()
        }
    }

    pub(crate) fn update(&self) -> Result<RunUpdate, ApiError> {
        let status = InvocationStatus::from_name(&self.invocation_status).ok_or_else(|| {
            let names: Vec<_> =
                InvocationStatus::ALL.iter().map(|status| status.as_str()).collect();
            ApiError::invalid("InvocationStatus", format!("allowed {}", names.join(", ")))
        })?;
        // These have the ErrorCode and ErrorInfo that the service sets.
        let mut update = match (status, self.exit_code) {
            (InvocationStatus::Failed, Some(code)) if code != 0 => RunUpdate::finished(code),
            (InvocationStatus::Timeout, _) => RunUpdate::timed_out(),
            _ => RunUpdate { invocation_status: Some(status), ..RunUpdate::default() },
        };
        update.exit_code = self.exit_code.map(Some).or(update.exit_code);
        update.error_code = self.error_code.clone().or(update.error_code);
        update.error_info = self.error_info.clone().or(update.error_info);
        update.reschedule = self.reschedule;
        if let Some(output) = &self.output {
            let output = BASE64_STANDARD.decode(output);
            let output = output.map_err(|_| ApiError::invalid("Output", "allowed is Base64"))?;
            update.output = Some(OutputUpdate::Replace(output));
        }
        Ok(update)
    }
}

/// A script for runs of a command (by id or name) or on an instance. An absent field matches any
/// run.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct Outcome {
    command_id: Option<String>,
    command_name: Option<String>,
    instance_id: Option<String>,
    steps: Vec<Step>,
}

impl Outcome {
    fn is_for(&self, invocation: &Invocation, instance_id: &str) -> bool {
        let fits = |named: &Option<String>, is: &str| named.as_deref().is_none_or(|it| it == is);
        fits(&self.command_id, &invocation.command_id)
            && fits(&self.command_name, &invocation.command_name)
            && fits(&self.instance_id, instance_id)
    }

    fn check(&self) -> Result<(), ApiError> {
        let names = [&self.command_id, &self.command_name, &self.instance_id];
        if names.iter().all(|name| name.is_none()) {
            return Err(ApiError::missing("CommandId")
                .recommend("name a CommandId, a CommandName or an InstanceId"));
        }
        if self.steps.len() > STEPS || self.steps.iter().any(|step| step.delay_ms > PAUSE_MS) {
            let allowed = format!("allowed are {STEPS} steps, DelayMs of at most {PAUSE_MS}");
            return Err(ApiError::invalid("Steps", allowed));
        }
        self.steps.iter().try_for_each(|step| step.update().map(|_| ()))
    }
}

/// The scripts of a store. If several match a run, the latest counts.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Outcomes(Vec<Outcome>);

impl Outcomes {
    pub(crate) fn add(&mut self, outcome: Outcome) -> Result<(), ApiError> {
        outcome.check()?;
        if self.0.len() >= SCRIPTS {
            return Err(ApiError::invalid("Outcomes", format!("allowed are {SCRIPTS} scripts")));
        }
        self.0.push(outcome);
        Ok(())
    }

    fn steps(&self, invocation: &Invocation, instance_id: &str) -> Option<Vec<Step>> {
        let mut latest_first = self.0.iter().rev();
        let outcome = latest_first.find(|outcome| outcome.is_for(invocation, instance_id))?;
        Some(outcome.steps.clone())
    }
}

/// Starts a task for each run of a new record that has a script or completes automatically.
pub(crate) fn start(tenant: &Arc<Tenant>, invocation: &Invocation) {
    for run in &invocation.instances {
        let scripted = tenant.state().outcomes.steps(invocation, &run.instance_id);
        let steps = scripted.or_else(|| {
            let pause = tenant.auto_complete?;
            let mut success = Step::to(InvocationStatus::Success, pause);
            // A recurring task executes once and is then scheduled again.
            success.reschedule = invocation.repeat_mode.is_recurring();
            Some(vec![Step::to(InvocationStatus::Running, pause), success])
        });
        if let Some(steps) = steps {
            let (invoke_id, instance_id) = (invocation.invoke_id.clone(), run.instance_id.clone());
            tokio::spawn(walk(Arc::clone(tenant), invoke_id, instance_id, steps));
        }
    }
}

/// Applies the steps one after the other. Stops if something else changed the run meanwhile.
async fn walk(tenant: Arc<Tenant>, invoke_id: String, instance_id: String, steps: Vec<Step>) {
    let status = |store: &Store| {
        let record = store.get(&invoke_id)?;
        let run = record.instances().find(|run| run.instance_id() == instance_id)?;
        Some(run.invocation_status())
    };
    let mut left = tenant.store.read(status);
    for step in steps {
        tokio::time::sleep(Duration::from_millis(step.delay_ms)).await;
        let Ok(update) = step.update() else { return };
        let walked = tenant.store.write(|store| {
            let here = left.is_some() && status(store) == left;
            let walked = here && store.update_run(&invoke_id, &instance_id, &update).is_ok();
            left = status(store);
            walked
        });
        if !walked {
            return;
        }
        tenant.touch();
    }
}

/// Sets the Stopping runs of a record to Terminated after a pause.
pub(crate) fn end_stopping(tenant: &Arc<Tenant>, invoke_id: &str, pause: Duration) {
    let (tenant, invoke_id) = (Arc::clone(tenant), invoke_id.to_owned());
    tokio::spawn(async move {
        tokio::time::sleep(pause).await;
        let Some(record) = tenant.store.get(&invoke_id) else { return };
        for run in record.instances {
            if run.invocation_status == InvocationStatus::Stopping {
                // The run may have ended meanwhile, so an error is ignored.
                let end = RunUpdate::terminated();
                let _ = tenant.store.update_run(&invoke_id, &run.instance_id, &end);
            }
        }
        tenant.touch();
    });
}
