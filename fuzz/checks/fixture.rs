//! The fixed records for requests: forty of them, of every status, mode and type, some with equal
//! times, with tags and histories.

use std::sync::LazyLock;

use invodex::{InvocationStatus, ManualClock, RepeatMode, RunUpdate, Store, Timestamp};
use invodex_testkit::engine::Form;
use invodex_testkit::machine::{Coverage, answered};
use invodex_testkit::model::{Model, ModelToken, Operation};
use invodex_testkit::strategy::pools::{START, TAG_KEYS, at, invoke_id, pick};
use invodex_testkit::strategy::{Limits, Pairs, RecordSpec, RunSpec, StoreSpec};

const RECORDS: u8 = 40;

/// The requests whose tokens are issued.
const WALKS: [(Operation, &[(&str, &str)]); 10] = [
    (Operation::DescribeInvocations, &[]),
    (Operation::DescribeInvocations, &[("Timed", "true")]),
    (Operation::DescribeInvocations, &[("Tag.1.Key", "k1")]),
    (Operation::DescribeInvocations, &[("Tag.1.Key", "k1"), ("Tag.2.Key", "版本")]),
    (Operation::DescribeInvocations, &[("InstanceId", "i-2")]),
    (Operation::DescribeInvocations, &[("InvokeStatus", "Running")]),
    (Operation::DescribeInvocationResults, &[]),
    (Operation::DescribeInvocationResults, &[("Tag.3.Key", "k1")]),
    (Operation::DescribeInvocationResults, &[("CommandId", "c-2")]),
    (Operation::DescribeInvocationResults, &[("IncludeHistory", "true"), ("InvokeId", "t-03")]),
];

/// A token that the store returned, and its request without the page.
#[derive(Debug)]
pub(super) struct Issued {
    pub(super) operation: Operation,
    pub(super) pairs: Pairs,
    pub(super) token: String,
    meaning: ModelToken,
}

/// A store and the naive model with the same records.
pub(super) struct Fixture {
    store: Store,
    model: Model,
    pub(super) issued: Vec<Issued>,
    /// The tokens of `issued`.
    pub(super) tokens: Vec<String>,
}

/// The fixture under this policy.
pub(super) fn fixture(omitted_timed_any: bool) -> &'static Fixture {
    static FIXTURES: LazyLock<[Fixture; 2]> = LazyLock::new(|| [false, true].map(Fixture::new));
    &FIXTURES[usize::from(omitted_timed_any)]
}

/// A record in which every field follows from its number.
fn record(n: u8) -> RecordSpec {
    let tags = n.wrapping_mul(29);
    let keys = [0, 1, 2, TAG_KEYS.len() as u8 - 1].into_iter().enumerate();
    let run = |run| RunSpec {
        instance: n + run,
        status: *pick(InvocationStatus::ALL, n / 2 + run * 5),
        details: n.wrapping_mul(11) ^ run,
        years: None,
    };
    RecordSpec {
        id: n,
        region: u8::from(n % 5 == 4),
        group: n / 3,
        command: n.wrapping_mul(37),
        mode: *pick(RepeatMode::ALL, n / 3),
        created: Some(-((n % 13 * 7 % 13) as i8) * 2),
        tags: keys
            .filter_map(|(at, key)| Some((key, (tags >> (2 * at) & 3).checked_sub(1)?)))
            .collect(),
        details: n.wrapping_mul(23),
        runs: (0..=n % 4).map(run).collect(),
        ..RecordSpec::default()
    }
}

impl Fixture {
    fn new(omitted_timed_any: bool) -> Self {
        let limits = Limits { capacity: 100, ..Limits::default() };
        let spec = StoreSpec { id: 7, omitted_timed_any, has_regions: true, limits, start: START };
        let start = Timestamp::saturating_from_secs(START.into());
        let clock = ManualClock::new(start);
        let mut fixture = Fixture {
            store: Store::new(spec.config(), clock.clone()),
            model: Model::new(spec.model(), start),
            issued: Vec::new(),
            tokens: Vec::new(),
        };
        for n in 0..RECORDS {
            let record = record(n).build(start);
            let accepted = fixture.store.accept(&record).expect("the record is valid");
            assert!(accepted.retained, "the record is new");
            fixture.model.accept(&record).expect("the record is valid");
        }
        for n in 0..RECORDS {
            clock.set(at(start, n));
            fixture.model.set_clock(at(start, n));
            fixture.execute(&invoke_id(n), n % 4);
        }
        fixture.store.stop(&invoke_id(11), &[]).expect("it is there");
        fixture.model.stop(&invoke_id(11), &[]).expect("it is there");
        fixture.store.internal_validate().expect("all that is derived follows from the columns");
        assert_eq!(fixture.store.len(), usize::from(RECORDS));
        fixture.issue();
        fixture
    }

    /// Starts and ends the runs of a recurring task that can start, `times` times.
    fn execute(&mut self, id: &str, times: u8) {
        let record = self.store.get(id).expect("it is there");
        if !record.repeat_mode().is_recurring() {
            return;
        }
        let can = [InvocationStatus::Pending, InvocationStatus::Scheduled];
        let runs = record.instances().filter(|run| can.contains(&run.invocation_status()));
        let runs: Vec<String> = runs.map(|run| run.instance_id().to_owned()).collect();
        for run in runs {
            for time in 0..times {
                let end = RunUpdate::finished(i64::from(time)).output(*b"again").rescheduled();
                for update in [RunUpdate::started(), end] {
                    self.store.update_run(id, &run, &update).expect("it can start and end");
                    self.model.update_run(id, &run, &update).expect("it can start and end");
                }
            }
        }
    }

    /// Asks both. Returns the store's token and its meaning if a page follows; `None` if both
    /// refuse.
    pub(super) fn ask(
        &self,
        operation: Operation,
        pairs: &[(String, String)],
        form: u8,
    ) -> Option<Option<(String, ModelToken)>> {
        let form = [Form::Body, Form::Views, Form::Owned][usize::from(form) % 3];
        let model = self.model.describe(operation, pairs);
        let mut coverage = Coverage::default();
        let token = answered(&self.store, operation, pairs, form, &model, &mut coverage);
        let token = token.unwrap_or_else(|error| panic!("{error}"))?;
        Some(model.ok()?.next.map(|next| (token, next)))
    }

    /// Whether the store returned `token` for a request that selects the same rows as `like`.
    pub(super) fn has_issued(&self, token: &str, like: &Issued) -> bool {
        self.issued.iter().any(|issued| {
            issued.token == token
                && issued.meaning.operation == like.meaning.operation
                && issued.meaning.filters == like.meaning.filters
        })
    }

    /// Walks with several requests, and tells the model the meaning of each token.
    fn issue(&mut self) {
        for (operation, filters) in WALKS {
            let filters = [("RegionId", "cn-a")].iter().chain(filters);
            let filters: Pairs =
                filters.map(|&(name, value)| (name.into(), value.into())).collect();
            for size in [1, 3] {
                let mut token = String::new();
                loop {
                    let mut pairs = filters.clone();
                    pairs.push(("MaxResults".into(), size.to_string()));
                    pairs.push(("NextToken".into(), token));
                    let next = self.ask(operation, &pairs, 0).expect("the walk goes on");
                    let Some((text, meaning)) = next else { break };
                    self.model.learn_token(&text, meaning.clone());
                    self.tokens.push(text.clone());
                    token = text.clone();
                    let pairs = filters.clone();
                    self.issued.push(Issued { operation, pairs, token: text, meaning });
                }
            }
        }
    }
}
