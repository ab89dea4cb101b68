//! The log of requests that `--log` turns on: a line on standard error for each request, when its answer
//! begins.
//!
//! No line has an access key, a signature, a command or an output. It has the number of the account, and
//! in the text of an error the value that was at fault.

use std::sync::OnceLock;
use std::time::Instant;

use axum::body::Body;
use axum::extract::Request;
use axum::http::Response;
use chrono::{SecondsFormat, Utc};
use clap::ValueEnum;
use serde::Serialize;

use crate::error::{ApiError, cut};
use crate::ids::REQUEST_ID;
use crate::params::{Params, account_of};
use crate::tell::{tell, write};

/// The form of the lines.
#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LogForm {
    Text,
    Json,
}

/// Maximum length of a part of a line that a client gives, in characters.
const SHOWN: usize = 500;

static FORM: OnceLock<LogForm> = OnceLock::new();

/// Turns the log on, for the rest of the process.
pub(crate) fn begin(form: LogForm) {
    let _ = FORM.set(form);
}

/// Whether the log is on. Errors are then told by it alone.
pub(crate) fn is_on() -> bool {
    FORM.get().is_some()
}

/// A request whose line is written when its answer begins.
pub(crate) struct Entry {
    time: String,
    begun: Instant,
    /// For a request that does not come to the handler of the API: its method and path.
    action: String,
    account: String,
}

/// Facts for the line that the handlers leave with an answer.
#[derive(Clone, Default)]
pub(crate) struct Notes {
    /// The action and the account of a request to the API. They may stand in its form.
    asked: Option<(String, String)>,
    /// The code and the text of an error.
    refused: Option<(String, String)>,
    /// Whether it answers a query of the console.
    pub(crate) unlogged: bool,
    /// Whether a fault closes the connection.
    pub(crate) cut: bool,
}

pub(crate) fn note<B>(answer: &mut Response<B>, note: impl FnOnce(&mut Notes)) {
    if is_on() {
        note(answer.extensions_mut().get_or_insert_default());
    }
}

pub(crate) fn note_asked(answer: &mut Response<Body>, action: &str, access_key_id: &str) {
    if !action.is_empty() {
        note(answer, |notes| {
            let account = account_of(access_key_id).to_owned();
            notes.asked = Some((cut(action, SHOWN).to_owned(), account));
        });
    }
}

pub(crate) fn note_refused<B>(answer: &mut Response<B>, error: &ApiError) {
    note(answer, |notes| notes.refused = Some(code_and_text(error)));
}

fn code_and_text(error: &ApiError) -> (String, String) {
    (error.code().to_owned(), cut(&error.to_string(), SHOWN).to_owned())
}

/// Begins the line of a request, if the log is on.
pub(crate) fn begin_entry(request: &Request) -> Option<Entry> {
    is_on().then(|| {
        let query = request.uri().query().unwrap_or_default();
        let params = Params::read(query, b"").unwrap_or_default();
        Entry {
            time: now(),
            begun: Instant::now(),
            action: format!("{} {}", request.method(), cut(request.uri().path(), SHOWN)),
            account: account_of(params.access_key_id(request.headers())).to_owned(),
        }
    })
}

impl Entry {
    /// Writes the line.
    pub(crate) fn end(self, answer: &mut Response<Body>) {
        let notes = answer.extensions_mut().remove::<Notes>().unwrap_or_default();
        if notes.unlogged {
            return;
        }
        let (action, account) = notes.asked.unwrap_or((self.action, self.account));
        let request_id = answer.headers().get(REQUEST_ID).and_then(|id| id.to_str().ok());
        Line {
            time: self.time,
            status: answer.status().as_u16(),
            cut: notes.cut,
            action,
            account,
            milliseconds: (self.begun.elapsed().as_secs_f64() * 1e6).round() / 1e3,
            request_id: request_id.unwrap_or_default().to_owned(),
            ..Line::refused(notes.refused)
        }
        .write();
    }
}

/// Tells of a refused request that does not come to the routes, by the log if there is one.
pub(crate) fn tell_error(error: &ApiError, request_id: &str) {
    if !is_on() {
        return tell(format!("{request_id} {error}"));
    }
    Line {
        time: now(),
        status: error.status().as_u16(),
        action: "-".to_owned(),
        request_id: request_id.to_owned(),
        ..Line::refused(Some(code_and_text(error)))
    }
    .write();
}

fn now() -> String {
    Utc::now().to_rfc3339_opts(SecondsFormat::Millis, true)
}

#[derive(Default, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Line {
    time: String,
    status: u16,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    cut: bool,
    action: String,
    account: String,
    milliseconds: f64,
    request_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

impl Line {
    /// A line with the code and the text of an error, if there is one.
    fn refused(error: Option<(String, String)>) -> Self {
        let (code, error) = error.unzip();
        Line { code, error, ..Line::default() }
    }

    fn write(&self) {
        write(match FORM.get() {
            None => return,
            Some(LogForm::Text) => self.text(),
            Some(LogForm::Json) => serde_json::to_string(self).unwrap_or_default(),
        });
    }

    fn text(&self) -> String {
        let Line { time, status, action, milliseconds, request_id, .. } = self;
        let account = if self.account.is_empty() { "-" } else { &self.account };
        let cut = if self.cut { " cut" } else { "" };
        let error = self.error.as_ref().map(|error| format!(" {error}")).unwrap_or_default();
        let text = format!(
            "{time} {status}{cut} {action} {account} {milliseconds} ms {request_id}{error}"
        );
        // Nothing that a client sent begins another line.
        text.replace(|c: char| c.is_control(), "\u{fffd}")
    }
}
