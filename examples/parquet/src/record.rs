//! A record of a store, with the rows that it has in the two tables.

use invodex::{DescribeInvocationResults, InvocationView, Store};
use xxhash_rust::xxh3::xxh3_64;

use crate::column::{Column, Value};
use crate::error::Error;
use crate::invocations::{self, InvocationRow};
use crate::runs::{self, Executed, RunRow};

/// A record with its runs and their histories.
pub(crate) struct Record<'a> {
    invocation: InvocationRow<'a>,
    pub(crate) runs: Vec<RunRow<'a>>,
}

impl<'a> Record<'a> {
    /// Reads a record. Cost: O(runs and history records), and O(all texts and outputs) for the
    /// digest, for which `scratch` is overwritten.
    pub(crate) fn read(
        store: &'a Store,
        view: InvocationView<'a>,
        scratch: &mut Scratch<'a>,
    ) -> Result<Self, Error> {
        let number = store.acceptance_number(view.invoke_id()).unwrap_or_default();
        let runs = runs_of(store, view)?;
        let mut invocation = InvocationRow { view, acceptance_number: number, record_digest: 0 };
        invocation.record_digest = scratch.digest(&invocation, &runs);
        Ok(Record { invocation, runs })
    }

    pub(crate) fn invoke_id(&self) -> &'a str {
        self.invocation.view.invoke_id()
    }

    pub(crate) fn digest(&self) -> i64 {
        self.invocation.record_digest
    }

    /// The values of its row in `invocations`.
    pub(crate) fn values(&self, out: &mut Vec<Value<'a>>) {
        invocations::values(&self.invocation, out);
    }
}

/// The rows of a record in `runs`: each run, followed by its history, newest first.
fn runs_of<'a>(store: &'a Store, view: InvocationView<'a>) -> Result<Vec<RunRow<'a>>, Error> {
    let invoke_id = view.invoke_id();
    let mut runs: Vec<RunRow<'a>> = Vec::new();
    if !view.repeat_mode().is_recurring() {
        runs.extend((1..).zip(view.instances()).map(|(instance_number, run)| RunRow {
            invoke_id,
            instance_number,
            history_position: 0,
            execution: Executed::Run(run),
        }));
        return Ok(runs);
    }
    // The store shows histories in the answers of DescribeInvocationResults alone. Their rows are
    // those of the runs, in the same order, each followed by its history.
    let request =
        DescribeInvocationResults::new(view.region_id()).invoke_id(invoke_id).include_history(true);
    let mut instances = view.instances();
    let results = store.walk_invocation_results(&request).map_err(|error| {
        Error::new(format!("the history of the record {invoke_id:?} cannot be read: {error}"))
    })?;
    let (mut instance_number, mut history_position) = (0, 0);
    for result in results {
        let execution = if result.is_history() {
            history_position += 1;
            Executed::History(result)
        } else {
            let Some(run) = instances.next() else { break };
            (instance_number, history_position) = (instance_number + 1, 0);
            Executed::Run(run)
        };
        runs.push(RunRow { invoke_id, instance_number, history_position, execution });
    }
    Ok(runs)
}

/// Room for the values and the canonical bytes of a row, which is used again for the next.
#[derive(Default)]
pub(crate) struct Scratch<'a> {
    values: Vec<Value<'a>>,
    bytes: Vec<u8>,
}

impl<'a> Scratch<'a> {
    /// The digest of a record: of all its values, except for the number under which it was accepted,
    /// which differs between imports of the same capture.
    fn digest(&mut self, invocation: &InvocationRow<'a>, runs: &[RunRow<'a>]) -> i64 {
        let Scratch { values, bytes } = self;
        bytes.clear();
        invocations::values(invocation, values);
        let digested = |(column, _): &(&Column, &Value<'_>)| {
            !matches!(column.name, "acceptance_number" | "record_digest")
        };
        for (_, value) in invocations::COLUMNS.iter().zip(&*values).filter(digested) {
            value.write_canonical(bytes);
        }
        for run in runs {
            runs::values(run, values);
            values.iter().for_each(|value| value.write_canonical(bytes));
        }
        xxh3_64(bytes).cast_signed()
    }
}
