//! The configuration of each case's store, for the engine and for the model.

use invodex::{Config, OmittedTimed, Regions, Tuning};
use proptest::prelude::*;

use super::pools::{REGIONS, START, YEARS, in_year};
use crate::engine::SMALL;
use crate::model::ModelConfig;

/// A store's configuration, for the library and for the model.
///
/// The default is an empty store at [`START`] that keeps 40 records for ever, with thresholds so
/// small that a few rows cross each.
#[derive(Clone, PartialEq, Debug)]
pub struct StoreSpec {
    /// The store's id, which is part of its tokens.
    pub id: u64,
    /// The initial time, in seconds.
    pub start: u32,
    /// Whether an omitted `Timed` restricts nothing.
    pub omitted_timed_any: bool,
    /// Whether the store has a list of regions, see [`REGIONS`].
    pub has_regions: bool,
    /// The limits.
    pub limits: Limits,
}

impl Default for StoreSpec {
    fn default() -> Self {
        StoreSpec {
            id: 0,
            start: START,
            omitted_timed_any: false,
            has_regions: false,
            limits: Limits::default(),
        }
    }
}

/// Limits that may change when a store is restored.
#[derive(Clone, PartialEq, Debug)]
pub struct Limits {
    /// Maximum number of records.
    pub capacity: usize,
    /// Seconds that a record is kept; `None` keeps it for ever.
    pub retention: Option<u32>,
    /// Maximum number of history records of a run.
    pub history_limit: usize,
    /// Maximum bytes of output in all records together.
    pub output_budget: Option<usize>,
    /// The thresholds between the forms of posting lists, which change no answer.
    pub tuning: Tuning,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            capacity: 40,
            retention: None,
            history_limit: 2,
            output_budget: None,
            tuning: SMALL,
        }
    }
}

fn tuning() -> impl Strategy<Value = Tuning> {
    // With the larger shares a few rows make a bitmap, even among many.
    let share = prop_oneof![3 => 2..=8_u32, 1 => 16..=64_u32];
    let random = (share, 0..=4_u32, 1..=3_u32, 1..=20_u32, 0..=6_u32).prop_map(
        |(list_share, list_min, first_chunk, chunk_span, dead_min)| Tuning {
            list_share,
            list_min,
            first_chunk,
            chunk_span,
            dead_min,
        },
    );
    prop_oneof![2 => Just(SMALL), 3 => random]
}

fn limits_with(capacity: BoxedStrategy<usize>) -> impl Strategy<Value = Limits> {
    let retention = prop::option::of(5..=60_u32);
    let history_limit = prop_oneof![1 => Just(0_usize), 4 => 1..=3_usize];
    // Most outputs have a few bytes, the longest 24,576.
    let output_budget = prop_oneof![
        5 => Just(None),
        1 => Just(Some(0)),
        4 => (1..=100_usize).prop_map(Some),
        1 => (24_000..=60_000_usize).prop_map(Some),
    ];
    (capacity, retention, history_limit, output_budget, tuning()).prop_map(
        |(capacity, retention, history_limit, output_budget, tuning)| Limits {
            capacity,
            retention,
            history_limit,
            output_budget,
            tuning,
        },
    )
}

/// Other limits for a small store.
pub(super) fn limits() -> impl Strategy<Value = Limits> {
    limits_with(prop_oneof![1 => 0..4_usize, 8 => 4..=60_usize].boxed())
}

/// A store of `capacity` with thresholds so small that a few rows cross each.
pub(super) fn store(capacity: BoxedStrategy<usize>) -> impl Strategy<Value = StoreSpec> {
    let id = prop_oneof![2 => Just(0_u64), 1 => Just(7), 1 => Just(u64::MAX)];
    let start = prop_oneof![1 => Just(START), 1 => (0..YEARS).prop_map(in_year)];
    (id, start, any::<bool>(), any::<bool>(), limits_with(capacity)).prop_map(
        |(id, start, omitted_timed_any, has_regions, limits)| StoreSpec {
            id,
            start,
            omitted_timed_any,
            has_regions,
            limits,
        },
    )
}

impl StoreSpec {
    /// The configuration of the library's store.
    pub fn config(&self) -> Config {
        let regions = if self.has_regions {
            Regions::only([REGIONS[0], REGIONS[1]]).without_api([REGIONS[2]])
        } else {
            Regions::all()
        };
        Config {
            id: self.id,
            capacity: self.limits.capacity,
            retention_seconds: self.limits.retention,
            omitted_timed: if self.omitted_timed_any {
                OmittedTimed::Any
            } else {
                OmittedTimed::DocumentedFalse
            },
            regions,
            history_limit: self.limits.history_limit,
            output_budget: self.limits.output_budget,
            tuning: self.limits.tuning,
        }
    }

    /// The configuration of the model.
    pub fn model(&self) -> ModelConfig {
        let known = [(0, true), (1, true), (2, false)];
        let known = known.map(|(at, api)| (REGIONS[at].to_owned(), api));
        ModelConfig {
            id: self.id,
            capacity: self.limits.capacity,
            retention_secs: self.limits.retention,
            omitted_timed_any: self.omitted_timed_any,
            regions: self.has_regions.then(|| known.to_vec()),
            history_limit: self.limits.history_limit,
            output_budget: self.limits.output_budget,
        }
    }
}
