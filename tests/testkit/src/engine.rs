//! The library as a subject: configured as a model is, and queried in wire form. Each write is
//! followed by [`Store::internal_validate`].

use invodex::{
    DescribeInvocationResults, DescribeInvocations, Error, Invocation, RunUpdate, Store, Tuning,
};
use serde_json::Value;

use crate::subject::{Reply, Stored, Subject};

/// The form in which an answer is taken from the engine.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Form {
    /// The JSON body from `write_json`.
    Body,
    /// The borrowed views, serialised.
    Views,
    /// The JSON body, of a page that is also compared with its copy as plain data.
    Owned,
}

/// RequestId of every body that the engine writes.
pub const REQUEST_ID: &str = "473469C7-AA6F-4DC5-B3DB-A3DC0DE3C83E";

/// The wire body of `store`'s answer, without RequestId.
///
/// # Errors
///
/// The error of the query.
///
/// # Panics
///
/// If `operation` is neither of the two, or two forms of the answer differ.
pub fn describe(
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

/// Thresholds so small that a few rows cross each.
pub const SMALL: Tuning =
    Tuning { list_share: 4, list_min: 2, first_chunk: 1, chunk_span: 5, dead_min: 3 };

/// A store as a subject. Its thresholds are [`SMALL`].
///
/// # Panics
///
/// Every operation, if the store's own validation fails after it.
pub struct Engine {
    form: Form,
    validates: bool,
    stored: Stored,
}

impl Engine {
    /// An empty store that answers in this form.
    pub fn new(form: Form) -> Self {
        Engine { form, validates: true, stored: Stored::with_tuning(SMALL) }
    }

    /// The same without the check of every count and posting list after each write.
    pub fn unchecked(form: Form) -> Self {
        Engine { validates: false, ..Engine::new(form) }
    }

    /// Performs a write, and checks the store.
    fn write<T>(&mut self, write: impl FnOnce(&mut Stored) -> Reply<T>) -> Reply<T> {
        let written = write(&mut self.stored);
        if self.validates {
            let valid = self.stored.store.internal_validate();
            valid.expect("every count and posting follows from the columns");
        }
        written
    }
}

impl Subject for Engine {
    fn describe(&mut self, operation: &str, pairs: &[(String, String)]) -> Reply<Value> {
        Ok(describe(&self.stored.store, operation, pairs, self.form)?)
    }

    fn stored(&mut self) -> Option<&mut Stored> {
        Some(&mut self.stored)
    }

    fn accept(&mut self, invocation: &Invocation) -> Reply<bool> {
        self.write(|stored| stored.accept(invocation))
    }

    fn accept_batch(&mut self, batch: &[Invocation]) -> Reply<Vec<Reply<bool>>> {
        self.write(|stored| stored.accept_batch(batch))
    }

    fn update_run(&mut self, invoke_id: &str, instance_id: &str, update: &RunUpdate) -> Reply<()> {
        self.write(|stored| stored.update_run(invoke_id, instance_id, update))
    }

    fn stop(&mut self, invoke_id: &str, instances: &[&str]) -> Reply<Option<usize>> {
        self.write(|stored| stored.stop(invoke_id, instances))
    }

    fn delete(&mut self, invoke_id: &str) -> Reply<()> {
        self.write(|stored| stored.delete(invoke_id))
    }
}
