//! Measures a store of realistic records: its memory, its answers and its archive, as a row of the
//! README's table. The archive stays, as input of the command.
//!
//! ```sh
//! cargo run --release -p invodex-parquet --example measure -- 1000000 ARCHIVE
//! ```
//!
//! A third argument gives each run that has started an output of so many bytes.

use std::error::Error;
use std::fs::{self, File};
use std::hint::black_box;
use std::io::BufReader;
use std::time::{Duration, Instant};

use invodex::{DescribeInvocations, Store};
use invodex_testkit::dataset::requests::{adversarial, classes};
use invodex_testkit::dataset::{Dataset, Options};

/// Answers of each class of requests, of which the median counts.
const ROUNDS: usize = 101;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (count, archive, outputs) = match &arguments[..] {
        [count, archive] => (count, archive, None),
        [count, archive, bytes] => (count, archive, Some(bytes.parse()?)),
        _ => return Err("usage: measure COUNT ARCHIVE [BYTES]".into()),
    };
    let options =
        Options { count: count.parse()?, adversarial_lists: true, outputs, ..Options::default() };
    let dataset = Dataset::new(options);
    let store = dataset.store();

    let mut medians = Vec::new();
    for class in classes(&options).into_iter().chain(adversarial(&options)) {
        let mut request = DescribeInvocations::from_pairs(&class.pairs);
        request = request.page_number(1).page_size(50);
        medians.push((median(&store, &request)?, class.name));
    }
    medians.sort();
    let (worst, class) = medians[medians.len() - 1];

    let bytes = store.statistics().bytes;
    let (_, saving) = timed(|| File::create(archive).map(|file| store.save(file)));
    drop(store);
    let read = BufReader::with_capacity(1 << 20, File::open(archive)?);
    let (restored, restoring) = timed(|| Store::restore(dataset.config(), dataset.clock(), read));
    assert_eq!(restored?.store.len(), options.count);
    println!(
        "| {count} | {:.0} MB | {:.0} MB | {} | {} ({class}) | {:.0} MB | {:.1} s | {:.1} s |",
        bytes as f64 / 1e6,
        peak()? as f64 / 1e6,
        shown(medians[medians.len() / 2].0),
        shown(worst),
        fs::metadata(archive)?.len() as f64 / 1e6,
        saving.as_secs_f64(),
        restoring.as_secs_f64(),
    );
    Ok(())
}

fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let start = Instant::now();
    let result = work();
    (result, start.elapsed())
}

/// The median time of a whole answer: the first page by number, with its total, as JSON.
fn median(store: &Store, request: &DescribeInvocations) -> Result<Duration, invodex::Error> {
    let mut times = Vec::new();
    let mut body = Vec::new();
    for _ in 0..ROUNDS {
        body.clear();
        let (answer, time) = timed(|| {
            store.describe_invocations(request).map(|page| page.write_json("R", &mut body))
        });
        answer?;
        black_box(&body);
        times.push(time);
    }
    times.sort();
    Ok(times[ROUNDS / 2])
}

fn shown(time: Duration) -> String {
    format!("{:.0} us", time.as_secs_f64() * 1e6)
}

/// The most memory that the process ever had.
fn peak() -> Result<u64, Box<dyn Error>> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).ok_or("no VmHWM")?;
    Ok(line.trim().trim_end_matches(" kB").parse::<u64>()? * 1024)
}
