//! The log of requests that `--log` turns on: a line on standard error for each request, when its answer
//! begins.
//!
//! No line has an access key, a signature, a command or an output. It has the number of the account, and
//! in the text of an error the value that was at fault.

use std::sync::OnceLock;
use std::time::Instant;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::Response;
use axum::middleware::{Next, from_fn};
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

/// The action and the account of a request to the API. They may stand in its form, so its handler leaves
/// them with the answer.
#[derive(Clone)]
struct Asked {
    action: String,
    account: String,
}

/// The error of a refused request.
#[derive(Clone)]
struct Refused {
    code: String,
    text: String,
}

/// Marks the answer to a query of the console.
#[derive(Clone)]
struct Unlogged;

/// Marks the answer of a fault that closes the connection.
#[derive(Clone)]
struct Cut;

pub(crate) fn note_asked(answer: &mut Response<Body>, action: &str, access_key_id: &str) {
    if is_on() && !action.is_empty() {
        let (action, account) =
            (cut(action, SHOWN).to_owned(), account_of(access_key_id).to_owned());
        answer.extensions_mut().insert(Asked { action, account });
    }
}

pub(crate) fn note_unlogged(answer: &mut Response<Body>) {
    if is_on() {
        answer.extensions_mut().insert(Unlogged);
    }
}

pub(crate) fn note_refused<B>(answer: &mut Response<B>, error: &ApiError) {
    if is_on() {
        answer.extensions_mut().insert(Refused::new(error));
    }
}

pub(crate) fn note_cut(answer: &mut Response<Body>) {
    if is_on() {
        answer.extensions_mut().insert(Cut);
    }
}

impl Refused {
    fn new(error: &ApiError) -> Self {
        Refused { code: error.code().to_owned(), text: cut(&error.to_string(), SHOWN).to_owned() }
    }
}

/// The router with the log around it, if there is one.
pub(crate) fn around(router: Router) -> Router {
    if is_on() { router.layer(from_fn(log)) } else { router }
}

async fn log(request: Request, next: Next) -> Response<Body> {
    let (time, begun) = (now(), Instant::now());
    // For a request that does not come to the handler of the API.
    let asked = Asked {
        action: format!("{} {}", request.method(), cut(request.uri().path(), SHOWN)),
        account: account(&request),
    };
    let answer = next.run(request).await;
    let milliseconds = (begun.elapsed().as_secs_f64() * 1e6).round() / 1e3;
    let noted = answer.extensions();
    if noted.get::<Unlogged>().is_some() {
        return answer;
    }
    let Asked { action, account } = noted.get().unwrap_or(&asked);
    let error = noted.get::<Refused>();
    let request_id = answer.headers().get(REQUEST_ID).and_then(|id| id.to_str().ok());
    Line {
        time: &time,
        status: answer.status().as_u16(),
        cut: noted.get::<Cut>().is_some(),
        action,
        account,
        milliseconds,
        request_id: request_id.unwrap_or_default(),
        code: error.map(|error| &*error.code),
        error: error.map(|error| &*error.text),
    }
    .write();
    answer
}

/// Tells of a refused request that does not come to the routes, by the log if there is one.
pub(crate) fn tell_refused(error: &ApiError, request_id: &str) {
    if !is_on() {
        return tell(format!("{request_id} {error}"));
    }
    let Refused { code, text } = &Refused::new(error);
    Line {
        time: &now(),
        status: error.status().as_u16(),
        cut: false,
        action: "-",
        account: "",
        milliseconds: 0.0,
        request_id,
        code: Some(code),
        error: Some(text),
    }
    .write();
}

fn now() -> String {
    Utc::now().to_rfc3339_opts(SecondsFormat::Millis, true)
}

fn account(request: &Request) -> String {
    let params = Params::read(request.uri().query().unwrap_or_default(), b"").unwrap_or_default();
    account_of(params.access_key_id(request.headers())).to_owned()
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Line<'a> {
    time: &'a str,
    status: u16,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    cut: bool,
    action: &'a str,
    account: &'a str,
    milliseconds: f64,
    request_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a str>,
}

impl Line<'_> {
    fn write(&self) {
        write(match FORM.get() {
            None => return,
            Some(LogForm::Text) => self.text(),
            Some(LogForm::Json) => serde_json::to_string(self).unwrap_or_default(),
        });
    }

    fn text(&self) -> String {
        let Line { time, status, action, milliseconds, request_id, .. } = self;
        let account = if self.account.is_empty() { "-" } else { self.account };
        let cut = if self.cut { " cut" } else { "" };
        let error = self.error.map(|error| format!(" {error}")).unwrap_or_default();
        let text = format!(
            "{time} {status}{cut} {action} {account} {milliseconds} ms {request_id}{error}"
        );
        // Nothing that a client sent begins another line.
        text.replace(|c: char| c.is_control(), "\u{fffd}")
    }
}
