//! ClientToken: a request that is sent again gets the answer of the first.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::Deserialize;
use serde_json::Value;

use crate::error::{ApiError, refusal};
use crate::ids::fnv1a;
use crate::params::Params;

/// Maximum length of a ClientToken in characters, and maximum number of remembered tokens.
const TOKEN_CHARS: usize = 64;
const TOKENS: usize = 1_000;

/// The answers to the latest requests with a ClientToken, oldest first.
#[derive(Default, Deserialize)]
pub(crate) struct Answered(Mutex<VecDeque<(String, u64, Value)>>);

impl Answered {
    /// The answers, for the archive too: serde refuses a lock in whose holder a request panicked.
    pub(crate) fn list(&self) -> MutexGuard<'_, VecDeque<(String, u64, Value)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs `action`, or gives the answer that the same ClientToken got before.
    pub(crate) fn once(
        &self,
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
        let mut answered = self.list();
        // The same when the request is sent again.
        let print = fnv1a(format!("{name}{:?}", params.asked()).as_bytes());
        if let Some((_, before, answer)) = answered.iter().find(|(known, ..)| known == token) {
            return match *before == print {
                true => Ok(answer.clone()),
                false => Err(refusal("IdempotentParameterMismatch")),
            };
        }
        let answer = action()?;
        if answered.len() >= TOKENS {
            answered.pop_front();
        }
        answered.push_back((token.to_owned(), print, answer.clone()));
        Ok(answer)
    }
}
