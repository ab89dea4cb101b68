//! The body of a request, within its limits.

use std::mem;
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody, to_bytes};

use crate::error::{ApiError, refusal};

/// Maximum size of a body.
const BYTES: usize = 1_024 * 1_024;
/// Timeout for a body.
const TIME: Duration = Duration::from_secs(10);

/// A body that is read as a whole or not at all: a request may be refused before its body has come.
pub(crate) struct Incoming {
    body: Body,
    /// Nothing of the body is left on the connection, so that it can have another request.
    pub(crate) is_over: bool,
}

impl Incoming {
    pub(crate) fn new(body: Body) -> Self {
        Incoming { is_over: body.is_end_stream(), body }
    }

    /// Reads the body, once.
    pub(crate) async fn read(&mut self) -> Result<Bytes, ApiError> {
        if self.is_over {
            return Ok(Bytes::new());
        }
        let too_large = || {
            let detail = format!("a body has at most {BYTES} bytes");
            refusal("RequestEntityTooLarge").detail(detail)
        };
        let too_slow = || {
            let detail = format!("a body takes at most {} seconds", TIME.as_secs());
            refusal("RequestTimeout").detail(detail)
        };
        // By its Content-Length a body is refused before it is read.
        if self.body.size_hint().lower() > BYTES as u64 {
            return Err(too_large());
        }
        let read = tokio::time::timeout(TIME, to_bytes(mem::take(&mut self.body), BYTES));
        let read = read.await.map_err(|_| too_slow())?.map_err(|_| too_large())?;
        self.is_over = true;
        Ok(read)
    }
}
