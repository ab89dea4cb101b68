//! The fixed records for requests: forty of them, of every status, mode and type, some with equal
//! times, with tags and histories.

use std::sync::LazyLock;

use invodex::{InvocationStatus, RepeatMode, RunUpdate};

use super::records::{Record, at, invoke_id};
use super::requests::operation;
use super::twin::{Pairs, Setup, Twin};
use crate::engine::SMALL;
use crate::model::{ModelToken, Operation};

const RECORDS: u8 = 40;

/// A token that the store returned, and its request without the page.
#[derive(Debug)]
pub(super) struct Issued {
    pub(super) operation: Operation,
    pub(super) pairs: Pairs,
    pub(super) token: String,
    meaning: ModelToken,
}

pub(super) struct Fixture {
    pub(super) twin: Twin,
    pub(super) issued: Vec<Issued>,
    /// The tokens of `issued`.
    pub(super) tokens: Vec<String>,
}

/// The fixture under this policy.
pub(super) fn fixture(omitted_timed_any: bool) -> &'static Fixture {
    static FIXTURES: LazyLock<[Fixture; 2]> = LazyLock::new(|| [false, true].map(Fixture::new));
    &FIXTURES[usize::from(omitted_timed_any)]
}

impl Fixture {
    fn new(omitted_timed_any: bool) -> Self {
        let mut twin = Twin::new(&Setup {
            capacity: 100,
            retention: None,
            omitted_timed_any,
            has_regions: true,
            history_limit: 2,
            tuning: SMALL,
        });
        let start = at(twin.store.now(), 0);
        for n in 0..RECORDS {
            let record = Record {
                id: n,
                region: if n % 5 == 4 { 129 } else { 0 },
                command: n.wrapping_mul(37),
                mode: n / 3,
                created: -((n % 13 * 7 % 13) as i8) * 2,
                tags: n.wrapping_mul(29),
                details: n.wrapping_mul(23),
                fault: 0,
                runs: (0..=n % 4)
                    .map(|run| (n + run, n / 2 + run * 5, n.wrapping_mul(11) ^ run))
                    .collect(),
            };
            twin.accept(&record.build(start));
        }
        for n in 0..RECORDS {
            twin.set_clock(at(start, n as i8));
            execute(&mut twin, &invoke_id(n), n % 4);
        }
        twin.stop(&invoke_id(11), &[]);
        twin.check_state();
        assert_eq!(twin.store.len(), usize::from(RECORDS));
        let issued = issue(&mut twin);
        let tokens = issued.iter().map(|issued| issued.token.clone()).collect();
        Fixture { twin, issued, tokens }
    }

    /// Whether the store returned `token` for a request that selects the same rows as `like`.
    pub(super) fn has_issued(&self, token: &str, like: &Issued) -> bool {
        self.issued.iter().any(|issued| {
            issued.token == token
                && issued.meaning.operation == like.meaning.operation
                && issued.meaning.filters == like.meaning.filters
        })
    }
}

/// Starts and ends the runs of a recurring task that can start, `times` times.
fn execute(twin: &mut Twin, id: &str, times: u8) {
    let Some(view) = twin.store.get(id) else { return };
    if !matches!(view.repeat_mode(), RepeatMode::Period | RepeatMode::EveryReboot) {
        return;
    }
    let can = [InvocationStatus::Pending, InvocationStatus::Scheduled];
    let runs: Vec<String> = view
        .instances()
        .filter(|run| can.contains(&run.invocation_status()))
        .map(|run| run.instance_id().to_owned())
        .collect();
    for run in runs {
        for time in 0..times {
            twin.update(id, &run, &RunUpdate::started());
            let end = RunUpdate::finished(i64::from(time)).output(*b"again").rescheduled();
            twin.update(id, &run, &end);
        }
    }
}

/// Walks with several requests, and tells the model the meaning of each token.
fn issue(twin: &mut Twin) -> Vec<Issued> {
    const WALKS: [(bool, &[(&str, &str)]); 10] = [
        (false, &[]),
        (false, &[("Timed", "true")]),
        (false, &[("Tag.1.Key", "k1")]),
        (false, &[("Tag.1.Key", "k1"), ("Tag.2.Key", "版本")]),
        (false, &[("InstanceId", "i-2")]),
        (false, &[("InvokeStatus", "Running")]),
        (true, &[]),
        (true, &[("Tag.3.Key", "k1")]),
        (true, &[("CommandId", "c-2")]),
        (true, &[("IncludeHistory", "true"), ("InvokeId", "t-03")]),
    ];
    let mut issued = Vec::new();
    for (results, filters) in WALKS {
        let operation = operation(results);
        let filters = [("RegionId", "cn-a")].iter().chain(filters);
        let filters: Pairs = filters.map(|&(name, value)| (name.into(), value.into())).collect();
        for size in [1, 3] {
            let mut token = String::new();
            loop {
                let mut pairs = filters.clone();
                pairs.push(("MaxResults".into(), size.to_string()));
                pairs.push(("NextToken".into(), token));
                let next = twin.ask(operation, &pairs, 0).expect("the walk goes on");
                let Some((text, meaning)) = next else { break };
                twin.model.learn_token(&text, meaning.clone());
                token = text.clone();
                issued.push(Issued { operation, pairs: filters.clone(), token: text, meaning });
            }
        }
    }
    issued
}
