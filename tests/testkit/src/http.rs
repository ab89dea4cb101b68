//! An HTTP endpoint as a subject: it speaks the API, and perhaps the control requests of
//! `examples/control-protocol.md`.

mod apart;
mod forms;

use std::collections::BTreeMap;
use std::time::Duration;

use invodex::{Invocation, RunUpdate, Timestamp};
use serde_json::{Value, json};

use self::apart::CaseTag;
use crate::strategy::pools::REGIONS;
use crate::subject::{Config, No, Reply, Subject};

/// Maximum number of characters of an answer that a failure shows.
const SHOWN: usize = 200;
/// Maximum size of an answer.
const ANSWER_BYTES: u64 = 64 * 1_024 * 1_024;

/// An endpoint as a subject.
///
/// - With the control request `reset` it keeps to one account, which each case empties. Records keep
///   their ids if there is the control request `records` too. Else they are made with RunCommand, and
///   the ids of requests and answers are translated.
/// - Without `reset`, each case has an account of its own whose name begins with the given one, and
///   no control request is used.
/// - With a [tag](Self::with_tag) each case has its own value of that tag, on every record and in
///   every request, and no control request is used.
pub struct HttpSubject {
    agent: ureq::Agent,
    /// The address without a slash at its end.
    url: String,
    account: String,
    /// The account of this case, which begins with `account`.
    case_account: String,
    tag: Option<CaseTag>,
    /// Whether cases are kept apart without control requests.
    is_apart: bool,
    /// The number of cases that were kept apart.
    cases: u32,
    clock: Timestamp,
    /// The time of the store, which never goes back.
    store_time: Timestamp,
    /// The subject's id and the endpoint's, of records made with RunCommand.
    ids: BTreeMap<String, String>,
    /// The region of each record, by InvokeId.
    regions: BTreeMap<String, String>,
}

/// Whether requests to this address would reach the real service.
///
/// # Errors
///
/// It would, or it is no address; the text says which.
pub fn check_url(url: &str) -> Result<(), String> {
    let uri: ureq::http::Uri = url.parse().map_err(|error| {
        format!("{url:?} is no address ({error}); give one such as http://127.0.0.1:8080")
    })?;
    if !matches!(uri.scheme_str(), Some("http" | "https")) {
        return Err(format!("{url:?} begins with neither http:// nor https://"));
    }
    // A user's name before an @ is not the host.
    let authority = uri.authority().map_or("", |authority| authority.as_str());
    if authority.contains('@') {
        return Err(format!("{url:?} has a user's name before the host; leave it out"));
    }
    let host = uri.host().unwrap_or_default().trim_end_matches('.').to_ascii_lowercase();
    for real in ["aliyuncs.com", "aliyun.com"] {
        if host == real || host.ends_with(&format!(".{real}")) {
            return Err(format!(
                "{host} is the real service, where the suite would run commands; \
                 give the address of an emulator"
            ));
        }
    }
    if uri.scheme_str() == Some("https") {
        return Err(format!("{url:?} begins with https://, which is not built in; give http://"));
    }
    Ok(())
}

/// The beginning of an answer, in one line.
fn cut(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    let mut short: String =
        text.chars().take(SHOWN).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if short.len() < text.len() {
        short.push_str("...");
    }
    short
}

fn lacks<T>(what: &str) -> Reply<T> {
    Err(No::NotOffered(what.to_owned()))
}

impl HttpSubject {
    /// The endpoint at `url`. A request takes at most `limit`.
    ///
    /// # Errors
    ///
    /// As [`check_url`].
    pub fn new(url: &str, account: &str, limit: Duration) -> Result<Self, String> {
        check_url(url)?;
        let agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .proxy(None)
            .timeout_global(Some(limit))
            .build()
            .new_agent();
        Ok(HttpSubject {
            agent,
            url: url.trim_end_matches('/').to_owned(),
            account: account.to_owned(),
            case_account: account.to_owned(),
            tag: None,
            is_apart: false,
            cases: 0,
            clock: Timestamp::MIN,
            store_time: Timestamp::MIN,
            ids: BTreeMap::new(),
            regions: BTreeMap::new(),
        })
    }

    /// Keeps to records with a tag of this key, which no other record at the endpoint may have.
    ///
    /// # Errors
    ///
    /// The API refuses the key, or the suite has it in its own records and requests; the text says
    /// which keys are allowed.
    pub fn with_tag(mut self, key: &str) -> Result<Self, String> {
        self.tag = Some(CaseTag::new(key)?);
        self.is_apart = true;
        Ok(self)
    }

    /// Asks one query, to see whether the endpoint answers in a form of the API.
    ///
    /// # Errors
    ///
    /// It does not; the text says what was asked and what came.
    pub fn check(&mut self) -> Result<(), String> {
        let region = [("RegionId".to_owned(), "cn-hangzhou".to_owned())];
        match self.describe("DescribeInvocations", &region) {
            Err(No::Failed(failure)) => Err(failure),
            _ => Ok(()),
        }
    }

    /// Sends a request. Returns status and body, which is a JSON object.
    fn send(&self, path: &str, kind: &str, body: &[u8], what: &str) -> Reply<(u16, Value)> {
        let url = format!("{}{path}", self.url);
        let failed = |came: String| No::Failed(format!("asked POST {url} ({what}); {came}"));
        let sent = self.agent.post(&url).header("Content-Type", kind).send(body);
        let mut answer = sent.map_err(|error| failed(format!("no answer came: {error}")))?;
        let status = answer.status().as_u16();
        let read = answer.body_mut().with_config().limit(ANSWER_BYTES).read_to_vec();
        let read =
            read.map_err(|error| failed(format!("status {status} came, and then: {error}")))?;
        let came = || failed(format!("status {status} came with the body {:?}", cut(&read)));
        let value = serde_json::from_slice::<Value>(&read);
        if path != "/" && matches!(status, 404 | 405) {
            // A control request that is not known may be answered in any form. Another code of the
            // API is the error of one that is known.
            let code = value.as_ref().ok().and_then(|value| value["Code"].as_str());
            if status == 405 || matches!(code, None | Some("InvalidAction.NotFound")) {
                return lacks(&format!("the control request {what}"));
            }
        }
        if status != 200 && !(400..500).contains(&status) {
            return Err(came());
        }
        let value = value.map_err(|_| came())?;
        if !value.is_object() || (status != 200 && !value["Code"].is_string()) {
            return Err(came());
        }
        Ok((status, value))
    }

    /// The fields of an answer, or its error.
    fn answer((status, body): (u16, Value)) -> Reply<Value> {
        if status == 200 {
            return Ok(body);
        }
        let code = body["Code"].as_str().unwrap_or_default().to_owned();
        Err(No::Refused((code, status, None)))
    }

    /// A request of the API.
    fn call(&self, action: &str, pairs: &[(String, String)]) -> Reply<Value> {
        // The last value of a parameter counts, so these come last.
        let fixed =
            [("Version", "2014-05-26"), ("AccessKeyId", &self.case_account), ("Action", action)];
        let pairs = pairs.iter().map(|(name, value)| (&**name, &**value)).chain(fixed);
        let form = invodex::encode_query(pairs);
        let what = format!("{action} {}", cut(form.as_bytes()));
        Self::answer(self.send("/", "application/x-www-form-urlencoded", form.as_bytes(), &what)?)
    }

    /// A control request.
    fn control(&self, name: &str, body: &Value) -> Reply<Value> {
        if self.is_apart {
            return lacks(&format!("the control request {name}, beside an empty store by reset"));
        }
        let account = invodex::encode_query([("AccessKeyId", &*self.account)]);
        let path = format!("/_emulator/{name}?{account}");
        Self::answer(self.send(&path, "application/json", body.to_string().as_bytes(), name)?)
    }

    fn written(&mut self) {
        self.store_time = self.store_time.max(self.clock);
    }

    /// Makes a record with RunCommand.
    fn run_command(&mut self, record: &Invocation) -> Reply<bool> {
        if self.ids.contains_key(&record.command_id) || self.ids.contains_key(&record.invoke_id) {
            return lacks("the control request records, for a record with ids of its own");
        }
        let answer = self.first_run_command(record, &[])?;
        for (name, id) in [("InvokeId", &record.invoke_id), ("CommandId", &record.command_id)] {
            let Some(theirs) = answer[name].as_str() else {
                return Err(No::Failed(format!("asked RunCommand; {answer} came, without {name}")));
            };
            self.ids.insert(id.clone(), theirs.to_owned());
        }
        Ok(true)
    }

    /// Sends RunCommand. It has rules of its own, which are not those of records: a refused one is
    /// not offered.
    fn first_run_command(&self, record: &Invocation, more: &[(&str, &str)]) -> Reply<Value> {
        match self.send_run_command(record, more) {
            Err(No::Refused(refusal)) => {
                lacks(&format!("RunCommand of this record: {}", No::Refused(refusal)))
            }
            answer => answer,
        }
    }

    /// Sends RunCommand with further parameters.
    fn send_run_command(&self, record: &Invocation, more: &[(&str, &str)]) -> Reply<Value> {
        let mut pairs = forms::run_command(record)?;
        pairs.extend(more.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())));
        if let Some(tag) = &self.tag {
            tag.add(&mut pairs)?;
        }
        self.call("RunCommand", &pairs)
    }

    /// Begins where nothing can be emptied and the clock cannot be set: with another account, or with
    /// another value of the tag.
    fn begin_apart(&mut self) -> Reply<()> {
        self.cases += 1;
        let case = format!("{}{:04}", self.account, self.cases);
        if let Some(tag) = &mut self.tag {
            tag.value = case;
            return Ok(());
        }
        self.case_account = case;
        for region in REGIONS {
            let pairs = [("RegionId".to_owned(), region.to_owned())];
            let body = match self.call("DescribeInvocations", &pairs) {
                // The endpoint does not know the region.
                Err(No::Refused(_)) => continue,
                answer => answer?,
            };
            if body.pointer("/Invocations/Invocation/0").is_some() {
                return lacks("an empty store for each case: give --tag, or offer reset");
            }
        }
        Ok(())
    }

    /// The endpoint's id. Beside records that others made, an id that is not known here must not be
    /// known there either.
    fn theirs(&self, id: &str) -> String {
        match self.ids.get(id) {
            Some(theirs) => theirs.clone(),
            None if self.is_apart && !id.is_empty() => format!("{}-{id}", self.account),
            None => id.to_owned(),
        }
    }

    /// Gives an answer the subject's ids.
    fn give_ours(&self, value: &mut Value) {
        match value {
            Value::Object(fields) => {
                for (name, value) in fields {
                    match value {
                        Value::String(id) if name == "InvokeId" || name == "CommandId" => {
                            let known = self.ids.iter().find(|(_, theirs)| *theirs == id);
                            known.into_iter().for_each(|(ours, _)| id.clone_from(ours));
                        }
                        value => self.give_ours(value),
                    }
                }
            }
            Value::Array(values) => values.iter_mut().for_each(|value| self.give_ours(value)),
            _ => {}
        }
    }
}

impl Subject for HttpSubject {
    fn describe(&mut self, operation: &str, pairs: &[(String, String)]) -> Reply<Value> {
        let translated = pairs.iter().map(|(name, value)| {
            let is_id = name == "InvokeId" || name == "CommandId";
            (name.clone(), if is_id { self.theirs(value) } else { value.clone() })
        });
        let mut pairs = translated.collect::<Vec<_>>();
        if let Some(tag) = &self.tag {
            tag.add(&mut pairs)?;
        }
        let mut body = self.call(operation, &pairs)?;
        if let Some(tag) = &self.tag {
            tag.take_out(&mut body);
        }
        if let Some(fields) = body.as_object_mut() {
            fields.remove("RequestId");
        }
        self.give_ours(&mut body);
        Ok(body)
    }

    fn begin(&mut self, config: &Config, now: Timestamp) -> Reply<()> {
        if *config != Config::default() {
            return lacks("another configuration than the default one");
        }
        match self.control("reset", &json!({"Now": now})) {
            Err(No::NotOffered(_)) => {
                self.is_apart = true;
                self.begin_apart()?;
            }
            answer => drop(answer?),
        }
        self.ids.clear();
        self.regions.clear();
        self.clock = now;
        // Nothing is written, so the clock may go back.
        self.store_time = Timestamp::MIN;
        Ok(())
    }

    fn set_clock(&mut self, now: Timestamp) -> Reply<()> {
        self.control("clock", &json!({"Now": now}))?;
        self.clock = now;
        Ok(())
    }

    fn accept(&mut self, invocation: &Invocation) -> Reply<bool> {
        let captured = forms::captured(invocation, self.store_time.max(self.clock))?;
        let retained = match self.control("records", &captured) {
            Err(No::NotOffered(_)) => self.run_command(invocation)?,
            answer => answer?["Loaded"] == 1,
        };
        self.regions.insert(invocation.invoke_id.clone(), invocation.region_id.clone());
        self.written();
        Ok(retained)
    }

    fn update_run(&mut self, invoke_id: &str, instance_id: &str, update: &RunUpdate) -> Reply<()> {
        let body = forms::report(&self.theirs(invoke_id), instance_id, update)?;
        self.control("runs", &body)?;
        self.written();
        Ok(())
    }

    fn stop(&mut self, invoke_id: &str, instances: &[&str]) -> Reply<Option<usize>> {
        // The request has a region, which must be the record's.
        let region = self.regions.get(invoke_id).map_or("cn-hangzhou", String::as_str);
        let mut pairs = vec![("RegionId".to_owned(), region.to_owned())];
        pairs.push(("InvokeId".to_owned(), self.theirs(invoke_id)));
        for (n, instance) in instances.iter().enumerate() {
            pairs.push((format!("InstanceId.{}", n + 1), (*instance).to_owned()));
        }
        self.call("StopInvocation", &pairs)?;
        self.written();
        Ok(None)
    }

    fn retry(&mut self, invocation: &Invocation) -> Reply<usize> {
        let token = format!("{}-{}", self.account, self.cases);
        let more = [("ClientToken", &*token)];
        self.first_run_command(invocation, &more)?;
        self.send_run_command(invocation, &more)?;
        let pairs = [("RegionId".to_owned(), invocation.region_id.clone())];
        let body = self.describe("DescribeInvocations", &pairs)?;
        Ok(body["Invocations"]["Invocation"].as_array().map_or(0, Vec::len))
    }
}
