//! The routes, and the path from a request to its answer.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, Response, StatusCode, header};
use futures_util::FutureExt;
use invodex::{Error, Recommend};

use crate::answer::{answer, host, refused};
use crate::error::ApiError;
use crate::faults::Fault;
use crate::format::{Format, Style, check_type};
use crate::guard::Guard;
use crate::ids::Ids;
use crate::incoming::Incoming;
use crate::params::{Call, Params};
use crate::tell::tell;
use crate::tenants::{Tenant, Tenants};
use crate::{actions, console, control, log};

const FORM: &str = "application/x-www-form-urlencoded";
/// The paths of the control requests begin with that of the console.
const CONSOLE: &str = "/_emulator/";

struct Server {
    guard: Guard,
    tenants: Arc<Tenants>,
}

/// The router, which leads every request to one handler.
pub(crate) fn router(tenants: Arc<Tenants>, guard: Guard) -> Router {
    let serve = async |State(server): State<Arc<Server>>, request: Request| {
        let entry = log::begin_entry(&request);
        let (head, body) = request.into_parts();
        let mut answer = server.caught(&head, server.answer(&head, body)).await;
        if let Some(entry) = entry {
            entry.end(&mut answer);
        }
        answer
    };
    Router::new().fallback(serve).with_state(Arc::new(Server { guard, tenants }))
}

impl Server {
    /// The answer of `handler`, or of a panic in it, which concerns its own request alone.
    async fn caught(
        &self,
        head: &Parts,
        handler: impl Future<Output = Response<Body>>,
    ) -> Response<Body> {
        // Every lock is taken also when poisoned.
        let caught = AssertUnwindSafe(handler).catch_unwind().await;
        caught.unwrap_or_else(|_| closed(self.refuse(head, &Error::dispatch_error().into())))
    }

    async fn answer(&self, head: &Parts, body: Body) -> Response<Body> {
        let mut body = Incoming::new(body);
        let mut answer = match self.guard(head) {
            Ok(()) => {
                let answered = self.route(head, &mut body).await;
                answered.unwrap_or_else(|error| self.refuse(head, &error))
            }
            Err(error) => {
                // The service has no such refusal, so the answer says what it means.
                let style = Style { recommend: Recommend::Detail, ..self.style(head) };
                refused(&error, &self.tenants.ids.request_id(), host(&head.headers), style)
            }
        };
        if answer.status() == StatusCode::METHOD_NOT_ALLOWED {
            let allowed = HeaderValue::from_str(&allowed(head.uri.path()));
            answer.headers_mut().extend(allowed.ok().map(|allowed| (header::ALLOW, allowed)));
        }
        if body.is_over { answer } else { closed(answer) }
    }

    fn guard(&self, head: &Parts) -> Result<(), ApiError> {
        match (head.uri.path(), &head.method) {
            // A link in a page of another site may lead to it.
            (CONSOLE, &Method::GET) => self.guard.check_host(head).map(drop),
            _ => self.guard.check(head),
        }
    }

    async fn route(&self, head: &Parts, body: &mut Incoming) -> Result<Response<Body>, ApiError> {
        match (head.uri.path(), &head.method) {
            ("/", &Method::GET | &Method::POST) => self.api(head, &body.read().await?).await,
            (CONSOLE, &Method::GET) => Ok(console::page()),
            (path @ ("/" | CONSOLE), _) => Err(ApiError::method(&allowed(path))),
            (path, _) => match path.strip_prefix(CONSOLE) {
                Some(name) => control::answer(&self.tenants, name, head, body).await,
                None => Err(ApiError::unknown_action()),
            },
        }
    }

    /// The answer to a request that is refused before its store is known.
    fn refuse(&self, head: &Parts, error: &ApiError) -> Response<Body> {
        let request_id = self.tenants.ids.request_id();
        if !is_control(head) {
            told(error, &request_id);
        }
        refused(error, &request_id, host(&head.headers), self.style(head))
    }

    /// The form of an answer to a request whose parameters are not read.
    fn style(&self, head: &Parts) -> Style {
        if is_control(head) { Style::CONTROL } else { self.tenants.settings.style.asked_by(head) }
    }

    /// Answers a request to the API.
    async fn api(&self, head: &Parts, form: &[u8]) -> Result<Response<Body>, ApiError> {
        if !form.is_empty() && head.headers.contains_key(header::CONTENT_TYPE) {
            check_type(&head.headers, FORM)?;
        }
        let params = Params::read(head.uri.query().unwrap_or_default(), form)?;
        let call = Call { headers: &head.headers, params };
        let action = call.param_or_header("Action", "x-acs-action").unwrap_or_default();
        let observes = console::is_observer(call.headers) && !actions::writes(action);
        let mut answer = self.act(&call, action, observes).await;
        if observes {
            log::note(&mut answer, |notes| notes.unlogged = true);
        } else {
            log::note_asked(&mut answer, action, call.params.access_key_id(call.headers));
        }
        Ok(answer)
    }

    /// Does the action. A query of the console `observes`: it takes no id that a seed repeats, no fault
    /// hits it, and its error is shown with its detail, and not told to the operator every two seconds.
    async fn act(&self, call: &Call<'_>, action: &str, observes: bool) -> Response<Body> {
        let host = host(call.headers);
        let mut style = self.tenants.settings.style;
        style.format =
            Format::asked(call.params.get("Format"), call.headers).unwrap_or(style.format);
        if observes {
            style.recommend = Recommend::Detail;
        }
        let refuse = |error: &ApiError, request_id: &str| {
            if !observes {
                told(error, request_id);
            }
            refused(error, request_id, host, style)
        };
        let id = |ids: &Ids| if observes { Ids::random() } else { ids.request_id() };
        let tenant = match self.tenants.get(call.params.access_key_id(call.headers)).await {
            Ok(tenant) => tenant,
            Err(error) => return refuse(&error, &id(&self.tenants.ids)),
        };
        let request_id = id(&tenant.ids);
        let usual = async {
            let _writing = match actions::writes(action) {
                true => Some(tenant.saving.read().await),
                false => None,
            };
            match actions::answer(&tenant, call, &request_id) {
                Ok(body) => {
                    let root = format_args!("{action}Response");
                    answer(StatusCode::OK, &request_id, style.format, root, body)
                }
                Err(error) => refuse(&error, &request_id),
            }
        };
        let fault = if observes { None } else { hit(&tenant, action, &call.params).await };
        match fault {
            None => usual.await,
            Some(fault) => fault.answer(usual, |error| refuse(error, &request_id)).await,
        }
    }
}

/// The fault that hits a request, if there is one.
async fn hit(tenant: &Tenant, action: &str, params: &Params<'_>) -> Option<Fault> {
    let are_for = || tenant.state_to_read().faults.are_for(action, params);
    if !tenant.has_faults.load(SeqCst) || !are_for() {
        return None;
    }
    let _writing = tenant.saving.read().await;
    let hit = tenant.state().faults.hit(action, params);
    tenant.touch();
    hit
}

/// Tells the operator of a refused request to the API, with the detail, which the answer may lack. The
/// log does it if there is one.
fn told(error: &ApiError, request_id: &str) {
    if !log::is_on() {
        tell(format!("{request_id} {error}"));
    }
}

fn is_control(head: &Parts) -> bool {
    head.uri.path().starts_with(CONSOLE)
}

/// The methods that a path takes.
fn allowed(path: &str) -> String {
    match path.strip_prefix(CONSOLE) {
        None => "GET, POST".to_owned(),
        Some("") => "GET".to_owned(),
        Some(name) => control::methods(name).collect::<Vec<_>>().join(", "),
    }
}

/// `answer`, after which the connection is closed: the rest of a body stands before its next request.
fn closed(mut answer: Response<Body>) -> Response<Body> {
    answer.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    answer
}

#[cfg(test)]
mod tests {
    use axum::body::to_bytes;

    use super::*;
    use crate::{archive, args::Args};

    #[tokio::test]
    async fn a_panic_is_the_answer_to_its_own_request_alone() {
        let args: Args = clap::Parser::parse_from(["", "--format", "xml"]);
        let guard = Guard::new(([127, 0, 0, 1], 8088).into(), &args.listen, &[]);
        let tenants = Arc::new(Tenants::new(args.settings().unwrap()).unwrap());
        let server = Server { guard, tenants };
        for (path, begin) in [("/", "<?xml"), ("/_emulator/runs", "{")] {
            let (head, ()) = axum::http::Request::get(path).body(()).unwrap().into_parts();
            let answer = server.caught(&head, async { panic!("in a handler") }).await;
            assert_eq!(answer.status().as_u16(), 500);
            assert_eq!(answer.headers()["connection"], "close");
            let body = to_bytes(answer.into_body(), 10_000).await.unwrap();
            let body = str::from_utf8(&body).unwrap();
            assert!(body.starts_with(begin) && body.contains("InternalError.Dispatch"), "{body}");
        }
        // Nor does it keep the archive from being saved.
        let tenant = server.tenants.make("").unwrap();
        let params = Params::read("ClientToken=t", b"").unwrap();
        let once = || tenant.answered.once(&params, "", || panic!("in an action"));
        assert!(std::panic::catch_unwind(AssertUnwindSafe(once)).is_err());
        let saved = tokio::task::spawn_blocking(move || archive::write(&server.tenants).is_ok());
        assert!(saved.await.unwrap());
    }
}
