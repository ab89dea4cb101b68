//! Every documented filter and combinations of them, over seeded records.

use std::hint::black_box;
use std::time::{Duration, Instant};

use invodex::{Config, DescribeInvocations, Error, Invocation, Store};
use oorandom::Rand64;

use crate::dataset::requests::{Class, classes};
use crate::dataset::{Dataset, Options};

/// Measurements of each time, of which the median counts. Each covers a few repetitions.
const MEASUREMENTS: usize = 25;
const REPETITIONS: u32 = 4;

/// Prints the table. Returns false if a count is wrong.
pub(crate) fn run() -> bool {
    let options = Options::default();
    println!("\n{} seeded records (seed {}), 28 days kept", options.count, options.seed);
    let mut records: Vec<_> = Dataset::new(options).collect();
    let (store, took) = load(&records, options);
    println!("  accept_batch in order    {:>9}", millis(took));
    shuffle(&mut records);
    let (shuffled, took) = load(&records, options);
    println!("  accept_batch shuffled    {:>9}", millis(took));
    let statistics = store.statistics();
    println!(
        "  memory                   {:>6} MB, {} bytes a record",
        statistics.bytes / 1_000_000,
        statistics.bytes / statistics.records.max(1)
    );
    drop(records);

    println!("\nQueries over them: the first 50 rows (MaxResults=50), warm, medians");
    println!(
        "  {:<26}{:>7}{:>10}{:>10}{:>8}  filters beside RegionId",
        "query", "matches", "find", "write", "bytes"
    );
    let mut good = true;
    for class in classes(&options) {
        good &= match row(&store, &shuffled, &class) {
            Ok(good) => good,
            Err(error) => {
                println!("  {:<26}{error}", class.name);
                false
            }
        };
    }
    good
}

fn load(records: &[Invocation], options: Options) -> (Store, Duration) {
    let mut store = Store::new(Config::default(), options.now);
    let start = Instant::now();
    let accepted = store.accept_batch(records);
    let took = start.elapsed();
    let retained = accepted.iter().flatten().filter(|accepted| accepted.retained).count();
    assert_eq!(retained, records.len(), "every generated record is accepted");
    (store, took)
}

fn row(store: &Store, shuffled: &Store, class: &Class) -> Result<bool, Error> {
    let request = DescribeInvocations::from_pairs(class.pairs.iter().map(|(n, v)| (n, v)));
    let first = request.clone().max_results(50);
    let matches = store.matching(&request)?.len();
    let find = median(|| {
        black_box(store.describe_invocations(black_box(&first)).map_or(0, |page| page.len()));
    });
    let page = store.describe_invocations(&first)?;
    let mut body = Vec::new();
    let write = median(|| {
        body.clear();
        page.write_json("473469C7-AA6F-4DC5-B3DB-A3DC0DE3C83E", &mut body);
        black_box(&body);
    });
    println!(
        "  {:<26}{matches:>7}{:>10}{:>10}{:>8}  {}",
        class.name,
        micros(find),
        micros(write),
        body.len(),
        filters(class)
    );

    // A query with tags reaches, and counts, 1,000 rows at most.
    let has_tags = class.pairs.iter().any(|(name, _)| name.starts_with("Tag."));
    let expected = if has_tags { matches.min(1_000) } else { matches };
    let total =
        store.describe_invocations(&request.clone().page_number(1).page_size(50))?.total_count();
    let in_shuffled = shuffled.matching(&request)?.len();
    let counts = (total, page.len() as u64, in_shuffled);
    if counts != (Some(expected), matches.min(50), matches) {
        println!("    WRONG: TotalCount, rows and matches of the shuffled records are {counts:?}");
        return Ok(false);
    }
    Ok(true)
}

/// The filters beside RegionId, cut to the width of the table.
fn filters(class: &Class) -> String {
    const WIDTH: usize = 44;
    let mut tags = Vec::new();
    let mut words = Vec::new();
    for (name, value) in &class.pairs {
        match name.strip_prefix("Tag.") {
            Some(rest) if rest.ends_with(".Key") => tags.push(value.clone()),
            Some(_) => tags.last_mut().map_or((), |tag| tag.push_str(&format!("={value}"))),
            None if name != "RegionId" => words.push(format!("{name}={value}")),
            None => {}
        }
    }
    words.extend(tags.into_iter().map(|tag| format!("Tag:{tag}")));
    let text = words.join(" ");
    match text.char_indices().nth(WIDTH) {
        Some((end, _)) => format!("{}..", &text[..end - 2]),
        None => text,
    }
}

fn median(mut work: impl FnMut()) -> Duration {
    let mut times: Vec<_> = (0..MEASUREMENTS)
        .map(|_| {
            let start = Instant::now();
            (0..REPETITIONS).for_each(|_| work());
            start.elapsed() / REPETITIONS
        })
        .collect();
    times.sort_unstable();
    times[MEASUREMENTS / 2]
}

fn shuffle(records: &mut [Invocation]) {
    let rng = &mut Rand64::new(7);
    for end in (1..records.len()).rev() {
        records.swap(end, rng.rand_range(0..end as u64 + 1) as usize);
    }
}

fn millis(time: Duration) -> String {
    format!("{:.0} ms", time.as_secs_f64() * 1e3)
}

fn micros(time: Duration) -> String {
    format!("{:.2} us", time.as_secs_f64() * 1e6)
}
