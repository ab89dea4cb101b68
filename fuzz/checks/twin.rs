//! A store and the naive model side by side. Every operation on both must have the same result.

use std::fmt::Debug;

use invodex::{
    Config, Error, Invocation, InvocationStatus, ManualClock, OmittedTimed, Regions, RunUpdate,
    Store, Timestamp, Tuning,
};
use serde_json::Value;

use crate::engine::{self, Form};
use crate::model::{Answer, Model, ModelConfig, ModelError, ModelToken, Operation};

pub(super) type Pairs = Vec<(String, String)>;

/// The initial time of every store, in seconds.
pub(super) const START: u32 = 1_700_000_000;

/// The configuration of both.
#[derive(Clone, Debug)]
pub(super) struct Setup {
    pub(super) capacity: usize,
    pub(super) retention: Option<u32>,
    pub(super) omitted_timed_any: bool,
    /// Whether the known regions are `cn-a`, `cn-b`, and `cn-c` without the API. Otherwise every
    /// region is known.
    pub(super) has_regions: bool,
    pub(super) history_limit: usize,
    pub(super) tuning: Tuning,
}

impl Setup {
    fn config(&self) -> Config {
        Config {
            id: 7,
            capacity: self.capacity,
            retention_seconds: self.retention,
            omitted_timed: if self.omitted_timed_any {
                OmittedTimed::Any
            } else {
                OmittedTimed::DocumentedFalse
            },
            regions: if self.has_regions {
                Regions::only(["cn-a", "cn-b"]).without_api(["cn-c"])
            } else {
                Regions::all()
            },
            history_limit: self.history_limit,
            tuning: self.tuning,
            ..Config::default()
        }
    }

    fn model(&self) -> ModelConfig {
        let known = [("cn-a", true), ("cn-b", true), ("cn-c", false)];
        let known = known.map(|(id, api)| (id.to_owned(), api)).to_vec();
        // Future fields keep their defaults.
        #[allow(clippy::needless_update)]
        ModelConfig {
            id: 7,
            capacity: self.capacity,
            retention_secs: self.retention,
            omitted_timed_any: self.omitted_timed_any,
            regions: self.has_regions.then_some(known),
            history_limit: self.history_limit,
            ..ModelConfig::default()
        }
    }
}

/// A run came to a status: InvokeId, InstanceId, status.
pub(super) type Event = (String, String, InvocationStatus);

pub(super) struct Twin {
    pub(super) store: Store,
    pub(super) clock: ManualClock,
    pub(super) model: Model,
    /// Every event so far.
    pub(super) events: Vec<Event>,
}

impl Twin {
    pub(super) fn new(setup: &Setup) -> Self {
        let start = Timestamp::saturating_from_secs(i64::from(START));
        let clock = ManualClock::new(start);
        Twin {
            store: Store::new(setup.config(), clock.clone()),
            clock,
            model: Model::new(setup.model(), start),
            events: Vec::new(),
        }
    }

    pub(super) fn set_clock(&mut self, now: Timestamp) {
        self.clock.set(now);
        self.model.set_clock(now);
    }

    pub(super) fn accept(&mut self, record: &Invocation) {
        let (store, model) = (self.store.accept(record), self.model.accept(record));
        if let Some((store, model)) = outcome("accept", store, model) {
            assert_eq!(store.retained, model, "accept: retained");
        }
    }

    pub(super) fn accept_batch(&mut self, batch: &[Invocation]) {
        let store = self.store.accept_batch(batch);
        let model = self.model.accept_batch(batch);
        assert_eq!((store.len(), model.len()), (batch.len(), batch.len()), "reports");
        for (at, (store, model)) in store.into_iter().zip(model).enumerate() {
            if let Some((store, model)) = outcome("batch", store, model) {
                assert_eq!(store.retained, model, "record {at} of the batch: retained");
            }
        }
    }

    pub(super) fn update(&mut self, id: &str, instance: &str, update: &RunUpdate) {
        let before = self.status(id, instance);
        let store = self.store.update_run(id, instance, update);
        let model = self.model.update_run(id, instance, update);
        if outcome("update_run", store, model).is_none() {
            return;
        }
        let to = update.invocation_status.filter(|to| Some(*to) != before);
        let again = update.reschedule.then_some(InvocationStatus::Scheduled);
        self.note(id, instance, to.into_iter().chain(again));
    }

    pub(super) fn stop(&mut self, id: &str, instances: &[&str]) {
        use InvocationStatus as S;
        let mut expected: Vec<(String, S)> = Vec::new();
        let named: Vec<String> = match (self.store.get(id), instances) {
            (Some(view), []) => view.instances().map(|run| run.instance_id().to_owned()).collect(),
            _ => instances.iter().map(|&instance| instance.to_owned()).collect(),
        };
        for instance in named {
            let to = match self.status(id, &instance) {
                Some(S::Pending | S::Scheduled) => S::Cancelled,
                Some(S::Running) => S::Stopping,
                _ => continue,
            };
            if !expected.iter().any(|(known, _)| *known == instance) {
                expected.push((instance, to));
            }
        }
        let (store, model) = (self.store.stop(id, instances), self.model.stop(id, instances));
        if let Some((store, model)) = outcome("stop", store, model) {
            assert_eq!((store, model), (expected.len(), expected.len()), "stopped");
            for (instance, to) in expected {
                self.note(id, &instance, [to].into_iter());
            }
        }
    }

    pub(super) fn delete(&mut self, id: &str) {
        let (store, model) = (self.store.delete(id), self.model.delete(id));
        let _ = outcome("delete", store, model);
    }

    pub(super) fn clear(&mut self) {
        self.store.clear();
        self.model.clear();
    }

    fn status(&self, id: &str, instance: &str) -> Option<InvocationStatus> {
        let record = self.store.get(id)?;
        let run = record.instances().find(|run| run.instance_id() == instance)?;
        Some(run.invocation_status())
    }

    fn note(&mut self, id: &str, instance: &str, to: impl Iterator<Item = InvocationStatus>) {
        self.events.extend(to.map(|to| (id.to_owned(), instance.to_owned(), to)));
    }

    /// Asks both. Returns the store's token and its meaning if a page follows; `None` if both
    /// refuse.
    pub(super) fn ask(
        &self,
        operation: Operation,
        pairs: &[(String, String)],
        form: u8,
    ) -> Option<Option<(String, ModelToken)>> {
        let form = [Form::Body, Form::Views, Form::Owned][usize::from(form) % 3];
        let what = format!("{} {pairs:?} as {form:?}", name_of(operation));
        let store = engine::describe(&self.store, name_of(operation), pairs, form);
        let model = answer(&self.model, operation, pairs);
        let (mut store, model) = outcome(&what, store, model)?;
        let token = head(operation, &mut store)
            .as_object_mut()
            .and_then(|head| head.remove("NextToken"))
            .expect("NextToken is always there");
        assert_eq!(store, model.body, "{what}");
        let token = token.as_str().expect("it is a text").to_owned();
        assert_eq!(!token.is_empty(), model.next.is_some(), "{what}: whether a page follows");
        Some(model.next.map(|next| (token, next)))
    }

    /// Checks the invariants that hold after every step.
    pub(super) fn check_state(&self) {
        self.store.internal_validate().expect("all that is derived follows from the columns");
        let list = self.model.list();
        assert_eq!(self.store.len(), list.len(), "the length");
        let ids = self.store.iter().map(|view| view.invoke_id());
        assert!(ids.eq(list.iter().map(String::as_str)), "the list {list:?}");
    }
}

pub(super) fn name_of(operation: Operation) -> &'static str {
    match operation {
        Operation::DescribeInvocations => "DescribeInvocations",
        Operation::DescribeInvocationResults => "DescribeInvocationResults",
    }
}

fn answer(
    model: &Model,
    operation: Operation,
    pairs: &[(String, String)],
) -> Result<Answer, ModelError> {
    match operation {
        Operation::DescribeInvocations => model.describe_invocations(pairs),
        Operation::DescribeInvocationResults => model.describe_invocation_results(pairs),
    }
}

/// The part of a body that has the page fields.
fn head(operation: Operation, body: &mut Value) -> &mut Value {
    match operation {
        Operation::DescribeInvocations => body,
        Operation::DescribeInvocationResults => &mut body["Invocation"],
    }
}

/// Both values, or `None` if both refuse for the same reason.
fn outcome<T: Debug, U: Debug>(
    what: &str,
    store: Result<T, Error>,
    model: Result<U, ModelError>,
) -> Option<(T, U)> {
    match (store, model) {
        (Ok(store), Ok(model)) => Some((store, model)),
        (Err(store), Err(model)) => {
            let message = model.message.as_deref().unwrap_or(store.message());
            assert_eq!(
                (store.code(), store.status(), store.parameter(), store.message()),
                (model.code.as_str(), model.status, model.parameter.as_deref(), message),
                "{what}"
            );
            None
        }
        (store, model) => panic!("{what}: the store {store:?}, the model {model:?}"),
    }
}
