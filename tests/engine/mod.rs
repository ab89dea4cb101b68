//! The engine as the tests drive it: made from a model's configuration, and asked in wire form.

// Every test file uses another part.
#![allow(dead_code)]

use invodex::{
    Config, DescribeInvocationResults, DescribeInvocations, Error, Invocation, ManualClock,
    OmittedTimed, Regions, RunUpdate, Store, Timestamp, Tuning,
};
use serde_json::Value;

use crate::cases::{self, Refusal, Subject};

/// How an answer is taken from the engine.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Form {
    /// The JSON body as it is written.
    Body,
    /// The borrowed views, serialised.
    Views,
    /// The body of the page after it was copied out of the store.
    Owned,
}

pub(crate) const REQUEST_ID: &str = "473469C7-AA6F-4DC5-B3DB-A3DC0DE3C83E";

/// The wire body of `store`'s answer, without RequestId.
pub(crate) fn describe(
    store: &Store,
    operation: &str,
    pairs: &[(String, String)],
    form: Form,
) -> Result<Value, Error> {
    macro_rules! answer {
        ($request:ident, $describe:ident) => {{
            let request = $request::from_pairs(pairs.iter().map(|(name, value)| (name, value)));
            let page = store.$describe(&request)?;
            if form == Form::Views {
                return Ok(serde_json::to_value(&page).expect("views are plain values"));
            }
            let mut body = Vec::new();
            if form == Form::Owned {
                page.into_owned().write_json(REQUEST_ID, &mut body);
            } else {
                page.write_json(REQUEST_ID, &mut body);
            }
            body
        }};
    }
    let body = match operation {
        "DescribeInvocations" => answer!(DescribeInvocations, describe_invocations),
        "DescribeInvocationResults" => {
            answer!(DescribeInvocationResults, describe_invocation_results)
        }
        other => panic!("no operation {other}"),
    };
    let mut body: Value = serde_json::from_slice(&body).expect("the body is JSON");
    let request_id = body.as_object_mut().and_then(|body| body.remove("RequestId"));
    assert_eq!(request_id, Some(Value::from(REQUEST_ID)));
    Ok(body)
}

/// An error in the terms of the cases and the model.
pub(crate) fn refusal(error: Error) -> Refusal {
    (error.code().to_owned(), error.status(), error.parameter().map(str::to_owned))
}

/// Thresholds so small that a few rows cross every border.
pub(crate) const SMALL: Tuning =
    Tuning { list_share: 4, list_min: 2, first_piece: 1, piece_span: 5, dead_min: 3 };

/// The engine behind the documented cases.
struct Engine<const FORM: u8> {
    store: Store,
    clock: ManualClock,
}

/// Answers as bodies.
pub(crate) struct Bodies(Engine<0>);
/// Answers as serialised views.
pub(crate) struct Views(Engine<1>);
/// Answers as bodies of pages that were copied out.
pub(crate) struct Owned(Engine<2>);

impl<const FORM: u8> Engine<FORM> {
    fn create(config: &cases::Config, now: Timestamp) -> Self {
        let mut regions = Regions::all();
        if let Some(known) = &config.regions {
            let of = |api: bool| known.iter().filter(move |(_, has)| *has == api).map(|(id, _)| id);
            regions = Regions::only(of(true)).without_api(of(false));
        }
        let config = Config {
            id: config.id,
            capacity: config.capacity,
            retention_seconds: u32::try_from(config.retention_secs).ok(),
            omitted_timed: if config.omitted_timed_any {
                OmittedTimed::Any
            } else {
                OmittedTimed::DocumentedFalse
            },
            regions,
            history_limit: config.history_limit,
            tuning: SMALL,
            ..Config::default()
        };
        let clock = ManualClock::new(now);
        Engine { store: Store::new(config, clock.clone()), clock }
    }

    fn valid<T>(&self, value: T) -> T {
        self.store.internal_validate().expect("every count and posting follows from the columns");
        value
    }
}

macro_rules! subject {
    ($name:ident, $form:expr) => {
        impl Subject for $name {
            fn create(config: &cases::Config, now: Timestamp) -> Self {
                $name(Engine::create(config, now))
            }

            fn set_clock(&mut self, now: Timestamp) {
                self.0.clock.set(now);
            }

            fn accept(&mut self, invocation: &Invocation) -> Result<bool, Refusal> {
                let accepted = self.0.store.accept(invocation);
                self.0.valid(accepted.map(|accepted| accepted.retained).map_err(refusal))
            }

            fn accept_batch(&mut self, batch: &[Invocation]) -> Vec<Result<bool, Refusal>> {
                let reports = self.0.store.accept_batch(batch).into_iter();
                let reports = reports
                    .map(|report| report.map(|accepted| accepted.retained).map_err(refusal))
                    .collect();
                self.0.valid(reports)
            }

            fn update_run(
                &mut self,
                invoke_id: &str,
                instance_id: &str,
                update: &RunUpdate,
            ) -> Result<(), Refusal> {
                let updated = self.0.store.update_run(invoke_id, instance_id, update);
                self.0.valid(updated.map_err(refusal))
            }

            fn stop(&mut self, invoke_id: &str, instances: &[&str]) -> Result<usize, Refusal> {
                let stopped = self.0.store.stop(invoke_id, instances);
                self.0.valid(stopped.map_err(refusal))
            }

            fn delete(&mut self, invoke_id: &str) -> Result<(), Refusal> {
                let deleted = self.0.store.delete(invoke_id);
                self.0.valid(deleted.map_err(refusal))
            }

            fn describe(
                &mut self,
                operation: &str,
                pairs: &[(String, String)],
            ) -> Result<Value, Refusal> {
                describe(&self.0.store, operation, pairs, $form).map_err(refusal)
            }
        }
    };
}
subject!(Bodies, Form::Body);
subject!(Views, Form::Views);
subject!(Owned, Form::Owned);
