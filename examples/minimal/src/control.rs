//! Control requests for tests: `control-protocol.md` says what each takes and answers.

use axum::http::Method;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use invodex::{
    Clock, ImportOptions, InvocationStatus, OutputUpdate, RunUpdate, SystemClock, Timestamp,
};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::{FrontEnd, Refusal, unknown};

fn invalid_body(error: impl ToString) -> Refusal {
    Refusal::Own(400, "InvalidBody", error.to_string())
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Refusal> {
    serde_json::from_slice(body).map_err(invalid_body)
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Reset {
    now: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
enum Move {
    Now(String),
    /// Seconds.
    Advance(u32),
}

/// A change of a run.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Report {
    invoke_id: String,
    instance_id: String,
    invocation_status: Option<String>,
    exit_code: Option<i64>,
    /// In Base64, as `append`.
    output: Option<String>,
    append: Option<String>,
    dropped: Option<u64>,
    repeats: Option<u32>,
    time: Option<String>,
    start_time: Option<String>,
    finish_time: Option<String>,
    stop_time: Option<String>,
    error_code: Option<String>,
    error_info: Option<String>,
    #[serde(default)]
    reschedule: bool,
}

fn decode(text: &Option<String>) -> Result<Option<Vec<u8>>, Refusal> {
    let output = text.as_ref().map(|text| BASE64_STANDARD.decode(text)).transpose();
    output.map_err(|error| invalid_body(format!("Output or Append: {error}")))
}

/// A time that is given. An empty one unsets it.
fn time(text: &Option<String>) -> Result<Option<Option<Timestamp>>, Refusal> {
    let time = |text: &String| (!text.is_empty()).then(|| text.parse()).transpose();
    Ok(text.as_ref().map(time).transpose()?)
}

impl FrontEnd {
    /// A control request.
    pub(crate) fn control(
        &mut self,
        method: &Method,
        name: &str,
        body: &[u8],
    ) -> Result<Value, Refusal> {
        match (method.as_str(), name) {
            ("GET", "health") => return Ok(json!({"Status": "ok"})),
            ("POST", "reset") => {
                let reset = if body.is_empty() { Reset::default() } else { read(body)? };
                let now = reset.now.map(|now| now.parse::<Timestamp>()).transpose()?;
                // Ids go on, so that those of the store before are not given again.
                let ids = self.ids;
                *self = FrontEnd { ids, ..FrontEnd::new(now.unwrap_or(SystemClock.now())) };
            }
            ("POST", "clock") => match read(body)? {
                Move::Now(now) => self.clock.set(now.parse()?),
                Move::Advance(seconds) => self.clock.advance(seconds),
            },
            ("POST", "records") => return self.records(body),
            ("POST", "runs") => {
                self.report(&read(body)?)?;
                return Ok(json!({}));
            }
            _ => return Err(unknown()),
        }
        Ok(json!({"Now": self.store.now()}))
    }

    /// Loads the records of a captured response, all or none.
    fn records(&mut self, captured: &[u8]) -> Result<Value, Refusal> {
        let mut store = self.store.fork(self.clock.clone());
        let report = store.import(captured, &ImportOptions::new("cn-hangzhou"))?;
        if let Some(refused) = report.refusals.into_iter().next() {
            return Err(refused.error.into());
        }
        self.store = store;
        Ok(json!({"Loaded": report.loaded, "NotRetained": report.not_retained.len()}))
    }

    /// Changes a run.
    fn report(&mut self, report: &Report) -> Result<(), Refusal> {
        let status = report.invocation_status.as_deref().map(str::parse).transpose();
        let status = status.map_err(|error| invalid_body(format!("InvocationStatus: {error}")))?;
        // These bring the ErrorCode and ErrorInfo of the service.
        let mut update = match (status, report.exit_code) {
            (Some(InvocationStatus::Failed), Some(code)) if code != 0 => RunUpdate::finished(code),
            (Some(InvocationStatus::Timeout), _) => RunUpdate::timed_out(),
            _ => RunUpdate { invocation_status: status, ..RunUpdate::default() },
        };
        update.exit_code = report.exit_code.map(Some).or(update.exit_code);
        update.error_code = report.error_code.clone().or(update.error_code);
        update.error_info = report.error_info.clone().or(update.error_info);
        update.reschedule = report.reschedule;
        (update.repeats, update.dropped) = (report.repeats, report.dropped);
        update.time = time(&report.time)?.flatten();
        update.start_time = time(&report.start_time)?;
        update.finish_time = time(&report.finish_time)?;
        update.stop_time = time(&report.stop_time)?;
        update.output = match (decode(&report.output)?, decode(&report.append)?) {
            (None, None) => None,
            (Some(output), None) => Some(OutputUpdate::Replace(output)),
            (None, Some(output)) => Some(OutputUpdate::Append(output)),
            _ => return Err(invalid_body("Give either Output or Append.")),
        };
        Ok(self.store.update_run(&report.invoke_id, &report.instance_id, &update)?)
    }
}
