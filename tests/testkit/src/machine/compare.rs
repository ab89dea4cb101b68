//! Comparison of the store's answers with the model's.

use std::fmt::{Debug, Display};

use invodex::{Error, Store};
use proptest::test_runner::TestCaseError;
use serde_json::Value;

use super::{Check, Coverage};
use crate::engine::{self, Form};
use crate::model::{Answer, ModelError, Operation};

/// Fails if the two differ.
pub(super) fn same<T: PartialEq + Debug>(what: impl Display, store: T, model: T) -> Check {
    if store == model {
        return Ok(());
    }
    Err(TestCaseError::fail(format!("{what}: the store {store:?}, the model {model:?}")))
}

/// Fails with the first place where the two differ.
pub(super) fn body(what: impl Display, store: &Value, model: &Value) -> Check {
    if store == model {
        return Ok(());
    }
    let difference = difference("", store, model).unwrap_or_default();
    Err(TestCaseError::fail(format!(
        "{what}: {difference}\nthe store: {store}\nthe model: {model}"
    )))
}

fn difference(place: &str, store: &Value, model: &Value) -> Option<String> {
    match (store, model) {
        (Value::Object(one), Value::Object(other)) => {
            let names = one.keys().chain(other.keys());
            names.into_iter().find_map(|name| {
                let (one, other) = (one.get(name), other.get(name));
                let place = format!("{place}/{name}");
                difference(&place, one.unwrap_or(&Value::Null), other.unwrap_or(&Value::Null))
            })
        }
        (Value::Array(one), Value::Array(other)) if one.len() == other.len() => {
            let mut pairs = one.iter().zip(other).enumerate();
            pairs.find_map(|(at, (one, other))| difference(&format!("{place}/{at}"), one, other))
        }
        _ if store == model => None,
        (Value::Array(one), Value::Array(other)) => {
            Some(format!("{place} has {} elements, not {}", one.len(), other.len()))
        }
        _ => Some(format!("{place} is {store}, not {model}")),
    }
}

/// The part of a body that has the page fields.
fn head(operation: Operation, body: &mut Value) -> &mut Value {
    match operation {
        Operation::DescribeInvocations => body,
        Operation::DescribeInvocationResults => &mut body["Invocation"],
    }
}

/// Compares the store's answer with the model's. Returns the store's token, which is empty if no page
/// follows, or `None` if both refuse for the same reason.
///
/// # Errors
///
/// The first difference.
pub fn answered(
    store: &Store,
    operation: Operation,
    pairs: &[(String, String)],
    form: Form,
    model: &Result<Answer, ModelError>,
    coverage: &mut Coverage,
) -> Result<Option<String>, TestCaseError> {
    let what = format!("{} {pairs:?} as {form:?}", operation.name());
    let store = engine::describe(store, operation.name(), pairs, form);
    let both = outcome(&what, store, model.as_ref().map_err(ModelError::clone), coverage)?;
    let Some((mut store, model)) = both else { return Ok(None) };
    let head = head(operation, &mut store).as_object_mut();
    let token = head.and_then(|head| head.remove("NextToken"));
    body(&what, &store, &model.body)?;
    let Some(Value::String(token)) = token else {
        return Err(TestCaseError::fail(format!("{what}: no NextToken")));
    };
    same(format!("{what}: a token"), !token.is_empty(), model.next.is_some())?;
    Ok(Some(token))
}

/// Both values, or `None` if both refuse for the same reason.
pub(super) fn outcome<T: Debug, U: Debug>(
    what: &str,
    store: Result<T, Error>,
    model: Result<U, ModelError>,
    coverage: &mut Coverage,
) -> Result<Option<(T, U)>, TestCaseError> {
    match (store, model) {
        (Ok(store), Ok(model)) => Ok(Some((store, model))),
        (Err(store), Err(model)) => {
            coverage.error(&model.code);
            let told = |text: &str| model.message.is_none().then(|| text.to_owned());
            same(
                what,
                (store.code(), store.status(), store.parameter(), Some(store.message().to_owned())),
                (
                    model.code.as_str(),
                    model.status,
                    model.parameter.as_deref(),
                    model.message.clone().or(told(store.message())),
                ),
            )?;
            Ok(None)
        }
        (store, model) => {
            let store = store.map_err(|error| error.to_string());
            let short = |text: String| text.chars().take(600).collect::<String>();
            let (store, model) = (short(format!("{store:?}")), short(format!("{model:?}")));
            Err(TestCaseError::fail(format!("{what}: the store {store}, the model {model}")))
        }
    }
}
