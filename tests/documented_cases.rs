//! The documented cases, written by hand from the API's documentation, run through the naive model
//! and through the engine in each of its forms.

mod cases;
mod engine;
mod model;

use std::cell::RefCell;

use cases::{Config, FILES, Refusal, Subject, run_file};
use invodex::{Invocation, RunUpdate, Timestamp};
use model::{Answer, Model, ModelConfig, ModelError, ModelToken};
use serde_json::Value;

/// The model, with tokens of its own.
struct ModelSubject {
    model: Model,
}

thread_local! {
    /// All tokens so far, because a case may bring a token to another store.
    static TOKENS: RefCell<Vec<(String, ModelToken)>> = const { RefCell::new(Vec::new()) };
}

fn refusal(error: ModelError) -> Refusal {
    (error.code, error.status, error.parameter)
}

impl Subject for ModelSubject {
    fn create(config: &Config, now: Timestamp) -> Self {
        let config = ModelConfig {
            id: config.id,
            capacity: config.capacity,
            retention_secs: u32::try_from(config.retention_secs).ok(),
            omitted_timed_any: config.omitted_timed_any,
            regions: config.regions.clone(),
            history_limit: config.history_limit,
            output_budget: None,
        };
        let mut model = Model::new(config, now);
        TOKENS.with_borrow(|tokens| {
            for (text, token) in tokens {
                model.learn_token(text, token.clone());
            }
        });
        ModelSubject { model }
    }

    fn set_clock(&mut self, now: Timestamp) {
        self.model.set_clock(now);
    }

    fn accept(&mut self, invocation: &Invocation) -> Result<bool, Refusal> {
        self.model.accept(invocation).map_err(refusal)
    }

    fn accept_batch(&mut self, batch: &[Invocation]) -> Vec<Result<bool, Refusal>> {
        let results = self.model.accept_batch(batch);
        results.into_iter().map(|result| result.map_err(refusal)).collect()
    }

    fn update_run(
        &mut self,
        invoke_id: &str,
        instance_id: &str,
        update: &RunUpdate,
    ) -> Result<(), Refusal> {
        self.model.update_run(invoke_id, instance_id, update).map_err(refusal)
    }

    fn stop(&mut self, invoke_id: &str, instances: &[&str]) -> Result<usize, Refusal> {
        self.model.stop(invoke_id, instances).map_err(refusal)
    }

    fn delete(&mut self, invoke_id: &str) -> Result<(), Refusal> {
        self.model.delete(invoke_id).map_err(refusal)
    }

    fn describe(&mut self, operation: &str, pairs: &[(String, String)]) -> Result<Value, Refusal> {
        let results = operation == "DescribeInvocationResults";
        let answer = if results {
            self.model.describe_invocation_results(pairs)
        } else {
            self.model.describe_invocations(pairs)
        };
        let Answer { mut body, next, .. } = answer.map_err(refusal)?;
        let mut text = String::new();
        if let Some(next) = next {
            TOKENS.with_borrow_mut(|tokens| {
                text = format!("model-token-{:08}", tokens.len());
                tokens.push((text.clone(), next.clone()));
            });
            self.model.learn_token(&text, next);
        }
        let head = if results { &mut body["Invocation"] } else { &mut body };
        head["NextToken"] = Value::String(text);
        Ok(body)
    }
}

/// The files, each with the minimum number of its cases, so that no case is lost unnoticed.
const CASES: &[(&str, usize)] = &[
    ("filters", 93),
    ("statuses", 88),
    ("errors", 118),
    ("paging", 112),
    ("response", 66),
    ("results", 73),
    ("transitions", 93),
];

fn run_all<S: Subject>() {
    assert_eq!(CASES.len(), FILES.len());
    for &(name, at_least) in CASES {
        let count = run_file::<S>(name);
        assert!(count >= at_least, "{name}.toml has {count} cases");
    }
}

#[test]
fn the_model_agrees_with_every_case() {
    run_all::<ModelSubject>();
}

#[test]
fn written_bodies_agree_with_every_case() {
    run_all::<engine::Bodies>();
}

#[test]
fn serialised_views_agree_with_every_case() {
    run_all::<engine::Views>();
}

#[test]
fn copied_pages_agree_with_every_case() {
    run_all::<engine::Owned>();
}
