//! The figures as a page of tables beside the plot: each class over all pages and places.

use std::fmt::Write;

use crate::bounds::Bound;
use crate::measure_answer::{Answers, Whole};
use crate::measure_cold::{self, Cold};
use crate::measure_find::{Finds, Line};
use crate::measure_growth::Point;
use crate::measure_write::Kinds;
use crate::report::{Report, time};
use crate::rounds::Cost;
use crate::statistics::geometric_mean;

pub fn page(report: &Report) -> String {
    let mut out = String::new();
    write(&mut out, report).expect("a string takes all");
    out
}

fn write(out: &mut String, report: &Report) -> std::fmt::Result {
    let Report { records, y_nanoseconds: y, y_word_by_word_nanoseconds: plain, .. } = report;
    writeln!(out, "# Results\n\n{records} records. Y is {y:.0} ns, {plain:.0} word by word.")?;
    if let Some(find) = &report.find {
        write_finds(out, find)?;
        write_totals(out, find)?;
    }
    if let Some(answer) = &report.answer {
        write_answers(out, answer)?;
    }
    if let Some(cold) = &report.cold {
        write_cold(out, cold)?;
    }
    write_rest(out, report)?;
    if let Some(growth) = &report.growth {
        write_growth(out, growth)?;
    }
    write_bounds(out, &report.bounds)
}

/// Each class once, in the order of its first appearance.
fn distinct<'c>(classes: impl Iterator<Item = &'c str>) -> Vec<&'c str> {
    let mut distinct = Vec::new();
    for class in classes {
        if !distinct.contains(&class) {
            distinct.push(class);
        }
    }
    distinct
}

/// A factor, rounded for readers.
fn times(factor: f64) -> String {
    if factor < 9.95 { format!("{factor:.1}") } else { format!("{factor:.0}") }
}

fn write_finds(out: &mut String, finds: &Finds) -> std::fmt::Result {
    writeln!(
        out,
        "\n## Finding a page\n\nGeometric means over pages of 10 and 50 rows and all places; the \
         worst of them in Y. Behind it how many times as long the others take.\n\n\
         | class | filters | invodex | worst, Y | roaring | SQLite, ids only | scan, early stop |\n\
         |---|---|---|---|---|---|---|"
    )?;
    let compared = || finds.pages.iter().filter(|line| line.sqlite.is_some());
    for class in distinct(compared().map(|line| line.class)) {
        let of_class = || compared().filter(|line| line.class == class);
        let filters = of_class().next().map_or(0, |line| line.filters);
        let ours = geometric_mean(of_class().map(|line| line.invodex.nanoseconds));
        let worst = of_class().map(|line| line.invodex.y).fold(0.0, f64::max);
        writeln!(
            out,
            "| {class} | {filters} | {} | {worst:.2} | {} | {} | {} |",
            time(ours),
            times(mean_factor(of_class(), |line| Some(line.roaring))),
            times(mean_factor(of_class(), |line| line.sqlite)),
            times(mean_factor(of_class(), |line| line.scan)),
        )?;
    }
    writeln!(
        out,
        "| all | | | | {} | {} | {} |",
        times(mean_factor(compared(), |line| Some(line.roaring))),
        times(mean_factor(compared(), |line| line.sqlite)),
        times(mean_factor(compared(), |line| line.scan)),
    )
}

fn mean_factor<'l>(
    lines: impl Iterator<Item = &'l Line>,
    other: impl Fn(&Line) -> Option<Cost>,
) -> f64 {
    geometric_mean(lines.filter_map(|line| Some(other(line)?.y / line.invodex.y)))
}

fn write_totals(out: &mut String, finds: &Finds) -> std::fmt::Result {
    writeln!(
        out,
        "\n## Exact totals and deep offsets\n\nA page of 10 rows by its number, with the total. \
         Behind the first page how many times as long the others take to count.\n\n\
         | class | total | first page | roaring | SQLite | page in the middle | last page |\n\
         |---|---|---|---|---|---|---|"
    )?;
    for line in finds.totals.iter().filter(|line| line.page == 10) {
        let Some(sqlite) = line.sqlite else { continue };
        writeln!(
            out,
            "| {} | {} | {} | {} | {} | {} | {} |",
            line.class,
            line.total,
            time(line.invodex.nanoseconds),
            times(line.roaring.y / line.invodex.y),
            times(sqlite.y / line.invodex.y),
            time(line.middle_offset.nanoseconds),
            time(line.last_offset.nanoseconds),
        )?;
    }
    Ok(())
}

fn write_answers(out: &mut String, answers: &Answers) -> std::fmt::Result {
    writeln!(
        out,
        "\n## Writing the answer\n\nThe body of 50 rows without outputs.\n\n\
         | content | place | bytes | Base64 | PlainText | memcpy | serde_json from structs |\n\
         |---|---|---|---|---|---|---|"
    )?;
    for body in &answers.bodies {
        writeln!(
            out,
            "| {} | {} | {} | {} | {} | {} | {} |",
            body.content,
            body.place,
            body.bytes,
            time(body.base64.nanoseconds),
            time(body.plain_text.nanoseconds),
            time(body.memcpy.nanoseconds),
            time(body.serde_json.nanoseconds),
        )?;
    }
    writeln!(
        out,
        "\nFrom the pairs of the request to the bytes, geometric means over pages and places; how \
         many times as long the others take, and the least of that.\n\n\
         | class | invodex | SQLite | least | mock server | least |\n|---|---|---|---|---|---|"
    )?;
    for class in distinct(answers.whole.iter().map(|line| line.class)) {
        let of_class = || answers.whole.iter().filter(|line| line.class == class);
        let ours = geometric_mean(of_class().map(|line| line.invodex.nanoseconds));
        let factor = |of: fn(&Whole) -> Cost| {
            let factors = move || of_class().map(move |line| of(line).y / line.invodex.y);
            (times(geometric_mean(factors())), times(factors().fold(f64::MAX, f64::min)))
        };
        let (sqlite, sqlite_least) = factor(|line| line.sqlite);
        let (mock, mock_least) = factor(|line| line.mock_server);
        let ours = time(ours);
        writeln!(out, "| {class} | {ours} | {sqlite} | {sqlite_least} | {mock} | {mock_least} |")?;
    }
    Ok(())
}

fn write_cold(out: &mut String, lines: &[Cold]) -> std::fmt::Result {
    writeln!(
        out,
        "\n## Answers with cold caches\n\nFrom the pairs of the request to the bytes, at the head \
         of the list; 64 MB of other memory are touched before each cold answer. Medians over \
         rounds, and cold over warm; below them the medians over the classes that fill the page.\n\n\
         | class | 10 rows: cold | warm | ratio | 50 rows: cold | warm | ratio |\n\
         |---|---|---|---|---|---|---|"
    )?;
    let cells = |cold: f64, warm: f64, ratio: f64| {
        format!(" {} | {} | {} |", time(cold), time(warm), times(ratio))
    };
    for class in distinct(lines.iter().map(|line| line.class)) {
        let of_class = lines.iter().filter(|line| line.class == class);
        let of_class = of_class.map(|line| cells(line.cold, line.warm, line.ratio));
        writeln!(out, "| {class} |{}", of_class.collect::<String>())?;
    }
    let medians = measure_cold::medians(lines).into_iter();
    let medians = medians.map(|median| cells(median.cold, median.warm, median.ratio));
    writeln!(out, "| full pages |{}", medians.collect::<String>())
}

/// Writes, memory, readers beside a writer, loading.
fn write_rest(out: &mut String, report: &Report) -> std::fmt::Result {
    if let Some(writes) = &report.write {
        writeln!(
            out,
            "\n## Writes\n\nMedians; shared: through a `SharedStore` beside a reader that asks \
             10,000 times a second, and beside one that does not pause.\n\n\
             | | alone | shared, paced | shared, busy |\n|---|---|---|---|"
        )?;
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
            let forms = [&writes.alone, &writes.paced_reader, &writes.busy_reader];
            let [alone, paced, busy] = forms
                .map(|kinds| kinds.as_ref().map_or(String::new(), |kinds| cost_in_y(of(kinds))));
            writeln!(out, "| {name} | {alone} | {paced} | {busy} |")?;
        }
        if let Some(steady) = &writes.steady {
            writeln!(
                out,
                "\n{} accepts that evict: median {}, 99.99 % {}, the longest {}; of one run, with \
                 all that disturbed the machine, 99.99 % {}.",
                steady.writes,
                cost_in_y(steady.median),
                cost_in_y(steady.p9999),
                cost_in_y(steady.longest),
                cost_in_y(steady.p9999_of_one_run),
            )?;
        }
    }
    if let Some(memory) = &report.memory {
        writeln!(
            out,
            "\n## Memory\n\n| data | runs of a record | bytes of a record |\n|---|---|---|"
        )?;
        for filled in &memory.filled {
            let (runs, bytes) = (filled.runs_of_a_record, filled.bytes_of_a_record);
            writeln!(out, "| {} | {runs:.2} | {bytes:.0} |", filled.data)?;
        }
        let empty = memory.empty.map(|cost| time(cost.nanoseconds)).unwrap_or_default();
        let bytes = memory.empty_bytes;
        writeln!(out, "\nAn empty store: {bytes} bytes, {empty} to make and drop.")?;
    }
    if let Some(shared) = &report.shared {
        writeln!(
            out,
            "\n## A reader and a writer\n\n{} cores. Medians over the rounds, but the last.\n\n\
             | writes offered a second | reads a second | median | 99 % | writes a second | median \
             | 99 % | 99 % of all rounds |\n|---|---|---|---|---|---|---|---|",
            shared.cores
        )?;
        for rate in &shared.rates {
            let offered = rate.offered.map_or("full speed".into(), |offered| offered.to_string());
            writeln!(
                out,
                "| {offered} | {:.0} | {} | {} | {:.0} | {} | {} | {} |",
                rate.reads_a_second,
                time(rate.read_median),
                time(rate.read_p99),
                rate.writes_a_second,
                time(rate.write_median),
                time(rate.write_p99),
                time(rate.write_p99_of_all),
            )?;
        }
    }
    if let Some(load) = &report.load {
        writeln!(
            out,
            "\n## Loading\n\n{} records, {:.0} MB of captured JSON, {:.1} MB of archive.\n\n| | ms \
             |\n|---|---|",
            load.records,
            load.capture_bytes as f64 / 1e6,
            load.archive_bytes as f64 / 1e6
        )?;
        for (name, milliseconds) in load.times() {
            writeln!(out, "| {name} | {milliseconds:.0} |")?;
        }
    }
    Ok(())
}

fn cost_in_y(cost: Cost) -> String {
    format!("{}, {:.2} Y", time(cost.nanoseconds), cost.y)
}

fn write_growth(out: &mut String, points: &[Point]) -> std::fmt::Result {
    let mut sizes: Vec<usize> = points.iter().map(|point| point.records).collect();
    sizes.sort_unstable();
    sizes.dedup();
    let Some(&largest) = sizes.last() else { return Ok(()) };
    let heads: Vec<String> = sizes.iter().map(usize::to_string).collect();
    writeln!(
        out,
        "\n## Growth\n\nA page of 50 rows from the head, in Y; * stops early.\n\n| class | {} \
         |\n|---|{}",
        heads.join(" | "),
        "---|".repeat(sizes.len())
    )?;
    let of_page = || points.iter().filter(|point| point.page == 50);
    for point in of_page().filter(|point| point.records == largest) {
        let same = of_page().filter(|other| other.class == point.class);
        let costs: Vec<String> = same.map(|point| format!("{:.2}", point.invodex.y)).collect();
        let mark = if point.stops_early { "*" } else { "" };
        writeln!(out, "| {}{mark} | {} |", point.class, costs.join(" | "))?;
    }
    Ok(())
}

fn write_bounds(out: &mut String, bounds: &[Bound]) -> std::fmt::Result {
    writeln!(out, "\n## Limits\n\n| | measured | limit | |\n|---|---|---|---|")?;
    for Bound { what, measured, limit, unit, met } in bounds {
        let mark = if *met { "met" } else { "**short**" };
        writeln!(out, "| {what} | {measured:.3} | {limit:.3} {unit} | {mark} |")?;
    }
    Ok(())
}
