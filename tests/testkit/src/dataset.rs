//! Realistic records by a seed: 10 to 10,000,000 of them, in several variants, with named requests
//! on them.
//!
//! A data set brings its own time: its records are the last 20 days before [`Options::now`], which
//! is 2025-06-01 unless said otherwise. A store with the system's clock accepts such records and
//! holds none, because they have expired. [`Dataset::store`] makes a store that holds them all, and
//! [`Dataset::clock`] the clock for a store or a front end of one's own.
//!
//! ```
//! use invodex::DescribeInvocations;
//! use invodex_testkit::dataset::Dataset;
//! use invodex_testkit::dataset::requests::classes;
//!
//! let dataset = Dataset::of(1_000);
//! let store = dataset.store();
//! assert_eq!(store.len(), 1_000);
//!
//! for class in classes(dataset.options()) {
//!     let page = store.describe_invocations(&DescribeInvocations::from_pairs(&class.pairs))?;
//!     assert!(page.len() <= 10, "{}", class.name);
//! }
//! # Ok::<(), invodex::Error>(())
//! ```
//!
//! A record depends only on the options and its number. The generator keeps no records, so ten
//! million of them need the memory of one. A record takes about 4 us to make. A seed gives the same
//! records on every platform.
//!
//! For a system that is not written in Rust, [`Dataset::write_captured`] writes the records as
//! responses of DescribeInvocations:
//!
//! ```sh
//! cargo run --release -p invodex-testkit --example dataset -- 100000 > captured.jsonl
//! ```
//!
//! # The records
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

mod captured;
pub mod pools;
pub mod requests;
mod runs;

use invodex::{Config, Invocation, ManualClock, OverallStatus, RepeatMode, Store, Tag, Timestamp};
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

/// The records of one batch while a store is filled.
const BATCH: usize = 20_000;

/// The data set to generate. Each field but `count`, `seed` and `now` is a variant; variants may be
/// combined.
///
/// # Examples
///
/// ```
/// use invodex_testkit::dataset::{Dataset, Options};
///
/// let options = Options { count: 10, outputs: Some(300), ..Options::default() };
/// let mut runs = Dataset::new(options).flat_map(|record| record.instances);
/// assert!(runs.all(|run| run.output.len() == 300 || run.start_time.is_none()));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Options {
    /// The number of records: 10 to 10,000,000 are tried. 100,000 by default.
    pub count: usize,
    /// Another seed gives other records of the same distributions, with other InvokeIds. 1 by
    /// default.
    pub seed: u64,
    /// No time is later than this. 2025-06-01T00:00:00Z by default, so that every run of a test has
    /// the same records. `SystemClock.now()` gives records for a server with the system's clock.
    pub now: Timestamp,
    /// Each status comes in long stretches by age: a fifth of the records has one stretch of each.
    /// Otherwise the statuses are independent of age.
    pub statuses_clustered: bool,
    /// Each record has 500 bytes of content, Parameters and a CommandName of its own. Otherwise it
    /// shares those of its command, with 200 bytes of content.
    pub unique_content: bool,
    /// The order of acceptance is independent of CreationTime. Otherwise it is the order of
    /// CreationTime.
    pub shuffled_times: bool,
    /// The mean number of runs of a record, 2 to 10; 3 by default. With 10, the numbers 2 to 20 are
    /// equally likely.
    pub mean_runs: u32,
    /// Bytes of output of each run that has started. None by default.
    pub outputs: Option<usize>,
    /// Adds tags with the value 1: adv-a and adv-b on one record in 205, adv-c on as many others,
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

/// The records that [`Options`] describe: an iterator in the order of acceptance.
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

    /// The data set of this many records, with default options. Cost: as [`new`](Self::new).
    pub fn of(count: usize) -> Self {
        Dataset::new(Options { count, ..Options::default() })
    }

    /// A clock at [`Options::now`], at which a store holds the records.
    pub fn clock(&self) -> ManualClock {
        ManualClock::new(self.options.now)
    }

    /// The default configuration, with a capacity for all records if that is more than the default.
    pub fn config(&self) -> Config {
        let config = Config::default();
        Config { capacity: config.capacity.max(self.options.count), ..config }
    }

    /// A store that holds all records, with the configuration and the clock of the data set. For
    /// another configuration, or to move the clock, make the store and [`fill`](Self::fill) it.
    /// Cost: about 10 us a record.
    ///
    /// # Panics
    ///
    /// If `count` is above 20,000,000, the most that a store holds.
    pub fn store(&self) -> Store {
        let mut store = Store::new(self.config(), self.clock());
        assert_eq!(self.fill(&mut store), self.options.count, "records are not retained");
        store
    }

    /// Accepts all records, in batches. Returns the number that the store retains: those that are
    /// neither older than its retention nor, at that moment, beyond its capacity. It is 0 if the
    /// store has the system's clock and the records have the default time.
    ///
    /// # Panics
    ///
    /// If the store refuses a record, as it does when it holds the InvokeId.
    ///
    /// # Examples
    ///
    /// ```
    /// use invodex::{Config, Store};
    /// use invodex_testkit::dataset::Dataset;
    ///
    /// let dataset = Dataset::of(1_000);
    /// let clock = dataset.clock();
    /// let mut store = Store::new(Config::newest_retention(), clock.clone());
    /// assert_eq!(dataset.fill(&mut store), 1_000);
    ///
    /// clock.advance(31 * 86_400);
    /// assert!(store.is_empty());
    /// ```
    pub fn fill(&self, store: &mut Store) -> usize {
        let mut retained = 0;
        let mut records = (0..self.options.count).map(|k| self.record(k));
        loop {
            let batch: Vec<_> = records.by_ref().take(BATCH).collect();
            if batch.is_empty() {
                return retained;
            }
            for accepted in store.accept_batch(&batch) {
                let accepted = accepted.unwrap_or_else(|error| panic!("refused: {error}"));
                retained += usize::from(accepted.retained);
            }
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
        match self.shuffle() {
            Some(shuffle) if k < self.options.count => shuffle.apply(k as u64) as usize,
            _ => k,
        }
    }

    /// The numbers of all records in list order: by CreationTime, newest first, and at equal times
    /// by acceptance, latest first.
    fn listed(&self) -> impl Iterator<Item = usize> {
        let mut ranks = (0..self.options.count).rev().peekable();
        let mut equal: Vec<usize> = Vec::new();
        core::iter::from_fn(move || {
            if equal.is_empty() {
                let first = ranks.next()?;
                let created = self.creation_secs(first);
                let same = |rank: &usize| self.creation_secs(*rank) == created;
                equal.push(self.number(first));
                while let Some(rank) = ranks.next_if(same) {
                    equal.push(self.number(rank));
                }
                equal.sort_unstable();
            }
            equal.pop()
        })
    }

    /// The number of the record with a rank below `count`.
    fn number(&self, rank: usize) -> usize {
        match self.shuffle() {
            Some(shuffle) => shuffle.invert(rank as u64) as usize,
            None => rank,
        }
    }

    fn shuffle(&self) -> Option<Permutation> {
        let Options { count, seed, shuffled_times, .. } = self.options;
        shuffled_times.then(|| Permutation::new(count, seed))
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

/// A permutation of the numbers below a count, another one for each seed: a Feistel network over the
/// next power of four, applied until the number is below the count again.
#[derive(Clone, Copy)]
struct Permutation {
    count: u64,
    seed: u64,
    /// The bits of each half of a number.
    half: u32,
}

impl Permutation {
    fn new(count: usize, seed: u64) -> Self {
        let count = count as u64;
        Permutation { count, seed, half: (u64::BITS - count.leading_zeros()).div_ceil(2) }
    }

    fn mixed(&self, half: u64, round: u64) -> u64 {
        mix(self.seed ^ mix(half << 2 | round)) & ((1 << self.half) - 1)
    }

    /// The place of a number.
    fn apply(&self, mut number: u64) -> u64 {
        loop {
            let (mut left, mut right) = (number >> self.half, number & ((1 << self.half) - 1));
            for round in 0..4 {
                (left, right) = (right, left ^ self.mixed(right, round));
            }
            number = left << self.half | right;
            if number < self.count {
                return number;
            }
        }
    }

    /// The number at a place.
    fn invert(&self, mut place: u64) -> u64 {
        loop {
            let (mut left, mut right) = (place >> self.half, place & ((1 << self.half) - 1));
            for round in (0..4).rev() {
                (left, right) = (right ^ self.mixed(left, round), left);
            }
            place = left << self.half | right;
            if place < self.count {
                return place;
            }
        }
    }
}
