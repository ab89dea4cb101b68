//! All figures of a run, as text and as JSON.

use std::fmt::Write;

use serde::Serialize;

use crate::bounds::Bound;
use crate::measure_answer::Answers;
use crate::measure_cold::{self, Cold};
use crate::measure_find::Finds;
use crate::measure_growth::Point;
use crate::measure_load::Loads;
use crate::measure_memory::Memory;
use crate::measure_shared::SharedStores;
use crate::measure_write::{Kinds, Writes};
use crate::rounds::Cost;
use crate::statistics::geometric_mean;

#[derive(Default, Serialize)]
pub struct Report {
    pub records: usize,
    pub quick: bool,
    /// One Y, the median of all rounds, in nanoseconds.
    pub y_nanoseconds: f64,
    /// The same AND and count as a loop over single words.
    pub y_word_by_word_nanoseconds: f64,
    pub find: Option<Finds>,
    pub answer: Option<Answers>,
    pub cold: Option<Vec<Cold>>,
    pub write: Option<Writes>,
    pub memory: Option<Memory>,
    pub growth: Option<Vec<Point>>,
    pub shared: Option<SharedStores>,
    pub load: Option<Loads>,
    pub bounds: Vec<Bound>,
}

/// A time, rounded for readers.
pub fn time(nanoseconds: f64) -> String {
    match nanoseconds {
        ns if ns < 999.5 => format!("{ns:.0} ns"),
        ns if ns < 9_995.0 => format!("{:.2} us", ns / 1e3),
        ns if ns < 999_500.0 => format!("{:.1} us", ns / 1e3),
        ns => format!("{:.2} ms", ns / 1e6),
    }
}

/// The time of a peer, also as a multiple of the library's.
fn other(other: Option<Cost>, invodex: Cost) -> String {
    match other {
        Some(cost) => format!("{:>9} {:>7.1}x", time(cost.nanoseconds), cost.y / invodex.y),
        None => format!("{:>9} {:>8}", "", ""),
    }
}

impl Report {
    pub fn text(&self) -> String {
        let mut out = String::new();
        self.write_text(&mut out).expect("a string takes all");
        out
    }

    fn write_text(&self, out: &mut String) -> std::fmt::Result {
        writeln!(
            out,
            "Y, AND and count of three bitmaps of 12.5 KB in chunks of eight words: {:.0} ns \
             (word by word: {:.0} ns)",
            self.y_nanoseconds, self.y_word_by_word_nanoseconds,
        )?;
        if let Some(find) = &self.find {
            write_finds(out, find)?;
        }
        if let Some(answer) = &self.answer {
            write_answers(out, answer)?;
        }
        if let Some(cold) = &self.cold {
            write_cold(out, cold)?;
        }
        if let Some(write) = &self.write {
            write_writes(out, write)?;
        }
        if let Some(memory) = &self.memory {
            write_memory(out, memory)?;
        }
        if let Some(growth) = &self.growth {
            write_growth(out, growth)?;
        }
        if let Some(shared) = &self.shared {
            write_shared(out, shared)?;
        }
        if let Some(load) = &self.load {
            write_load(out, load)?;
        }
        write_bounds(out, &self.bounds)
    }
}

fn write_finds(out: &mut String, finds: &Finds) -> std::fmt::Result {
    writeln!(out, "\nFinding a page: invodex, and how many times its time the others take")?;
    if let Some(token) = finds.token {
        let time = time(token.nanoseconds);
        writeln!(out, "(without the reading of a token's text, {time}, at middle and end)")?;
    }
    writeln!(
        out,
        "{:<31} {:>4} {:<6} {:>9} {:>6} {:>18} {:>18} {:>18}",
        "class", "page", "place", "invodex", "Y", "roaring", "SQLite ids", "scan"
    )?;
    let mut variant = "";
    for line in &finds.pages {
        if line.variant != variant {
            variant = line.variant;
            writeln!(out, "- {variant}")?;
        }
        writeln!(
            out,
            "{:<31} {:>4} {:<6} {:>9} {:>6.2} {} {} {}",
            line.class,
            line.page,
            line.place,
            time(line.invodex.nanoseconds),
            line.invodex.y,
            other(Some(line.roaring), line.invodex),
            other(line.sqlite, line.invodex),
            other(line.scan, line.invodex),
        )?;
    }
    let mean = |of: &dyn Fn(&crate::measure_find::Line) -> Option<Cost>| {
        let ratios = finds.pages.iter().filter_map(|line| Some(of(line)?.y / line.invodex.y));
        geometric_mean(ratios)
    };
    writeln!(
        out,
        "geometric means: roaring {:.1}x, SQLite {:.1}x, scan {:.1}x",
        mean(&|line| Some(line.roaring)),
        mean(&|line| line.sqlite),
        mean(&|line| line.scan),
    )?;
    writeln!(out, "\nExact totals with the first page, and pages at a deep offset")?;
    writeln!(
        out,
        "{:<31} {:>4} {:>7} {:>9} {:>6} {:>18} {:>18} {:>9} {:>9}",
        "class", "page", "total", "invodex", "Y", "roaring", "SQLite", "middle", "last"
    )?;
    for line in &finds.totals {
        writeln!(
            out,
            "{:<31} {:>4} {:>7} {:>9} {:>6.2} {} {} {:>9} {:>9}",
            line.class,
            line.page,
            line.total,
            time(line.invodex.nanoseconds),
            line.invodex.y,
            other(Some(line.roaring), line.invodex),
            other(line.sqlite, line.invodex),
            time(line.middle_offset.nanoseconds),
            time(line.last_offset.nanoseconds),
        )?;
    }
    Ok(())
}

fn write_answers(out: &mut String, answers: &Answers) -> std::fmt::Result {
    writeln!(out, "\nThe JSON body of 50 rows without outputs")?;
    writeln!(
        out,
        "{:<8} {:<6} {:>8} {:>9} {:>10} {:>18} {:>18} {:>18}",
        "content", "place", "bytes", "Base64", "PlainText", "memcpy", "serde_json", "own views"
    )?;
    for body in &answers.bodies {
        writeln!(
            out,
            "{:<8} {:<6} {:>8} {:>9} {:>10} {} {} {}",
            body.content,
            body.place,
            body.bytes,
            time(body.base64.nanoseconds),
            time(body.plain_text.nanoseconds),
            other(Some(body.memcpy), body.base64),
            other(Some(body.serde_json), body.base64),
            other(Some(body.serde_json_of_views), body.base64),
        )?;
    }
    writeln!(out, "\nThe whole answer, from the pairs of the request to the bytes")?;
    writeln!(
        out,
        "{:<31} {:>4} {:<6} {:>4} {:>7} {:>9} {:>18} {:>18}",
        "class", "page", "place", "rows", "bytes", "invodex", "SQLite", "mock server"
    )?;
    for line in &answers.whole {
        writeln!(
            out,
            "{:<31} {:>4} {:<6} {:>4} {:>7} {:>9} {} {}",
            line.class,
            line.page,
            line.place,
            line.rows,
            line.bytes,
            time(line.invodex.nanoseconds),
            other(Some(line.sqlite), line.invodex),
            other(Some(line.mock_server), line.invodex),
        )?;
    }
    let mean = |of: fn(&crate::measure_answer::Whole) -> Cost| {
        geometric_mean(answers.whole.iter().map(|line| of(line).y / line.invodex.y))
    };
    let (sqlite, mock) = (mean(|line| line.sqlite), mean(|line| line.mock_server));
    writeln!(out, "geometric means: SQLite {sqlite:.1}x, mock server {mock:.1}x")
}

fn write_cold(out: &mut String, lines: &[Cold]) -> std::fmt::Result {
    writeln!(out, "\nThe whole answer with cold caches, 64 MB of other memory touched before it")?;
    writeln!(
        out,
        "{:<31} {:>4} {:>4} {:>9} {:>9} {:>6}",
        "class", "page", "rows", "cold", "warm", "ratio"
    )?;
    for Cold { class, page, rows, cold, warm, ratio } in lines {
        let (cold, warm) = (time(*cold), time(*warm));
        writeln!(out, "{class:<31} {page:>4} {rows:>4} {cold:>9} {warm:>9} {ratio:>6.1}")?;
    }
    for median in measure_cold::medians(lines) {
        let (cold, warm) = (time(median.cold), time(median.warm));
        let (page, ratio) = (median.page, median.ratio);
        let what = "median of full pages";
        writeln!(out, "{what:<31} {page:>4} {page:>4} {cold:>9} {warm:>9} {ratio:>6.1}")?;
    }
    Ok(())
}

fn write_writes(out: &mut String, writes: &Writes) -> std::fmt::Result {
    writeln!(out, "\nWrites, medians")?;
    writeln!(out, "{:<30} {:>16} {:>16} {:>16}", "", "alone", "shared, paced", "shared, busy")?;
    type Kind = (&'static str, fn(&Kinds) -> Cost);
    let kinds: [Kind; 6] = [
        ("accept", |kinds| kinds.accept),
        ("accept in a full store", |kinds| kinds.accept_and_evict),
        ("the difference: evict", |kinds| kinds.evict),
        ("delete the oldest", |kinds| kinds.delete_oldest),
        ("update to another status", |kinds| kinds.update),
        ("late record into the middle", |kinds| kinds.backfill),
    ];
    for (name, of) in kinds {
        write!(out, "{name:<30}")?;
        for form in [&writes.alone, &writes.paced_reader, &writes.busy_reader] {
            let cost = form.as_ref().map(of);
            let text = cost.map(|cost| format!("{} {:.2} Y", time(cost.nanoseconds), cost.y));
            write!(out, " {:>16}", text.unwrap_or_default())?;
        }
        writeln!(out)?;
    }
    if let Some(steady) = &writes.steady {
        writeln!(
            out,
            "{} accepts that evict, of each the shortest time in three equal runs:",
            steady.writes
        )?;
        let costs = [
            ("median", steady.median),
            ("99.99 %", steady.p9999),
            ("the longest", steady.longest),
            ("99.99 % of one run as it came", steady.p9999_of_one_run),
        ];
        for (name, cost) in costs {
            writeln!(out, "  {name:<30} {:>9} {:.2} Y", time(cost.nanoseconds), cost.y)?;
        }
    }
    Ok(())
}

fn write_memory(out: &mut String, memory: &Memory) -> std::fmt::Result {
    writeln!(out, "\nMemory")?;
    for filled in &memory.filled {
        writeln!(
            out,
            "{:<16} {:.0} bytes a record ({:.0} by the store's own count), {:.2} runs, {:.0} bytes \
             of its own texts",
            filled.data,
            filled.bytes_of_a_record,
            filled.statistics_bytes,
            filled.runs_of_a_record,
            filled.unique_texts,
        )?;
    }
    if let Some(steady) = &memory.steady {
        writeln!(
            out,
            "over {} accepts that evict: {:.2} MB at most in the first half, {:.2} in the second",
            steady.writes,
            steady.most_before as f64 / 1e6,
            steady.most_after as f64 / 1e6,
        )?;
    }
    let empty = memory.empty.map(|cost| time(cost.nanoseconds)).unwrap_or_default();
    writeln!(out, "an empty store: {} bytes, {empty} to make and drop", memory.empty_bytes)
}

fn write_growth(out: &mut String, points: &[Point]) -> std::fmt::Result {
    let mut sizes: Vec<usize> = points.iter().map(|point| point.records).collect();
    sizes.sort_unstable();
    sizes.dedup();
    writeln!(out, "\nGrowth, a page from the head (* stops early), in Y")?;
    write!(out, "{:<32} {:>4}", "class", "page")?;
    for size in &sizes {
        write!(out, " {size:>9}")?;
    }
    writeln!(out)?;
    let last = sizes.last().copied().unwrap_or(0);
    for point in points.iter().filter(|point| point.records == last) {
        let mark = if point.stops_early { "*" } else { "" };
        write!(out, "{:<32} {:>4}", format!("{}{mark}", point.class), point.page)?;
        let same = points.iter().filter(|one| (one.class, one.page) == (point.class, point.page));
        for one in same {
            write!(out, " {:>9.2}", one.invodex.y)?;
        }
        writeln!(out)?;
    }
    Ok(())
}

fn write_shared(out: &mut String, shared: &SharedStores) -> std::fmt::Result {
    writeln!(out, "\nA reader and a writer, {} cores", shared.cores)?;
    writeln!(
        out,
        "{:<12} {:>10} {:>9} {:>9} {:>10} {:>9} {:>9} {:>14}",
        "offered", "reads/s", "median", "99 %", "writes/s", "median", "99 %", "all rounds"
    )?;
    for rate in &shared.rates {
        let offered = match rate.offered {
            Some(0) => "none".to_owned(),
            Some(offered) => offered.to_string(),
            None => "full speed".to_owned(),
        };
        writeln!(
            out,
            "{offered:<12} {:>10.0} {:>9} {:>9} {:>10.0} {:>9} {:>9} {:>14}",
            rate.reads_a_second,
            time(rate.read_median),
            time(rate.read_p99),
            rate.writes_a_second,
            time(rate.write_median),
            time(rate.write_p99),
            time(rate.write_p99_of_all),
        )?;
    }
    Ok(())
}

fn write_load(out: &mut String, load: &Loads) -> std::fmt::Result {
    writeln!(
        out,
        "\nLoading {} records: {:.1} MB of captured JSON, {:.1} MB of archive",
        load.records,
        load.capture_bytes as f64 / 1e6,
        load.archive_bytes as f64 / 1e6,
    )?;
    load.times().iter().try_for_each(|(name, ms)| writeln!(out, "{name:<24} {ms:>8.1} ms"))
}

fn write_bounds(out: &mut String, bounds: &[Bound]) -> std::fmt::Result {
    writeln!(out, "\nLimits")?;
    bounds.iter().try_for_each(|bound| writeln!(out, "{bound}"))
}
