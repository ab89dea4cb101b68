//! Token walks while records are accepted, changed and removed, checked against the tour's own
//! book.
//!
//! - T1: a record that matches during the whole walk is returned exactly once.
//! - T2: no record is returned twice.
//! - T3: a record that appears before the walk's position is never returned; one that appears
//!   behind it is returned in its place.
//! - T4: a token stays valid when its record is removed.
//! - T7: the page with the last row has no token.

use std::collections::HashSet;

use invodex::{
    Config, DescribeInvocations, Invocation, InvocationStatus, ManualClock, OmittedTimed,
    RunUpdate, Store,
};
use oorandom::Rand64;

use crate::book::{Book, Kept, Key};
use crate::dataset::{Dataset, Options};

const CAPACITY: usize = 12_000;
const REGION: &str = "cn-hangzhou";
const GROUP: &str = "rg-acfmwk3q7ztb5ni";
/// Maximum number of rows that a query with tags reaches.
const TAGGED_ROWS: usize = 1_000;
/// MaxResults of the pages, in turn.
const PAGES: [u32; 5] = [50, 7, 23, 1, 50];
/// Writes between two pages.
const WRITES: usize = 6;

/// A kind of walk: its request, and the same filter over the book.
struct Walk {
    name: &'static str,
    request: DescribeInvocations,
    holds: fn(&Kept, &str) -> bool,
    instance_id: String,
    has_tags: bool,
    /// Begins with this page of 20 rows, by number, and continues by token.
    from_page: Option<u32>,
}

/// The counts of a walk.
#[derive(Default)]
struct Counts {
    pages: usize,
    rows: usize,
    steady: usize,
    before: usize,
    behind: usize,
    changed: usize,
    removed: usize,
    lost_tokens: usize,
}

/// Prints a line for each walk. Returns false if a promise is broken.
pub(crate) fn run() -> bool {
    let options = Options { count: CAPACITY, seed: 3, ..Options::default() };
    println!("\nToken walks over {CAPACITY} seeded records (seed 3), the store full all the time");
    println!(
        "  Between two pages come {WRITES} writes: accept, backfill, update, stop, delete. The record"
    );
    println!(
        "  that the token names is deleted at every third page. Steady: matched throughout. Before,"
    );
    println!(
        "  behind: came to stand so. Removed: deleted or evicted. Tokens: have lost their record."
    );
    println!(
        "  {:<26}{:>6}{:>7}{:>8}{:>8}{:>8}{:>9}{:>9}{:>8}  holds",
        "walk", "pages", "rows", "steady", "before", "behind", "changed", "removed", "tokens"
    );
    let mut good = true;
    let mut total = Counts::default();
    for (seed, walk) in (1..).zip(walks(&options)) {
        let mut journey = Journey::begin(walk, options, seed);
        let outcome = journey.walk();
        let Counts { pages, rows, steady, before, behind, changed, removed, lost_tokens } =
            journey.counts;
        println!(
            "  {:<26}{pages:>6}{rows:>7}{steady:>8}{before:>8}{behind:>8}{changed:>9}{removed:>9}{lost_tokens:>8}  {}",
            journey.walk.name,
            if outcome.is_ok() { "yes" } else { "NO" }
        );
        if let Err(broken) = outcome {
            println!("    BROKEN: {broken}");
            good = false;
        }
        total.rows += rows;
        total.steady += steady;
        total.before += before;
        total.behind += behind;
        total.lost_tokens += lost_tokens;
        total.pages += pages;
    }
    println!("  T1  {} records matched throughout: each returned exactly once", total.steady);
    println!("  T2  {} rows: none returned twice, each where it belongs", total.rows);
    println!(
        "  T3  {} came to stand before the walk, none returned; {} behind it, all in T1's count",
        total.before, total.behind
    );
    println!("  T4  {} tokens whose record was deleted: all valid", total.lost_tokens);
    println!("  T7  {} pages: NextToken exactly when the book has a row behind", total.pages);
    good
}

fn walks(options: &Options) -> Vec<Walk> {
    let popular = Dataset::new(*options).pools().instance_id(0).to_owned();
    let region = || DescribeInvocations::new(REGION);
    let walk = |name, request, holds: fn(&Kept, &str) -> bool| Walk {
        name,
        request,
        holds,
        instance_id: popular.clone(),
        has_tags: false,
        from_page: None,
    };
    use invodex::{CommandType, InvokeStatus, RepeatMode};
    let success = || {
        let request = region().invoke_status(InvokeStatus::Success);
        request.command_type(CommandType::RunShellScript)
    };
    let is_success: fn(&Kept, &str) -> bool =
        |kept, _| kept.is_success() && kept.command_type == CommandType::RunShellScript;
    vec![
        walk("no filter", region(), |_, _| true),
        walk("status, type", success(), is_success),
        walk(
            "group, mode",
            region().resource_group_id(GROUP).repeat_mode(RepeatMode::Once),
            |kept, _| kept.resource_group_id == GROUP && kept.repeat_mode == RepeatMode::Once,
        ),
        walk("instance", region().instance_id(&popular), |kept, instance_id| {
            kept.runs.iter().any(|(id, _)| id == instance_id)
        }),
        Walk {
            has_tags: true,
            ..walk("tag key (1,000 rows)", region().tag_key("env"), |kept, _| {
                kept.tag_keys.iter().any(|key| key == "env")
            })
        },
        Walk {
            has_tags: true,
            ..walk("tag key, status", success().tag_key("severity"), |kept, _| {
                kept.is_success()
                    && kept.command_type == CommandType::RunShellScript
                    && kept.tag_keys.iter().any(|key| key == "severity")
            })
        },
        Walk { from_page: Some(3), ..walk("page 3 of 20, then tokens", region(), |_, _| true) },
        Walk { from_page: Some(7), ..walk("page 7, status, type", success(), is_success) },
    ]
}

/// A walk in progress.
struct Journey {
    walk: Walk,
    store: Store,
    clock: ManualClock,
    book: Book,
    dataset: Dataset,
    next_record: usize,
    rng: Rand64,
    /// The walk's position: the last returned row.
    position: Option<Key>,
    /// Records that must be returned: they have matched since the walk began, or since they
    /// appeared behind its position.
    steady: HashSet<String>,
    returned: HashSet<String>,
    /// Records that appeared before the position.
    before: HashSet<String>,
    counts: Counts,
}

impl Journey {
    fn begin(walk: Walk, options: Options, seed: u128) -> Self {
        let clock = ManualClock::new(options.now);
        let config =
            Config { capacity: CAPACITY, omitted_timed: OmittedTimed::Any, ..Config::default() };
        let mut journey = Journey {
            walk,
            store: Store::new(config, clock.clone()),
            clock,
            book: Book::new(CAPACITY),
            dataset: Dataset::new(options),
            next_record: options.count,
            rng: Rand64::new(seed),
            position: None,
            steady: HashSet::new(),
            returned: HashSet::new(),
            before: HashSet::new(),
            counts: Counts::default(),
        };
        let records: Vec<_> = journey.dataset.clone().collect();
        for (record, accepted) in records.iter().zip(journey.store.accept_batch(&records)) {
            assert!(
                accepted.is_ok_and(|accepted| accepted.retained),
                "a seeded record is accepted"
            );
            journey.book.accept(record, record.creation_time.unwrap_or(options.now));
        }
        journey
    }

    /// Walks to the end. The error names the broken promise.
    fn walk(&mut self) -> Result<(), String> {
        let skipped = self.walk.from_page.map_or(0, |page| 20 * (page as usize - 1));
        let matching = self.book.newest_first().filter(|(_, kept)| self.holds(kept));
        let matching: Vec<String> = matching.map(|(id, _)| id.to_owned()).collect();
        let total = matching.len() as u64;
        self.steady = matching.into_iter().skip(skipped).collect();

        let mut request = match self.walk.from_page {
            Some(page) => self.walk.request.clone().page_number(page).page_size(20),
            None => self.walk.request.clone().max_results(PAGES[0]),
        };
        loop {
            let page =
                self.store.describe_invocations(&request).map_err(|error| error.to_string())?;
            let rows: Vec<String> = page.invocations().map(|row| row.invoke_id().into()).collect();
            let next = page.next_token();
            if let Some(counted) = page.total_count().filter(|&counted| counted != total) {
                return Err(format!("TotalCount is {counted} and not {total}"));
            }
            drop(page);
            self.counts.pages += 1;
            rows.iter().try_for_each(|row| self.check_row(row))?;
            let at_limit = self.walk.has_tags && self.returned.len() >= TAGGED_ROWS;
            if next.is_some() != (self.is_behind() && !at_limit) {
                return Err(format!("T7: after row {} NextToken is {next:?}", self.returned.len()));
            }
            let Some(next) = next else { break };
            self.write(rows.last());
            let rows = PAGES[self.counts.pages % PAGES.len()];
            request = self.walk.request.clone().max_results(rows).next_token(next.as_str());
        }
        self.check_end()
    }

    fn holds(&self, kept: &Kept) -> bool {
        kept.region_id == REGION && (self.walk.holds)(kept, &self.walk.instance_id)
    }

    /// Whether the book has a matching record behind the position.
    fn is_behind(&self) -> bool {
        let behind = |kept: &Kept| self.position.is_none_or(|position| kept.key < position);
        self.book.records.values().any(|kept| behind(kept) && self.holds(kept))
    }

    fn check_row(&mut self, invoke_id: &str) -> Result<(), String> {
        self.counts.rows += 1;
        let Some(kept) = self.book.records.get(invoke_id) else {
            return Err(format!("{invoke_id} was returned and is gone"));
        };
        if !self.holds(kept) {
            return Err(format!("{invoke_id} was returned and does not match"));
        }
        if self.before.contains(invoke_id) {
            return Err(format!("T3: {invoke_id} came before the position and was returned"));
        }
        if self.position.is_some_and(|position| kept.key >= position) {
            return Err(format!("T2, T3: {invoke_id} does not stand behind the row before it"));
        }
        self.position = Some(kept.key);
        if !self.returned.insert(invoke_id.to_owned()) {
            return Err(format!("T2: {invoke_id} was returned twice"));
        }
        Ok(())
    }

    fn check_end(&mut self) -> Result<(), String> {
        let full = self.walk.has_tags && self.returned.len() >= TAGGED_ROWS;
        let missed = self.steady.iter().filter(|id| !self.returned.contains(*id)).count();
        if missed > 0 && !full {
            return Err(format!("T1: {missed} records matched throughout and were not returned"));
        }
        self.counts.steady = self.steady.len() - missed;
        let held: Vec<_> = self.store.iter().map(|view| view.invoke_id().to_owned()).collect();
        if !held.iter().map(String::as_str).eq(self.book.newest_first().map(|(id, _)| id)) {
            return Err(format!("the store holds {}, the book {}", held.len(), self.book.len()));
        }
        Ok(())
    }

    /// Writes between two pages. `last` is the last row of the page before.
    fn write(&mut self, last: Option<&String>) {
        self.clock.advance(1);
        if let Some(last) = last.filter(|_| self.counts.pages.is_multiple_of(3)) {
            self.delete(&last.clone());
            self.counts.lost_tokens += 1;
        }
        for _ in 0..WRITES {
            match self.rng.rand_range(0..10) {
                0..3 => self.accept(None),
                3..5 => {
                    // Some are the oldest of all, and are not held if the store is full.
                    let time = self.book.any_time(&mut self.rng);
                    let back = self.rng.rand_range(0..600) as i64;
                    self.accept(Some(time.saturating_add_secs(-back)));
                }
                5 => {
                    if let Some(invoke_id) = self.book.any(&mut self.rng) {
                        self.delete(&invoke_id);
                        // Fills the store again.
                        self.accept(None);
                    }
                }
                _ => self.change(),
            }
        }
    }

    /// Accepts a new record, or a late one created at `time`.
    fn accept(&mut self, time: Option<invodex::Timestamp>) {
        let mut record: Invocation = self.dataset.record(self.next_record);
        self.next_record += 1;
        record.creation_time = time;
        let accepted = self.store.accept(&record);
        let (held, evicted) = self.book.accept(&record, time.unwrap_or(self.store.now()));
        assert!(accepted.is_ok_and(|accepted| accepted.retained == held), "it is held or not");
        if let Some(evicted) = evicted {
            self.counts.removed += 1;
            self.forget(&evicted);
        }
        let Some(kept) = self.book.records.get(&record.invoke_id) else { return };
        if !self.holds(kept) {
            return;
        }
        if self.position.is_some_and(|position| kept.key > position) {
            self.counts.before += 1;
            self.before.insert(record.invoke_id);
        } else {
            self.counts.behind += 1;
            self.steady.insert(record.invoke_id);
        }
    }

    fn delete(&mut self, invoke_id: &str) {
        let deleted = self.store.delete(invoke_id);
        assert!(deleted.is_ok(), "{invoke_id} is there");
        self.book.remove(invoke_id);
        self.counts.removed += 1;
        self.forget(invoke_id);
    }

    /// Drops a record from the promises, because it was removed or no longer matches. It may be
    /// returned or not.
    fn forget(&mut self, invoke_id: &str) {
        if !self.returned.contains(invoke_id) {
            self.steady.remove(invoke_id);
        }
    }

    /// Updates a run that has not ended of some record, or stops the record.
    fn change(&mut self) {
        use InvocationStatus as S;
        for _ in 0..12 {
            let Some(invoke_id) = self.book.any(&mut self.rng) else { return };
            let draw = self.rng.rand_range(0..4);
            let Some(kept) = self.book.records.get_mut(&invoke_id) else { return };
            let Some((instance_id, status)) = kept.runs.iter_mut().find(|run| !run.1.is_end())
            else {
                continue;
            };
            if draw == 0 {
                let stopped = self.store.stop(&invoke_id, &[]);
                assert!(stopped.is_ok(), "{invoke_id} is there");
                for (_, status) in &mut kept.runs {
                    *status = match *status {
                        S::Pending | S::Scheduled => S::Cancelled,
                        S::Running => S::Stopping,
                        other => other,
                    };
                }
            } else {
                let to = match (*status, draw) {
                    (S::Pending | S::Scheduled, _) => S::Running,
                    (S::Running | S::Stopping, 1 | 2) => S::Success,
                    _ => S::Failed,
                };
                let update = RunUpdate { invocation_status: Some(to), ..RunUpdate::default() };
                let updated = self.store.update_run(&invoke_id, instance_id, &update);
                assert!(updated.is_ok(), "a run can go from {status} to {to}");
                *status = to;
            }
            self.counts.changed += 1;
            let holds = self.book.records.get(&invoke_id).is_some_and(|kept| self.holds(kept));
            if !holds {
                self.forget(&invoke_id);
            }
            return;
        }
    }
}
