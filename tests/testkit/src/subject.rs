//! A front end or a store that is tested: what it can be asked, and the forms of its replies.
//!
//! - `reply`: the forms of its replies, and its settings
//! - `stored`: a store of the library, to which a front end's writes go by default

mod reply;
mod stored;

use invodex::{Invocation, RunUpdate, Timestamp};

pub use reply::{Config, No, Refusal, Reply, answered};
pub use serde_json::Value;
pub use stored::Stored;

/// A subject of the tests. Everything but [`describe`](Subject::describe) is optional: the suite
/// leaves out what depends on an operation that replies [`No::NotOffered`], and names it.
pub trait Subject {
    /// Answers a query: the body as JSON, with `NextToken`. `RequestId` is ignored. `operation` is
    /// `DescribeInvocations` or `DescribeInvocationResults`, and `pairs` are its parameters, as they
    /// come from the wire: in order, decoded, possibly repeated or unknown.
    fn describe(&mut self, operation: &str, pairs: &[(String, String)]) -> Reply<Value>;

    /// The store behind the subject, if that is the library's. Every operation below goes to it by
    /// default.
    fn stored(&mut self) -> Option<&mut Stored> {
        None
    }

    /// The same, or the reason why there is no `operation`.
    #[doc(hidden)]
    fn behind(&mut self, operation: &str) -> Reply<&mut Stored> {
        self.stored().ok_or_else(|| No::NotOffered(operation.to_owned()))
    }

    /// Begins anew: empty, with these settings, and with a clock that stands at `now`.
    fn begin(&mut self, config: &Config, now: Timestamp) -> Reply<()> {
        self.behind("beginning anew")?.begin(config, now)
    }

    /// Sets the clock, which may go back.
    fn set_clock(&mut self, now: Timestamp) -> Reply<()> {
        self.behind("setting the clock")?.set_clock(now)
    }

    /// Accepts a record. Returns whether it is retained.
    fn accept(&mut self, invocation: &Invocation) -> Reply<bool> {
        self.behind("accepting a record")?.accept(invocation)
    }

    /// Makes a record by a request with a ClientToken, and sends the request again. Returns the number
    /// of records that are there afterwards.
    fn retry(&mut self, invocation: &Invocation) -> Reply<usize> {
        let _ = invocation;
        Err(No::NotOffered("RunCommand".to_owned()))
    }

    /// Accepts records at one moment. Returns for each whether it is retained.
    fn accept_batch(&mut self, batch: &[Invocation]) -> Reply<Vec<Reply<bool>>> {
        self.behind("accepting records at one moment")?.accept_batch(batch)
    }

    /// Changes a run.
    fn update_run(&mut self, invoke_id: &str, instance_id: &str, update: &RunUpdate) -> Reply<()> {
        self.behind("reporting a run")?.update_run(invoke_id, instance_id, update)
    }

    /// Stops the runs on these instances, or all with none. Returns the number of changed runs, or
    /// `None` if the subject does not tell it.
    fn stop(&mut self, invoke_id: &str, instances: &[&str]) -> Reply<Option<usize>> {
        self.behind("stopping runs")?.stop(invoke_id, instances)
    }

    /// Deletes a record.
    fn delete(&mut self, invoke_id: &str) -> Reply<()> {
        self.behind("deleting a record")?.delete(invoke_id)
    }

    /// Saves everything and begins again from what was saved. Tokens stay valid.
    fn save_and_restore(&mut self) -> Reply<()> {
        self.behind("saving and restoring")?.save_and_restore()
    }
}
