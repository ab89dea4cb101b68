//! The memory of a store, counted by the allocator.

use std::hint::black_box;

use invodex::Store;
use serde::Serialize;

use crate::bounds::Bound;
use crate::limits;
use crate::memory::allocated;
use crate::rounds::{Cost, Effort, interleave};
use crate::support::dataset::{Dataset, Options};
use crate::support::stores;
use crate::yardstick::Yardstick;

const SHARED: &str = "shared content";
const UNIQUE: &str = "unique content";

#[derive(Clone, Debug, Serialize)]
pub struct Filled {
    pub data: &'static str,
    pub records: usize,
    pub runs_of_a_record: f64,
    /// Mean bytes of the texts that only one record has.
    pub unique_texts: f64,
    pub bytes_of_a_record: f64,
    /// The bytes that the store's own statistics report.
    pub statistics_bytes: f64,
}

#[derive(Default, Serialize)]
pub struct Memory {
    pub filled: Vec<Filled>,
    pub steady: Option<Steady>,
    pub empty_bytes: usize,
    pub empty: Option<Cost>,
}

/// A full store of unique content over many accepts, each of which evicts.
#[derive(Clone, Debug, Serialize)]
pub struct Steady {
    pub writes: usize,
    /// The maximum number of bytes held in the first and in the second half.
    pub most_before: usize,
    pub most_after: usize,
}

pub fn measure(count: usize, quick: bool, effort: Effort, yardstick: &Yardstick) -> Memory {
    let plain = Options { count, ..Options::default() };
    let unique = Options { unique_content: true, ..plain };
    let many_runs = Options { mean_runs: 10, ..plain };
    let mut memory = Memory {
        filled: [(SHARED, plain), (UNIQUE, unique), ("10 runs", many_runs)]
            .map(|(data, options)| fill(data, &options))
            .into(),
        ..Memory::default()
    };
    memory.steady = Some(steady(&unique, if quick { 50_000 } else { 1_000_000 }));

    let before = allocated();
    let store = black_box(Store::default());
    memory.empty_bytes = allocated() - before + size_of::<Store>();
    drop(store);
    let make = || usize::from(black_box(Store::default()).is_empty());
    let costs = interleave(effort, yardstick, &mut [vec![Box::new(make)]]);
    memory.empty = Some(costs[0][0]);
    memory
}

fn fill(data: &'static str, options: &Options) -> Filled {
    let before = allocated();
    let store = stores::full_store(options);
    let bytes = allocated() - before;
    let (mut runs, mut unique) = (0, 0);
    for record in store.iter() {
        runs += record.instances().count();
        if options.unique_content {
            let texts = [record.command_name(), record.parameters()];
            unique += texts.map(str::len).iter().sum::<usize>() + record.command_content().len();
        }
    }
    let each = |total: usize| total as f64 / store.len() as f64;
    Filled {
        data,
        records: store.len(),
        runs_of_a_record: each(runs),
        unique_texts: each(unique),
        bytes_of_a_record: each(bytes),
        statistics_bytes: each(store.statistics().bytes),
    }
}

fn steady(options: &Options, writes: usize) -> Steady {
    let before = allocated();
    let mut store = stores::full_store(options);
    let dataset = Dataset::new(*options);
    let mut most = [0; 2];
    for at in 0..writes {
        assert!(store.accept(&dataset.record(options.count + at)).expect("it is valid").retained);
        if at % 64 == 0 {
            let half = &mut most[at * 2 / writes];
            *half = (allocated() - before).max(*half);
        }
    }
    assert_eq!(store.len(), options.count);
    Steady { writes, most_before: most[0], most_after: most[1] }
}

pub fn bounds(memory: &Memory, bounds: &mut Vec<Bound>) {
    for filled in &memory.filled {
        let limit = match filled.data {
            SHARED => &limits::MEMORY_SHARED,
            UNIQUE => &limits::MEMORY_UNIQUE,
            _ => continue,
        };
        bounds.push(Bound::new(limit, filled.bytes_of_a_record));
    }
    if let Some(steady) = &memory.steady {
        let growth = steady.most_after as f64 / steady.most_before as f64;
        let case = format!("{} of them", steady.writes);
        bounds.push(Bound::of_case(&limits::STEADY_MEMORY, case, growth));
    }
    bounds.push(Bound::new(&limits::EMPTY_STORE, memory.empty_bytes as f64));
}
