//! The engine as the tests drive it: configured as a model is, and queried in wire form.

// Every test file uses another part.
#![allow(dead_code)]

use invodex::{
    Config, DescribeInvocationResults, DescribeInvocations, Error, Invocation, ManualClock,
    OmittedTimed, Regions, RunUpdate, Store, Timestamp, Tuning,
};
use serde_json::Value;

use crate::cases::{self, Refusal, Subject};

/// The form in which an answer is taken from the engine.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Form {
    /// The JSON body from `write_json`.
    Body,
    /// The borrowed views, serialised.
    Views,
    /// The JSON body, of a page that is also compared with its copy as plain data.
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
            page.write_json(REQUEST_ID, &mut body);
            if form == Form::Owned {
                owned::$describe(page);
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

/// Compares a page with its copy as plain data, field by field.
mod owned {
    use invodex::{
        DescribeInvocationResultsResponse, DescribeInvocationsResponse, InvocationResult, Tag,
    };

    pub(super) fn describe_invocations(page: DescribeInvocationsResponse<'_>) {
        let rows: Vec<_> = page.invocations().map(|row| row.to_invocation()).collect();
        let ids: Vec<_> = page.invocations().map(|row| row.invoke_id().to_owned()).collect();
        let (total_count, next_token) = (page.total_count(), page.next_token());
        let (page_number, page_size) = (page.page_number(), page.page_size());
        let owned = page.into_owned();
        assert_eq!(owned.invocations, rows);
        assert!(owned.invocations.iter().map(|row| &row.invoke_id).eq(&ids));
        assert_eq!((owned.total_count, owned.next_token), (total_count, next_token));
        assert_eq!((owned.page_number, owned.page_size), (page_number, page_size));
    }

    pub(super) fn describe_invocation_results(page: DescribeInvocationResultsResponse<'_>) {
        let rows: Vec<_> = page.invocation_results().collect();
        let (total_count, next_token) = (page.total_count(), page.next_token());
        let (page_number, page_size) = (page.page_number(), page.page_size());
        let owned = page.into_owned();
        assert_eq!((owned.total_count, owned.next_token), (total_count, next_token));
        assert_eq!((owned.page_number, owned.page_size), (page_number, page_size));
        assert_eq!(owned.invocation_results.len(), rows.len());
        for (owned, row) in owned.invocation_results.iter().zip(rows) {
            let InvocationResult { invoke_id, command_id, instance_id, .. } = owned;
            assert_eq!(invoke_id, row.invoke_id());
            assert_eq!(command_id, row.command_id());
            assert_eq!(instance_id, row.instance_id());
            assert_eq!(owned.is_history, row.is_history());
            assert_eq!(owned.invocation_status, row.invocation_status());
            assert_eq!(owned.invoke_record_status, row.invoke_record_status());
            assert_eq!(owned.start_time, row.start_time());
            assert_eq!(owned.finished_time, row.finished_time());
            assert_eq!(owned.stop_time, row.stop_time());
            assert_eq!(owned.repeats, row.repeats());
            assert_eq!(owned.exit_code, row.exit_code());
            assert_eq!(owned.dropped, row.dropped());
            assert_eq!(owned.output, row.output());
            assert_eq!(owned.error_code, row.error_code());
            assert_eq!(owned.error_info, row.error_info());
            assert_eq!(owned.oss_output_status, row.oss_output_status());
            assert_eq!(owned.oss_output_uri, row.oss_output_uri());
            assert_eq!(owned.oss_output_error_code, row.oss_output_error_code());
            assert_eq!(owned.oss_output_error_info, row.oss_output_error_info());
            assert_eq!(owned.username, row.username());
            assert_eq!(owned.container_id, row.container_id());
            assert_eq!(owned.container_name, row.container_name());
            assert_eq!(owned.launcher, row.launcher());
            assert_eq!(owned.termination_mode, row.termination_mode());
            assert_eq!(owned.oss_output_delivery, row.oss_output_delivery());
            let tags: Vec<_> = row.tags().map(|tag| Tag::new(tag.key(), tag.value())).collect();
            assert_eq!(owned.tags, tags);
        }
    }
}

/// An error in the terms of the cases and the model.
pub(crate) fn refusal(error: Error) -> Refusal {
    (error.code().to_owned(), error.status(), error.parameter().map(str::to_owned))
}

/// Thresholds so small that a few rows cross each.
pub(crate) const SMALL: Tuning =
    Tuning { list_share: 4, list_min: 2, first_chunk: 1, chunk_span: 5, dead_min: 3 };

/// The engine behind the documented cases.
struct Engine<const FORM: u8> {
    store: Store,
    clock: ManualClock,
}

/// Answers as bodies.
pub(crate) struct Bodies(Engine<0>);
/// Answers as serialised views.
pub(crate) struct Views(Engine<1>);
/// Answers as bodies, with each page compared with its copy as plain data.
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
