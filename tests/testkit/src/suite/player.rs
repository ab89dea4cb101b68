//! Performs a sequence of operations on the subject and on the reference, and compares each reply.
//!
//! - `writes`: the operations that change the records
//! - `ask`: requests, and refusals that differ
//! - `judge`: answers that differ, and what each answer shows
//! - `walks`: walks and altered tokens

mod ask;
mod judge;
mod walks;
mod writes;

use std::collections::{BTreeMap, BTreeSet};

use invodex::{InstanceRun, Invocation, RepeatMode, Timestamp};
use serde_json::Value;

use super::Tally;
use super::blame::refusal_rule;
use super::compare::{After, Difference};
use crate::model::Operation;
use crate::reference::Reference;
use crate::strategy::pools::{COMMAND_IDS, at};
use crate::strategy::{Case, Op, Pairs, executions, one_of_many};
use crate::subject::{Config, No, Refusal, Reply, Subject};

/// Maximum number of open walks. The next one replaces the oldest.
const OPEN_WALKS: usize = 4;
/// Maximum number of pages that a walk is drained by.
const DRAINED_PAGES: usize = 12;
/// Maximum number of records of a crowd.
const CROWD: u64 = 60;
/// A sequence ends after so many differences that are known already.
const KNOWN_DIFFERENCES: usize = 8;

/// A sequence that breaks a rule.
#[derive(Clone, Debug)]
pub(super) struct Played {
    pub(super) rule: String,
    pub(super) difference: String,
    /// The number of the case's operations up to the difference.
    pub(super) ops: usize,
    /// The operations, each in words.
    pub(super) sequence: Vec<String>,
}

/// The end of a sequence.
pub(super) enum End {
    Agreed,
    Differs(Played),
    /// The subject gave no answer.
    Failed(String),
}

/// The reason why a sequence does not go on.
enum Halt {
    Differs(Difference),
    /// The subject went another way, by a rule that is not wanted.
    Astray,
    Failed(String),
}

type Play<T> = Result<T, Halt>;

/// Performs a case. A difference by a rule that is not `wanted` is passed over.
pub(super) fn play(
    subject: &mut dyn Subject,
    tally: &mut Tally,
    case: &Case,
    wanted: &dyn Fn(&str) -> bool,
) -> End {
    let start = Timestamp::saturating_from_secs(i64::from(case.store.start));
    let mut player = Player {
        subject,
        tally,
        wanted,
        reference: Reference::new(),
        config: Config::default(),
        clock: start,
        is_empty_handed: false,
        has_clock: true,
        many: 0,
        known: BTreeMap::new(),
        removed: BTreeSet::new(),
        walks: Vec::new(),
        tokens: Vec::new(),
        after: After::Accept,
        passed_over: 0,
        log: Vec::new(),
    };
    let mut ops = 0;
    let mut run = || -> Play<()> {
        player.begin(case)?;
        for op in &case.ops {
            ops += 1;
            player.step(op)?;
        }
        Ok(())
    };
    match run() {
        Ok(()) | Err(Halt::Astray) => End::Agreed,
        Err(Halt::Failed(failure)) => End::Failed(failure),
        Err(Halt::Differs(Difference { rule, text })) => {
            let sequence = std::mem::take(&mut player.log);
            End::Differs(Played { rule: rule.to_owned(), difference: text, ops, sequence })
        }
    }
}

/// The player's knowledge of a record that was accepted.
struct Known {
    created: Timestamp,
    is_recurring: bool,
    has_history: bool,
    region: String,
    instances: Vec<String>,
}

/// A token of the subject and that of the reference.
#[derive(Clone, Debug)]
struct Token {
    subject: String,
    reference: String,
}

/// A walk that has another page.
struct Walk {
    operation: Operation,
    pairs: Pairs,
    token: Token,
    /// The rows so far.
    returned: BTreeSet<String>,
    /// The last row.
    last: String,
    size: u8,
    restored: bool,
}

/// The way in which a request came to its token.
enum Origin<'w> {
    /// The same request gave it.
    Walk(&'w Walk),
    /// Another request gave it.
    Filters,
    /// Made up.
    Altered,
}

/// A page on which both agree.
struct Page {
    ids: Vec<String>,
    token: Option<Token>,
}

struct Player<'a> {
    subject: &'a mut dyn Subject,
    tally: &'a mut Tally,
    wanted: &'a dyn Fn(&str) -> bool,
    reference: Reference,
    config: Config,
    clock: Timestamp,
    /// Whether the subject cannot begin anew, so that its records are not known.
    is_empty_handed: bool,
    /// Whether the subject's clock can be set. Otherwise its times are its own.
    has_clock: bool,
    many: u64,
    known: BTreeMap<String, Known>,
    /// The records that were deleted.
    removed: BTreeSet<String>,
    walks: Vec<Walk>,
    tokens: Vec<(Operation, Pairs, Token)>,
    after: After,
    passed_over: usize,
    log: Vec<String>,
}

fn words(pairs: &[(String, String)]) -> String {
    let words: Vec<String> = pairs
        .iter()
        .map(|(name, value)| match value.char_indices().nth(70) {
            Some((end, _)) => format!("{name}={}... ({} bytes)", &value[..end], value.len()),
            None => format!("{name}={value}"),
        })
        .collect();
    words.join(" ")
}

fn without(pairs: &[(String, String)], names: &[&str]) -> Pairs {
    pairs.iter().filter(|(name, _)| !names.contains(&name.as_str())).cloned().collect()
}

fn with(pairs: &[(String, String)], more: &[(&str, &str)]) -> Pairs {
    let more = more.iter().map(|&(name, value)| (name.to_owned(), value.to_owned()));
    pairs.iter().cloned().chain(more).collect()
}

/// The record as it is just after a request for it: without times and results. RunCommand takes a
/// Frequency as that of a Period task, and has a default for Timeout. `number` counts the records.
fn plain(record: &Invocation, number: usize) -> Invocation {
    let mut record = record.clone();
    record.creation_time = None;
    for run in &mut record.instances {
        *run = InstanceRun::new(std::mem::take(&mut run.instance_id));
    }
    // A request for a record makes a command of its own.
    record.command_id = match COMMAND_IDS.get(number) {
        Some(id) => (*id).to_owned(),
        None => format!("c-of-{}", record.invoke_id),
    };
    if record.repeat_mode == RepeatMode::DryRun {
        record.repeat_mode = RepeatMode::Once;
    }
    record.frequency.clear();
    if record.repeat_mode == RepeatMode::Period {
        "0 */20 * * * ?".clone_into(&mut record.frequency);
    }
    record.timeout.get_or_insert(60);
    record
}

/// The fields that follow the subject's own clock.
fn is_of_the_clock(name: &str) -> bool {
    name.ends_with("Time")
        || name.ends_with("Status")
        || ["Timed", "ExitCode", "Repeats", "Output", "Dropped", "ErrorCode", "ErrorInfo"]
            .contains(&name)
}

fn leave_out_times(body: &mut Value) {
    match body {
        Value::Object(fields) => {
            fields.retain(|name, _| !is_of_the_clock(name));
            fields.values_mut().for_each(leave_out_times);
        }
        Value::Array(list) => list.iter_mut().for_each(leave_out_times),
        _ => {}
    }
}

impl Player<'_> {
    fn begin(&mut self, case: &Case) -> Play<()> {
        let store = &case.store;
        let model = store.model();
        self.config = Config {
            id: model.id,
            capacity: model.capacity,
            retention_secs: model.retention_secs.map_or(-1, i64::from),
            omitted_timed_any: model.omitted_timed_any,
            regions: model.regions,
            history_limit: model.history_limit,
        };
        let mut begun = self.subject.begin(&self.config, self.clock);
        if matches!(begun, Err(No::NotOffered(_))) {
            self.config = Config::default();
            begun = self.subject.begin(&self.config, self.clock);
        }
        self.is_empty_handed = self.offered("begin", begun)?.is_none();
        let clock = self.subject.set_clock(self.clock);
        self.has_clock = self.is_empty_handed || self.offered("set_clock", clock)?.is_some();
        // The model takes every configuration.
        let _ = self.reference.begin(&self.config, self.clock);
        let config = &self.config;
        self.log.push(if *config == Config::default() {
            format!("begin at {}", self.clock)
        } else {
            format!(
                "begin at {}: id {}, capacity {}, retention {} s, history {}, omitted Timed {}, regions {}",
                self.clock,
                config.id,
                config.capacity,
                config.retention_secs,
                config.history_limit,
                if config.omitted_timed_any { "any" } else { "false" },
                config.regions.as_ref().map_or_else(
                    || "all".to_owned(),
                    |known| {
                        let word = |(id, api): &(String, bool)| {
                            format!("{id}{}", if *api { "" } else { " without the API" })
                        };
                        known.iter().map(word).collect::<Vec<_>>().join(", ")
                    }
                ),
            )
        });
        Ok(())
    }

    /// The value of a reply, or `None` if the subject does not offer the operation.
    fn offered<T>(&mut self, operation: &'static str, reply: Reply<T>) -> Play<Option<T>> {
        match reply {
            Ok(value) => Ok(Some(value)),
            Err(No::NotOffered(lack)) => {
                self.tally.offers.entry(operation).or_insert(lack);
                Ok(None)
            }
            Err(No::Failed(failure)) => Err(Halt::Failed(failure)),
            Err(No::Refused(refusal)) => {
                Err(Halt::Failed(format!("{operation} is refused: {}", No::Refused(refusal))))
            }
        }
    }

    /// Notes a difference: an error if its rule is wanted.
    fn differ(&mut self, rule: &'static str, text: String) -> Play<()> {
        self.passed_over += 1;
        if (self.wanted)(rule) {
            Err(Halt::Differs(Difference { rule, text }))
        } else if self.passed_over > KNOWN_DIFFERENCES {
            Err(Halt::Astray)
        } else {
            Ok(())
        }
    }

    /// The same for a write, after which the two have different records.
    fn part<T>(&mut self, rule: &'static str, text: String) -> Play<T> {
        self.differ(rule, text)?;
        Err(Halt::Astray)
    }

    /// The values of a write, if both made it.
    fn both<T, U>(
        &mut self,
        operation: &'static str,
        replies: (Reply<T>, Reply<U>),
        rule: &dyn Fn(&Refusal) -> &'static str,
    ) -> Play<Option<(T, U)>> {
        match replies {
            (Ok(subject), Ok(reference)) => Ok(Some((subject, reference))),
            (Err(No::Refused(is)), Err(No::Refused(expected))) => {
                if Self::is_same_refusal(&is, &expected) {
                    self.tally.check(rule(&expected));
                    self.tally.check("record.refused");
                    Ok(None)
                } else {
                    let text = format!(
                        "{}, expected {}",
                        No::Refused(is.clone()),
                        No::Refused(expected.clone())
                    );
                    let rule = if is.0 == expected.0 { rule(&expected) } else { "record.refused" };
                    self.differ(rule, text)?;
                    Ok(None)
                }
            }
            (Ok(_), Err(expected)) => {
                let rule = match &expected {
                    No::Refused(refusal) => rule(refusal),
                    _ => "record.refused",
                };
                self.part(rule, format!("{operation} succeeds, expected {expected}"))
            }
            (Err(No::Refused(is)), _) => {
                let text = format!("{operation}: {}, expected success", No::Refused(is.clone()));
                self.part(rule(&is), text)
            }
            (Err(No::Failed(failure)), _) => Err(Halt::Failed(failure)),
            (Err(No::NotOffered(lack)), _) => {
                self.tally.offers.entry(operation).or_insert(lack);
                Err(Halt::Astray)
            }
        }
    }

    fn is_same_refusal((code, status, parameter): &Refusal, expected: &Refusal) -> bool {
        (code, status) == (&expected.0, &expected.1)
            && (parameter.is_none() || *parameter == expected.2)
    }

    fn step(&mut self, op: &Op) -> Play<()> {
        self.tally.operations += 1;
        if self.is_empty_handed && !matches!(op, Op::Query { .. }) {
            return Ok(());
        }
        match op {
            Op::Accept(record) => {
                let record = record.build(self.clock);
                self.accept(&record)?;
                self.look(&record.invoke_id)
            }
            Op::Batch(records) => {
                let batch: Vec<_> = records.iter().map(|record| record.build(self.clock)).collect();
                self.accept_batch(batch)
            }
            Op::Many { count, seconds } => {
                let numbers = self.many..self.many + u64::from(*count).min(CROWD);
                self.many = numbers.end;
                let batch = numbers.map(|number| one_of_many(number, self.clock, *seconds));
                self.accept_batch(batch.collect())
            }
            Op::Update { target, run, update } => {
                let id = self.target(target);
                let instance = self.instance(&id, run);
                self.update(&id, &instance, &update.build(self.clock))?;
                self.look(&id)
            }
            Op::Execute { target, run, result, reschedule, times } => {
                let id = self.target(target);
                let instance = self.instance(&id, run);
                for update in executions(*result, *reschedule, *times) {
                    self.update(&id, &instance, &update)?;
                }
                if let Some(known) = self.known.get_mut(&id) {
                    known.has_history = known.is_recurring;
                }
                self.look(&id)
            }
            Op::Stop { target, runs } => self.stop(target, runs),
            Op::Delete(target) => {
                let id = self.target(target);
                let deleted = self.subject.delete(&id);
                if self.lacks("delete", &deleted) {
                    return Ok(());
                }
                self.log.push(format!("delete {id}"));
                let replies = (deleted, self.reference.delete(&id));
                if self.both("delete", replies, &refusal_rule)?.is_some() {
                    self.known.remove(&id);
                    self.removed.insert(id);
                }
                Ok(())
            }
            Op::Clear => Ok(()),
            Op::Advance(seconds) => self.set_clock(at(self.clock, *seconds)),
            Op::Set(offset) => self.set_clock(at(self.clock, *offset)),
            Op::Query { later, request, .. } => {
                if *later > 0 {
                    self.set_clock(at(self.clock, *later))?;
                }
                let pairs = self.resolve(&request.pairs);
                self.ask(request.operation, &pairs, None).map(drop)
            }
            Op::Walk { request, size, page_number } => {
                let pairs = self.resolve(&request.pairs);
                self.begin_walk(request.operation, pairs, *size, *page_number)
            }
            Op::Continue { walk, size, noise, between, .. } => {
                for write in between {
                    self.step(write)?;
                }
                self.go_on(*walk, *size, noise).map(drop)
            }
            Op::Drain { walk, size, between } => {
                let mut writes = between.iter();
                for page in 0..DRAINED_PAGES {
                    if let Some(write) = writes.next() {
                        self.step(write)?;
                    }
                    if !self.go_on(*walk, size + (page % 2) as u8, &[])? {
                        break;
                    }
                }
                Ok(())
            }
            Op::Forged { token, forgery } => self.forged(*token, forgery),
            Op::Save | Op::Restore { .. } => {
                let saved = self.subject.save_and_restore();
                if self.offered("save_and_restore", saved)?.is_some() {
                    self.log.push("save and restore".to_owned());
                    let _ = self.reference.save_and_restore();
                    self.walks.iter_mut().for_each(|walk| walk.restored = true);
                    self.tally.check("archive.whole");
                }
                Ok(())
            }
            Op::Subscribe(_) | Op::Read { .. } | Op::Unsubscribe(_) => Ok(()),
        }
    }

    /// Whether a reply is that the subject does not offer the operation, which is noted.
    fn lacks<T>(&mut self, operation: &'static str, reply: &Reply<T>) -> bool {
        let Err(No::NotOffered(lack)) = reply else { return false };
        self.tally.offers.entry(operation).or_insert_with(|| lack.clone());
        true
    }
}

/// Stands for the rule of other rows, until it is found.
const ROWS: &str = "";
