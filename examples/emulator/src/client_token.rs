//! ClientToken: a request that is sent again gets the answer of the first.

use std::collections::VecDeque;
use std::sync::PoisonError;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error::ApiError;
use crate::ids::fnv1a;
use crate::params::Params;
use crate::tenants::Tenant;

/// Maximum length of a ClientToken in characters, and maximum number of remembered tokens.
const TOKEN_CHARS: usize = 64;
const TOKENS: usize = 1_000;

/// The answers to the latest requests with a ClientToken, oldest first.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Answered(VecDeque<(String, u64, Value)>);

impl Answered {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Runs `action`, or gives the answer that the same ClientToken got before.
pub(crate) fn once(
    tenant: &Tenant,
    params: &Params,
    name: &str,
    action: impl FnOnce() -> Result<Value, ApiError>,
) -> Result<Value, ApiError> {
    let Some(token) = params.get("ClientToken") else { return action() };
    if token.len() > TOKEN_CHARS || !token.is_ascii() {
        return Err(ApiError::new(
            400,
            "InvalidClientToken.Malformed",
            "The specified parameter clientToken is not valid.",
        )
        .detail(format!("allowed at most {TOKEN_CHARS} ASCII characters")));
    }
    // Held all the time, so that of two requests at once the second waits for the answer.
    let _once = tenant.once.lock().unwrap_or_else(PoisonError::into_inner);
    let print = fingerprint(params, name);
    let known = tenant.state().answered.0.iter().find(|(known, ..)| known == token).cloned();
    if let Some((_, before, answer)) = known {
        return match before == print {
            true => Ok(answer),
            false => Err(ApiError::new(
                403,
                "IdempotentParameterMismatch",
                "The specified parameter has changed while using an already used clientToken.",
            )),
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

/// A hash of what a request asks for, which is the same when it is sent again.
fn fingerprint(params: &Params, action: &str) -> u64 {
    fnv1a(format!("{action}{:?}", params.asked()).as_bytes())
}
