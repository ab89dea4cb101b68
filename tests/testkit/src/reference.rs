//! The naive model as a subject: the expected answers to any sequence of operations.

use invodex::{Invocation, RunUpdate, Timestamp};
use serde_json::Value;

use crate::model::{Answer, Model, ModelConfig, ModelError, ModelToken};
use crate::subject::{Config, No, Reply, Subject};

/// The model, with tokens of its own.
///
/// # Examples
///
/// ```
/// use invodex::{InstanceRun, Invocation};
/// use invodex_testkit::reference::Reference;
/// use invodex_testkit::subject::{Config, Subject};
///
/// let mut reference = Reference::new();
/// reference.begin(&Config::default(), "2026-03-01T00:00:00Z".parse().unwrap()).unwrap();
/// let mut invocation = Invocation::new("cn-hangzhou", "t-0001", "c-0001");
/// invocation.instances.push(InstanceRun::new("i-0001"));
/// assert_eq!(reference.accept(&invocation), Ok(true));
///
/// let pairs = [("RegionId".to_owned(), "cn-hangzhou".to_owned())];
/// let body = reference.describe("DescribeInvocations", &pairs).unwrap();
/// assert_eq!(body["TotalCount"], 1);
/// ```
pub struct Reference {
    model: Model,
    config: ModelConfig,
    /// All tokens so far, because a case may bring a token to another store.
    tokens: Vec<(String, ModelToken)>,
}

impl Reference {
    /// An empty model.
    pub fn new() -> Self {
        let config = ModelConfig::default();
        let model = Model::new(config.clone(), Timestamp::MIN);
        Reference { model, config, tokens: Vec::new() }
    }

    /// InvokeIds of the records that have not expired, newest first.
    pub fn list(&self) -> Vec<String> {
        self.model.list()
    }
}

impl Default for Reference {
    fn default() -> Self {
        Self::new()
    }
}

fn reply<T>(result: Result<T, ModelError>) -> Reply<T> {
    result.map_err(|error| No::Refused((error.code, error.status, error.parameter)))
}

impl Subject for Reference {
    fn describe(&mut self, operation: &str, pairs: &[(String, String)]) -> Reply<Value> {
        let results = operation == "DescribeInvocationResults";
        let answer = if results {
            self.model.describe_invocation_results(pairs)
        } else {
            self.model.describe_invocations(pairs)
        };
        let Answer { mut body, next, .. } = reply(answer)?;
        let mut text = String::new();
        if let Some(next) = next {
            text = format!("model-token-{:08}", self.tokens.len());
            self.tokens.push((text.clone(), next.clone()));
            self.model.learn_token(&text, next);
        }
        let head = if results { &mut body["Invocation"] } else { &mut body };
        head["NextToken"] = Value::String(text);
        Ok(body)
    }

    fn begin(&mut self, config: &Config, now: Timestamp) -> Reply<()> {
        let config = ModelConfig {
            id: config.id,
            capacity: config.capacity,
            retention_secs: u32::try_from(config.retention_secs).ok(),
            omitted_timed_any: config.omitted_timed_any,
            regions: config.regions.clone(),
            history_limit: config.history_limit,
            output_budget: None,
        };
        self.config = config.clone();
        self.model = Model::new(config, now);
        for (text, token) in &self.tokens {
            self.model.learn_token(text, token.clone());
        }
        Ok(())
    }

    fn set_clock(&mut self, now: Timestamp) -> Reply<()> {
        self.model.set_clock(now);
        Ok(())
    }

    fn accept(&mut self, invocation: &Invocation) -> Reply<bool> {
        reply(self.model.accept(invocation))
    }

    fn accept_batch(&mut self, batch: &[Invocation]) -> Reply<Vec<Reply<bool>>> {
        Ok(self.model.accept_batch(batch).into_iter().map(reply).collect())
    }

    fn update_run(&mut self, invoke_id: &str, instance_id: &str, update: &RunUpdate) -> Reply<()> {
        reply(self.model.update_run(invoke_id, instance_id, update))
    }

    fn stop(&mut self, invoke_id: &str, instances: &[&str]) -> Reply<Option<usize>> {
        reply(self.model.stop(invoke_id, instances)).map(Some)
    }

    fn delete(&mut self, invoke_id: &str) -> Reply<()> {
        reply(self.model.delete(invoke_id))
    }

    fn save_and_restore(&mut self) -> Reply<()> {
        let archived = self.model.save();
        self.model.restore(&archived, self.config.clone());
        Ok(())
    }
}
