//! ClientToken: a request that is sent again gets the answer of the first.

use std::collections::VecDeque;
use std::sync::PoisonError;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error::{ApiError, refusal};
use crate::ids::fnv1a;
use crate::params::Params;
use crate::tenants::Tenant;

/// Maximum length of a ClientToken in characters, and maximum number of remembered tokens.
const TOKEN_CHARS: usize = 64;
const TOKENS: usize = 1_000;

/// The answers to the latest requests with a ClientToken, oldest first.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Answered(VecDeque<(String, u64, Value)>);

/// Runs `action`, or gives the answer that the same ClientToken got before.
pub(crate) fn once(
    tenant: &Tenant,
    params: &Params,
    name: &str,
    action: impl FnOnce() -> Result<Value, ApiError>,
) -> Result<Value, ApiError> {
    let Some(token) = params.get("ClientToken") else { return action() };
    if token.len() > TOKEN_CHARS || !token.is_ascii() {
        let detail = format!("allowed at most {TOKEN_CHARS} ASCII characters");
        return Err(refusal("InvalidClientToken.Malformed").detail(detail));
    }
    // Held all the time, so that of two requests at once the second waits for the answer.
    let _once = tenant.once.lock().unwrap_or_else(PoisonError::into_inner);
    // The same when the request is sent again.
    let print = fnv1a(format!("{name}{:?}", params.asked()).as_bytes());
    let known = tenant.state().answered.0.iter().find(|(known, ..)| known == token).cloned();
    if let Some((_, before, answer)) = known {
        return match before == print {
            true => Ok(answer),
            false => Err(refusal("IdempotentParameterMismatch")),
        };
    }
    let answer = action()?;
    let answered = &mut tenant.state().answered.0;
    if answered.len() >= TOKENS {
        answered.pop_front();
    }
    answered.push_back((token.to_owned(), print, answer.clone()));
    Ok(answer)
}
