//! A sequence of operations on a store and on the naive model, which must give the same answers.
//! After every step `internal_validate` must pass and the lists must be equal; at the end also the
//! newest rows of both operations.
//!
//! Operations are read with `arbitrary`, so each byte makes one choice and a change of one byte
//! leaves the other choices as they are. The alternative, to drive the strategies of
//! `tests/machine` through proptest's byte-fed generator, spends 4 or 8 bytes on each choice, and
//! half of the remaining bytes on each strategy that depends on another: after a dozen requests
//! every choice is 0.

use arbitrary::{Arbitrary, Unstructured};
use invodex::{Clock as _, InvocationStatus, RunUpdate, Store, Subscription, Tuning};

use super::records::{INSTANCE_IDS, Record, Update, at, invoke_id, pick};
use super::requests::{operation, pairs};
use super::twin::{Pairs, Setup, Twin};
use crate::engine::SMALL;
use crate::model::Operation;

/// Maximum number of open walks, and of subscriptions.
const OPEN: usize = 4;
/// Maximum number of steps of one input, so that no input is slow.
const STEPS: usize = 48;

#[derive(Arbitrary, Clone, Debug)]
enum Op {
    Accept(Record),
    /// Accepts a record with a CreationTime in the past.
    Backfill(Record),
    Batch(Vec<Record>),
    /// Accepts several records that follow from a seed.
    Crowd {
        count: u8,
        seed: u8,
    },
    Update {
        target: u8,
        run: u8,
        update: Update,
    },
    /// Starts and ends a run, repeatedly while its schedule continues.
    Execute {
        target: u8,
        run: u8,
        result: u8,
        times: u8,
    },
    Stop {
        target: u8,
        runs: Vec<u8>,
    },
    /// Deletes a record, or rarely all of them.
    Delete {
        target: u8,
        all: u8,
    },
    Advance(u8),
    Set(i8),
    /// Queries with names and values of `requests`.
    Ask {
        results: bool,
        form: u8,
        request: Vec<(u8, u8)>,
    },
    Walk {
        results: bool,
        request: Vec<(u8, u8)>,
        size: u8,
    },
    /// Continues an open walk by a page.
    Continue {
        walk: u8,
        size: u8,
    },
    /// Saves the store and replaces it by the restored one.
    Restore,
    Subscribe(u8),
    Read {
        subscriber: u8,
        most: u8,
    },
}

#[derive(Arbitrary, Clone, Debug)]
struct Start {
    capacity: u8,
    retention: u8,
    /// The number of initial records, and their seed.
    crowd: [u8; 2],
    /// One bit each for policy and regions; then the limit of the history.
    flags: u8,
    tuning: [u8; 3],
}

impl Start {
    fn setup(&self) -> Setup {
        let [share, min, dead] = self.tuning.map(u32::from);
        let random = Tuning {
            list_share: 2 + share % 31,
            list_min: min % 5,
            first_chunk: 1 + min % 3,
            chunk_span: 1 + share % 7,
            dead_min: dead % 7,
        };
        Setup {
            capacity: usize::from(match self.capacity {
                small @ 0..=31 => small,
                other => 16 + other % 48,
            }),
            retention: (self.retention >= 128).then(|| u32::from(self.retention) - 120),
            omitted_timed_any: self.flags & 1 == 1,
            has_regions: self.flags & 2 == 2,
            history_limit: usize::from(self.flags >> 2 & 3),
            tuning: if share < 128 { SMALL } else { random },
        }
    }
}

struct Walk {
    operation: Operation,
    pairs: Pairs,
    token: String,
}

/// A subscription, and the index of the oldest of the twin's events that it must hold or have
/// missed.
struct Subscriber {
    queue: Subscription,
    capacity: usize,
    next: usize,
    missed: u64,
}

struct Case {
    twin: Twin,
    walks: Vec<Walk>,
    subscribers: Vec<Subscriber>,
    /// Every token that a walk received, for requests to choose from.
    tokens: Vec<String>,
}

pub(super) fn check(data: &[u8]) {
    let mut bytes = Unstructured::new(data);
    let Ok(start) = Start::arbitrary(&mut bytes) else { return };
    let mut case = Case {
        twin: Twin::new(&start.setup()),
        walks: Vec::new(),
        subscribers: Vec::new(),
        tokens: Vec::new(),
    };
    case.crowd(start.crowd[0] % 32, start.crowd[1]);
    for _ in 0..STEPS {
        if bytes.is_empty() {
            break;
        }
        let Ok(op) = Op::arbitrary(&mut bytes) else { break };
        case.step(&op);
        case.twin.check_state();
    }
    case.finish();
}

impl Case {
    fn step(&mut self, op: &Op) {
        let clock = self.twin.clock.now();
        match op {
            Op::Accept(record) => {
                self.twin.accept(&Record { created: 1, ..record.clone() }.build(clock));
            }
            Op::Backfill(record) => {
                let created = record.created & !1;
                self.twin.accept(&Record { created, ..record.clone() }.build(clock));
            }
            Op::Batch(records) => {
                let batch: Vec<_> = records.iter().map(|record| record.build(clock)).collect();
                self.twin.accept_batch(&batch);
            }
            Op::Crowd { count, seed } => self.crowd(count % 32, *seed),
            Op::Update { target, run, update } => {
                let id = self.target(*target);
                let instance = self.instance(&id, *run);
                self.twin.update(&id, &instance, &update.build(clock));
            }
            Op::Execute { target, run, result, times } => {
                self.execute(*target, *run, *result, *times);
            }
            Op::Stop { target, runs } => {
                let id = self.target(*target);
                let runs = runs.iter().take(4);
                let runs: Vec<_> = runs.map(|&run| self.instance(&id, run)).collect();
                let runs: Vec<&str> = runs.iter().map(String::as_str).collect();
                self.twin.stop(&id, &runs);
            }
            Op::Delete { all: 255, .. } => self.twin.clear(),
            Op::Delete { target, .. } => self.twin.delete(&self.target(*target)),
            Op::Advance(seconds) => {
                // Mostly a few seconds, so that not everything expires at once.
                let seconds = if *seconds < 240 { seconds % 16 } else { *seconds };
                self.twin.set_clock(clock.saturating_add_secs(seconds.into()));
            }
            Op::Set(offset) => self.twin.set_clock(at(clock, offset / 4)),
            Op::Ask { results, form, request } => {
                let pairs = self.pairs(request);
                self.ask(operation(*results), &pairs, *form);
            }
            Op::Walk { results, request, size } => {
                let pairs = self.pairs(request);
                let walk = Walk { operation: operation(*results), pairs, token: String::new() };
                self.go_on(walk, *size);
            }
            Op::Continue { walk, size } => {
                if !self.walks.is_empty() {
                    let at = usize::from(*walk) % self.walks.len();
                    let walk = self.walks.remove(at);
                    self.go_on(walk, *size);
                }
            }
            Op::Restore => self.restore(),
            Op::Subscribe(capacity) => {
                let capacity = usize::from(*capacity % 8);
                let queue = self.twin.store.subscribe(capacity);
                let next = self.twin.events.len();
                self.subscribers.push(Subscriber { queue, capacity, next, missed: 0 });
                if self.subscribers.len() > OPEN {
                    self.subscribers.remove(0);
                }
            }
            Op::Read { subscriber, most } => {
                if !self.subscribers.is_empty() {
                    let at = usize::from(*subscriber) % self.subscribers.len();
                    self.read(at, usize::from(*most % 8));
                }
            }
        }
    }

    /// Records with consecutive ids. All other fields are hashed from the number of each.
    fn crowd(&mut self, count: u8, seed: u8) {
        let clock = self.twin.clock.now();
        let record = |number: u8| {
            let mixed = u64::from(u16::from_be_bytes([seed, number]));
            let [region, command, mode, created, tags, details, instance, status] =
                (mixed + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes();
            let runs = (0..=details % 3)
                .map(|run| (instance.wrapping_add(run), status.wrapping_mul(run + 1), tags ^ run))
                .collect();
            let id = seed.wrapping_add(number);
            let created = (created % 16) as i8 - 12;
            Record { id, region, command, mode, created, tags, details, fault: 0, runs }
                .build(clock)
        };
        let batch: Vec<_> = (0..count).map(record).collect();
        self.twin.accept_batch(&batch);
    }

    /// The id of a record, mostly of an existing one.
    fn target(&self, number: u8) -> String {
        let list = self.twin.model.list();
        match list.get(usize::from(number) % list.len().max(1)) {
            Some(id) if number < 240 => id.clone(),
            _ => invoke_id(number),
        }
    }

    /// The id of an instance, mostly of one of the record.
    fn instance(&self, id: &str, number: u8) -> String {
        let runs = self.twin.store.get(id);
        let runs: Vec<_> = runs.iter().flat_map(|view| view.instances()).collect();
        match runs.get(usize::from(number) % runs.len().max(1)) {
            Some(run) if number < 240 => run.instance_id().to_owned(),
            _ => pick(&INSTANCE_IDS, number).to_owned(),
        }
    }

    fn execute(&mut self, target: u8, run: u8, result: u8, times: u8) {
        use InvocationStatus as S;
        let id = self.target(target);
        let instance = self.instance(&id, run);
        let end = RunUpdate {
            invocation_status: Some(pick(&[S::Success, S::Failed, S::Error, S::Timeout], result)),
            reschedule: result < 224,
            ..RunUpdate::default()
        };
        for _ in 0..=times % 4 {
            self.twin.update(&id, &instance, &RunUpdate::started());
            self.twin.update(&id, &instance, &end);
        }
    }

    /// A region, and up to six pairs.
    fn pairs(&self, request: &[(u8, u8)]) -> Pairs {
        let mut all = vec![("RegionId".to_owned(), "cn-a".to_owned())];
        let request = request.iter().take(6);
        let lines: Vec<u8> =
            request.flat_map(|(name, value)| [name | 0x80, b'=', value | 0x80, b'\n']).collect();
        all.extend(pairs(&lines, &self.tokens));
        all
    }

    /// Asks both. Returns the token for the next page, which the model learns.
    fn ask(&mut self, operation: Operation, pairs: &Pairs, form: u8) -> Option<String> {
        let (token, meaning) = self.twin.ask(operation, pairs, form)??;
        self.twin.model.learn_token(&token, meaning);
        self.tokens.push(token.clone());
        Some(token)
    }

    fn go_on(&mut self, mut walk: Walk, size: u8) {
        let mut pairs = walk.pairs.clone();
        pairs.push(("MaxResults".to_owned(), (size % 4 + 1).to_string()));
        pairs.push(("NextToken".to_owned(), walk.token.clone()));
        if let Some(token) = self.ask(walk.operation, &pairs, size / 4) {
            walk.token = token;
            self.walks.push(walk);
            if self.walks.len() > OPEN {
                self.walks.remove(0);
            }
        }
    }

    fn restore(&mut self) {
        let save = |store: &Store| {
            let mut archive = Vec::new();
            store.save(&mut archive).expect("a Vec takes everything");
            archive
        };
        // An archive lacks expired records. Without a write, a clock that goes back would bring
        // them back in the model, so a write comes first.
        match self.twin.model.list().first() {
            Some(id) => {
                let instance = self.instance(id, 0);
                self.twin.update(id, &instance, &RunUpdate::default());
            }
            None => self.twin.clear(),
        }
        let archive = save(&self.twin.store);
        let config = self.twin.store.config().clone();
        let restored = Store::restore(config, self.twin.clock.clone(), &archive[..]);
        let restored = restored.expect("it was just saved");
        assert!(save(&restored) == archive, "what is restored is saved as the same bytes");
        assert_eq!(restored.now(), self.twin.store.now());
        self.twin.store = restored;
        for at in 0..self.subscribers.len() {
            assert!(self.subscribers[at].queue.is_closed());
            self.read(at, usize::MAX);
        }
        self.subscribers.clear();
    }

    /// Reads events, which must be those of the twin, without the oldest ones if the queue was
    /// full.
    fn read(&mut self, at: usize, most: usize) {
        let subscriber = &mut self.subscribers[at];
        let all = &self.twin.events;
        let missed = (all.len() - subscriber.next).saturating_sub(subscriber.capacity);
        subscriber.next += missed;
        subscriber.missed += missed as u64;
        assert_eq!(subscriber.queue.missed(), subscriber.missed, "missed events");
        for _ in 0..most {
            let event = subscriber.queue.try_next();
            let event =
                event.map(|event| (event.invoke_id, event.instance_id, event.invocation_status));
            assert_eq!(event.as_ref(), all.get(subscriber.next), "event {}", subscriber.next);
            if event.is_none() {
                return;
            }
            subscriber.next += 1;
        }
    }

    /// Compares the remaining events and the newest rows of both operations.
    fn finish(&mut self) {
        for at in 0..self.subscribers.len() {
            self.read(at, usize::MAX);
        }
        for (results, timed) in [(true, "true"), (false, "true"), (false, "false")] {
            let pairs = [("RegionId", "cn-a"), ("Timed", timed), ("PageSize", "50")];
            let pairs = pairs.map(|(name, value)| (name.to_owned(), value.to_owned()));
            self.twin.ask(operation(results), &pairs, 0);
        }
    }
}
