//! Loading: captured JSON, batches in and out of order, archives.

use std::time::Instant;

use invodex::{Config, ImportOptions, Invocation, Store};
use serde::Serialize;

use crate::bounds::Bound;
use crate::clock::nanoseconds_of;
use crate::limits;
use crate::record::{Answer, Record};
use crate::rounds::Effort;
use crate::statistics::median;
use crate::support::dataset::pools::REGIONS;
use crate::support::dataset::{Dataset, Options};

/// Milliseconds, medians of rounds in which all take turns.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Loads {
    pub records: usize,
    pub capture_bytes: usize,
    pub archive_bytes: usize,
    pub import: f64,
    /// serde_json reads the capture into structs.
    pub serde_json: f64,
    pub batch: f64,
    pub shuffled_batch: f64,
    pub one_by_one: f64,
    pub save: f64,
    pub restore: f64,
}

impl Loads {
    /// The times by name.
    pub fn times(&self) -> [(&'static str, f64); 7] {
        [
            ("captured JSON", self.import),
            ("serde_json into structs", self.serde_json),
            ("a batch in order", self.batch),
            ("a shuffled batch", self.shuffled_batch),
            ("one by one in order", self.one_by_one),
            ("save an archive", self.save),
            ("restore it", self.restore),
        ]
    }
}

fn milliseconds<T>(times: &mut Vec<f64>, work: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let result = std::hint::black_box(work());
    times.push(nanoseconds_of(start.elapsed()) / 1e6);
    result
}

/// A captured answer that holds all records, the newest first, each with its region and group.
fn capture(records: &[Invocation]) -> Vec<u8> {
    let mut bytes = format!(
        "{{\"RequestId\":\"{}\",\"PageNumber\":1,\"PageSize\":{count},\"TotalCount\":{count},\
         \"NextToken\":\"\",\"Invocations\":{{\"Invocation\":[",
        crate::record::REQUEST_ID,
        count = records.len(),
    )
    .into_bytes();
    for (at, record) in records.iter().enumerate().rev() {
        let record = Record::of(record.clone(), at as u64 + 1);
        let keys = format!(
            "{{\"RegionId\":\"{}\",\"ResourceGroupId\":\"{}\",",
            record.region_id, record.resource_group_id
        );
        bytes.extend_from_slice(keys.as_bytes());
        let row = serde_json::to_vec(&record).expect("it is plain");
        bytes.extend_from_slice(&row[1..]);
        bytes.extend_from_slice(if at == 0 { b"]}}" } else { b"," });
    }
    bytes
}

pub fn measure(count: usize, effort: Effort) -> Loads {
    let options = Options { count, ..Options::default() };
    let records: Vec<_> = Dataset::new(options).collect();
    let shuffled: Vec<_> = Dataset::new(Options { shuffled_times: true, ..options }).collect();
    let json = capture(&records);
    let config = Config { capacity: count, ..Config::default() };
    let empty = || Store::new(config.clone(), options.now);
    let import_options = ImportOptions::new(REGIONS[0].id);

    let mut times: [Vec<f64>; 7] = Default::default();
    let mut archive = Vec::new();
    for _ in 0..effort.rounds.div_ceil(5) {
        let [import, serde, batch, unordered, single, save, restore] = &mut times;
        let mut store = empty();
        let report = milliseconds(import, || store.import(&json, &import_options));
        assert_eq!(report.expect("it is a capture").loaded, count);
        drop(store);

        let read = milliseconds(serde, || serde_json::from_slice::<Answer<Record>>(&json));
        assert_eq!(read.expect("it is an answer").invocations.invocation.len(), count);

        let mut store = empty();
        milliseconds(unordered, || store.accept_batch(&shuffled));
        assert_eq!(store.len(), count);
        drop(store);

        let mut store = empty();
        milliseconds(single, || {
            records.iter().filter(|record| store.accept(record).is_ok()).count()
        });
        assert_eq!(store.len(), count);
        drop(store);

        let mut store = empty();
        milliseconds(batch, || store.accept_batch(&records));
        assert_eq!(store.len(), count);

        archive.clear();
        milliseconds(save, || store.save(&mut archive)).expect("a vector takes all");
        drop(store);
        let restored = milliseconds(restore, || {
            Store::restore(config.clone(), options.now, archive.as_slice())
        });
        assert_eq!(restored.expect("it is whole").store.len(), count);
    }
    let [import, serde_json, batch, shuffled_batch, one_by_one, save, restore] = times.map(median);
    Loads {
        records: count,
        capture_bytes: json.len(),
        archive_bytes: archive.len(),
        import,
        serde_json,
        batch,
        shuffled_batch,
        one_by_one,
        save,
        restore,
    }
}

pub fn bounds(loads: &Loads, bounds: &mut Vec<Bound>) {
    bounds.push(Bound::new(&limits::IMPORT, loads.import / loads.serde_json));
    bounds.push(Bound::new(&limits::RESTORE, loads.restore / loads.serde_json));
}
