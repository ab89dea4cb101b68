//! The seeded generator of data sets, for benches and tests: the records of all figures, and
//! variants.
//!
//! ```ignore
//! #[path = "../benches/dataset/mod.rs"]
//! mod dataset;
//!
//! let records = dataset::Dataset::new(dataset::Options { count: 1_000, ..Default::default() });
//! ```
//!
//! A record depends only on the options and its number. The generator keeps no records, so ten
//! million of them need the memory of one.
//!
//! | property | distribution |
//! |---|---|
//! | overall status | Success 70 %, Failed 12, Running 6, Scheduled 4, PartialFailed 3.5, Stopped 3, Pending 1, Stopping 0.5 |
//! | command type | RunShellScript 85 %, RunPowerShellScript 10, RunBatScript 5 |
//! | mode | Once 88 %, Period 9, EveryReboot 2, NextRebootOnly 1 |
//! | runs | 1 to 20, mean 3, one run in six of ten records |
//! | instances | 5,000, Zipf with exponent 0.8; an instance belongs to one region |
//! | tags | 0 to 5, mean 2.4; 40 keys and 50 values of each, both Zipf with exponent 1 |
//! | commands | 300, uniform within the record's region; 200 bytes of content each |
//! | resource groups | 5: 40 %, 25, 20, 10, 5 |
//! | regions | 3: 90 %, 8, 2 |
//! | CreationTime | 20 days that end at `now`, three of eight records in the second of the one before |
//!
//! Status and mode are not independent: only a task that recurs or waits for a start can be
//! Scheduled. Nor are status and number of runs: PartialFailed needs two runs. The status is drawn
//! first, then mode and runs from distributions that compensate for it, so that all three marginals
//! are exact.

#![allow(dead_code, unreachable_pub)]

pub mod pools;
pub mod requests;
mod runs;

use invodex::{Invocation, OverallStatus, RepeatMode, Tag, Timestamp};
use oorandom::Rand64;

use pools::{Pools, Weighted, mix};

/// The time that the records span.
pub const SPAN_SECS: u64 = 20 * 86_400;

/// One record in this many has the tags adv-a and adv-b, another one adv-c. With slightly more of
/// them the store would keep their rows as bitmaps instead of lists.
pub const ADVERSARIAL_PERIOD: usize = 205;

/// Each overall status and how many records of 1,000 have it.
pub const STATUSES: [(OverallStatus, u64); 8] = [
    (OverallStatus::Success, 700),
    (OverallStatus::Failed, 120),
    (OverallStatus::Running, 60),
    (OverallStatus::Scheduled, 40),
    (OverallStatus::PartialFailed, 35),
    (OverallStatus::Stopped, 30),
    (OverallStatus::Pending, 10),
    (OverallStatus::Stopping, 5),
];

const MODES: [RepeatMode; 4] =
    [RepeatMode::Once, RepeatMode::Period, RepeatMode::NextRebootOnly, RepeatMode::EveryReboot];

/// Weights of `MODES` for Scheduled records (40 of 1,000): the marginals 9 : 1 : 2 without Once.
const MODES_SCHEDULED: [u64; 4] = [0, 9, 1, 2];

/// Weights of `MODES` for the other 960 of 1,000: the rest of the marginals, which is 880, 90 - 30,
/// 10 - 10/3 and 20 - 20/3 of 1,000.
const MODES_OTHER: [u64; 4] = [264, 18, 2, 4];

/// The records in a hundred that have 0, 1, ... tags; 2.4 tags on average.
const TAG_COUNTS: [u64; 6] = [10, 17, 25, 26, 15, 7];

/// The data set to generate.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Options {
    /// The number of records that the iterator yields.
    pub count: usize,
    /// Another seed gives other records of the same distributions, with other InvokeIds.
    pub seed: u64,
    /// No time is later than this.
    pub now: Timestamp,
    /// Each status comes in long stretches by age: a fifth of the records has one stretch of each.
    pub statuses_clustered: bool,
    /// Each record has 500 bytes of content, parameters and a command name of its own.
    pub unique_content: bool,
    /// The order of acceptance is independent of CreationTime.
    pub shuffled_times: bool,
    /// The mean number of runs of a record, 2 to 10. With 10, the numbers 2 to 20 are equally
    /// likely.
    pub mean_runs: u32,
    /// Bytes of output of each run that has started.
    pub outputs: Option<usize>,
    /// Adds tags with the value 1: adv-a and adv-b on the same records, adv-c on as many others,
    /// evenly spread; even on every second record by age, odd on the rest.
    pub adversarial_lists: bool,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            count: 100_000,
            seed: 1,
            // 2025-06-01T00:00:00Z
            now: Timestamp::saturating_from_secs(1_748_736_000),
            statuses_clustered: false,
            unique_content: false,
            shuffled_times: false,
            mean_runs: 3,
            outputs: None,
            adversarial_lists: false,
        }
    }
}

/// The records that [`Options`] describe, in the order of acceptance.
#[derive(Clone)]
pub struct Dataset {
    options: Options,
    next: usize,
    pools: Pools,
    statuses: Weighted,
    modes_scheduled: Weighted,
    modes_other: Weighted,
    run_counts: runs::Counts,
    tag_counts: Weighted,
}

impl Dataset {
    /// A data set. Generates no record yet. Cost: a millisecond or two.
    pub fn new(options: Options) -> Self {
        Dataset {
            options,
            next: 0,
            pools: Pools::new(),
            statuses: Weighted::new(STATUSES.map(|(_, weight)| weight)),
            modes_scheduled: Weighted::new(MODES_SCHEDULED),
            modes_other: Weighted::new(MODES_OTHER),
            run_counts: runs::Counts::new(options.mean_runs),
            tag_counts: Weighted::new(TAG_COUNTS),
        }
    }

    /// The options of the data set.
    pub fn options(&self) -> &Options {
        &self.options
    }

    /// The pools that records are drawn from.
    pub fn pools(&self) -> &Pools {
        &self.pools
    }

    /// Record `k`, in any order. Records from `count` on continue after `now` in the same way.
    pub fn record(&self, k: usize) -> Invocation {
        let rank = self.rank(k);
        let rng = &mut rng(self.options.seed, 0, k as u64);
        let created = self.creation_secs(rank);
        let status = self.status(rank, rng);
        let mode = MODES[match status {
            OverallStatus::Scheduled => self.modes_scheduled.pick(rng),
            _ => self.modes_other.pick(rng),
        }];
        let region = self.pools.region(rng);
        let command = self.pools.command(region, rng);

        let mut record = Invocation::new(
            region.id,
            pools::invoke_id(region, k as u64, self.options.seed),
            command.id.as_str(),
        );
        record.resource_group_id = self.pools.resource_group(rng).into();
        record.creation_time = Some(Timestamp::saturating_from_secs(created));
        record.command_type = command.command_type;
        record.command_description = command.description.clone();
        record.working_dir = command.working_dir().into();
        record.username = command.username().into();
        record.termination_mode = "Process".into();
        record.timeout = Some(command.timeout);
        record.repeat_mode = mode;
        if self.options.unique_content {
            let number = pools::code(k as u64, 7, self.options.seed);
            record.command_name = format!("{}-{number}", command.name);
            record.parameters = format!("{{\"target\":\"{number}\"}}");
            let rng = &mut self::rng(self.options.seed, 3, k as u64);
            record.command_content = command.script(500, rng);
        } else {
            record.command_name = command.name.clone();
            record.parameters = command.parameters.clone();
            record.command_content = command.content.clone();
        }
        self.add_tags(&mut record, rank, rng);
        self.add_runs(&mut record, status, region, created, rng);
        if let Some(length) = self.options.outputs {
            let rng = &mut self::rng(self.options.seed, 4, k as u64);
            for run in record.instances.iter_mut().filter(|run| run.start_time.is_some()) {
                pools::fill(&mut run.output, "done", length, rng);
            }
        }
        record
    }

    /// The rank of record `k` by age, from the oldest: `k`, unless times are shuffled.
    fn rank(&self, k: usize) -> usize {
        if self.options.shuffled_times && k < self.options.count {
            permute(k as u64, self.options.count as u64, self.options.seed) as usize
        } else {
            k
        }
    }

    /// The CreationTime of a rank. Four records share a slot of time. The first has a time in the
    /// first quarter of the slot; each other has the time of the one before, or one in its own
    /// quarter.
    fn creation_secs(&self, rank: usize) -> i64 {
        let (slot, within) = (rank as u64 / 4, rank as u64 % 4);
        let slots = (self.options.count as u64).div_ceil(4).max(1);
        let start = slot * SPAN_SECS / slots;
        let length = (slot + 1) * SPAN_SECS / slots - start;
        let bits = mix(self.options.seed ^ mix(slot + 1));
        let quarter = (1..=within).rev().find(|at| bits >> at & 1 == 1).unwrap_or(0);
        let jitter = mix(bits ^ quarter) % (length / 4).max(1);
        let end = i64::from(self.options.now.as_secs());
        end - SPAN_SECS as i64 + (start + length * quarter / 4 + jitter) as i64
    }

    fn status(&self, rank: usize, rng: &mut Rand64) -> OverallStatus {
        if !self.options.statuses_clustered {
            return STATUSES[self.statuses.pick(rng)].0;
        }
        let cycle_length = (self.options.count / 5).max(1);
        let (cycle, at) = (rank / cycle_length, rank % cycle_length);
        let permille = (at as u64 * 1_000) / cycle_length as u64;
        let mut order = STATUSES;
        let cycle_rng = &mut self::rng(self.options.seed, 1, cycle as u64);
        for end in (1..order.len()).rev() {
            order.swap(end, below(cycle_rng, end as u64 + 1) as usize);
        }
        let mut up_to = 0;
        let here = order.iter().find(|(_, weight)| {
            up_to += weight;
            permille < up_to
        });
        here.map_or(OverallStatus::Success, |&(status, _)| status)
    }

    fn add_tags(&self, record: &mut Invocation, rank: usize, rng: &mut Rand64) {
        let mut keys = [usize::MAX; TAG_COUNTS.len()];
        for at in 0..self.tag_counts.pick(rng) {
            let key = loop {
                let key = self.pools.tag_key(rng);
                if !keys[..at].contains(&key) {
                    break key;
                }
            };
            keys[at] = key;
            record.tags.push(self.pools.tag(key, rng));
        }
        if self.options.adversarial_lists {
            let mut add = |key: &str| record.tags.push(Tag::new(key, "1"));
            add(if rank.is_multiple_of(2) { "even" } else { "odd" });
            match rank % ADVERSARIAL_PERIOD {
                64 => ["adv-a", "adv-b"].into_iter().for_each(&mut add),
                192 => add("adv-c"),
                _ => {}
            }
        }
    }
}

impl Iterator for Dataset {
    type Item = Invocation;

    fn next(&mut self) -> Option<Invocation> {
        if self.next >= self.options.count {
            return None;
        }
        self.next += 1;
        Some(self.record(self.next - 1))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let rest = self.options.count.saturating_sub(self.next);
        (rest, Some(rest))
    }

    fn nth(&mut self, n: usize) -> Option<Invocation> {
        self.next = self.next.saturating_add(n);
        self.next()
    }
}

impl ExactSizeIterator for Dataset {}

/// The random generator of number `n` in one of several streams. Content and output have streams of
/// their own, so that the options that add them change nothing else.
fn rng(seed: u64, stream: u64, n: u64) -> Rand64 {
    let high = mix(seed ^ mix(stream));
    Rand64::new(u128::from(high) << 64 | u128::from(mix(high ^ n)))
}

/// A number below `end`, which is not 0.
fn below(rng: &mut Rand64, end: u64) -> u64 {
    rng.rand_range(0..end)
}

/// One permutation of `0..count` for each seed: a Feistel network over the next power of four,
/// applied until the number is below `count` again.
fn permute(number: u64, count: u64, seed: u64) -> u64 {
    let half = (u64::BITS - count.leading_zeros()).div_ceil(2);
    let mask = (1 << half) - 1;
    let mut number = number;
    loop {
        let (mut left, mut right) = (number >> half, number & mask);
        for round in 0..4 {
            (left, right) = (right, left ^ (mix(seed ^ mix(right << 2 | round)) & mask));
        }
        number = left << half | right;
        if number < count {
            return number;
        }
    }
}
