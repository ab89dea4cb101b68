//! Measures `invodex` beside its alternatives (a scan, a mock server, roaring bitmaps, SQLite in
//! memory) and checks its limits. `--help` lists the options, `benches/README.md` describes the
//! method.

#![forbid(unsafe_code)]

mod args;
mod bounds;
mod clock;
mod equal;
mod limits;
mod markdown;
mod measure_answer;
mod measure_cold;
mod measure_find;
mod measure_growth;
mod measure_load;
mod measure_memory;
mod measure_shared;
mod measure_write;
mod memory;
mod peer_roaring;
mod peer_scan;
mod peer_sqlite;
mod plot;
mod progress;
mod reader;
mod record;
mod report;
mod request;
mod rounds;
mod sqlite_forms;
mod statistics;
mod world;
mod yardstick;

#[path = "../../support/mod.rs"]
mod support;

use std::process::ExitCode;

use args::Args;
use measure_find::Finds;
use progress::Progress;
use report::Report;
use rounds::{Effort, interleave};
use world::{Variant, World};
use yardstick::Yardstick;

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1).peekable();
    if args.peek().is_some_and(|arg| arg == "--help" || arg == "-h") {
        println!("{}", args::USAGE);
        return ExitCode::SUCCESS;
    }
    match Args::parse(args) {
        Ok(args) if args.equal_only => equal_only(&args),
        Ok(args) => run(&args),
        Err(error) => {
            eprintln!("{error}\n\n{}", args::USAGE);
            ExitCode::from(2)
        }
    }
}

fn equal_only(args: &Args) -> ExitCode {
    for variant in Variant::ALL {
        let world = World::new(variant.options(args.records), true);
        let cases = world.cases();
        equal::check(&world, &cases);
        println!("{} requests answered alike by all: {}", cases.len(), variant.name());
    }
    ExitCode::SUCCESS
}

fn run(args: &Args) -> ExitCode {
    let mut progress = Progress::new(args);
    progress.begin(progress::YARDSTICK, None);
    let effort = if args.quick { Effort::QUICK } else { Effort::FULL };
    let yardstick = Yardstick::new();
    let mut report = Report { records: args.records, quick: args.quick, ..Report::default() };
    let mut word_by_word = [vec![Box::new(|| yardstick.run_word_by_word() as usize) as _]];
    let word_by_word = interleave(effort, &yardstick, &mut word_by_word)[0][0];
    // First, while the allocator has handed out little.
    if args.wants("memory") {
        progress.begin(progress::MEMORY, None);
        let memory = measure_memory::measure(args.records, args.quick, effort, &yardstick);
        report.memory = Some(memory);
    }
    measure_queries(args, effort, &yardstick, &mut progress, &mut report);
    if args.wants("write") {
        progress.begin(progress::WRITE, None);
        let writes = measure_write::measure(args.records, args.quick, effort, &yardstick);
        report.write = Some(writes);
    }
    if args.wants("shared") {
        progress.begin(progress::SHARED, None);
        let shared = measure_shared::measure(args.records, args.quick, effort, &yardstick);
        report.shared = Some(shared);
    }
    if args.wants("growth") {
        progress.begin(progress::GROWTH, None);
        let mut sizes = vec![10, 100, 1_000, 10_000, 100_000];
        if !args.quick {
            sizes.push(1_000_000);
        }
        if args.large {
            sizes.push(10_000_000);
        }
        report.growth = Some(measure_growth::measure(&sizes, effort, &yardstick));
    }
    if args.wants("load") {
        progress.begin(progress::LOAD, None);
        report.load = Some(measure_load::measure(args.records, effort));
    }
    progress.end();
    report.y_nanoseconds = yardstick.nanoseconds();
    report.y_word_by_word_nanoseconds = word_by_word.y * report.y_nanoseconds;
    collect_bounds(&mut report);
    println!("{}", report.text());
    finish(args, &report)
}

fn measure_queries(
    args: &Args,
    effort: Effort,
    yardstick: &Yardstick,
    progress: &mut Progress,
    report: &mut Report,
) {
    let mut finds = Finds::default();
    for variant in progress::variants(args) {
        let plain = variant == Variant::Plain;
        progress.begin(progress::FILL, Some(variant));
        let with_sqlite = plain && (args.wants("find") || args.wants("answer"));
        let world = World::new(variant.options(args.records), with_sqlite);
        let cases = world.cases();
        progress.begin(progress::EQUAL, Some(variant));
        equal::check(&world, &cases);
        if args.wants("find") {
            progress.begin(progress::finding(variant), Some(variant));
            measure_find::measure(&world, variant, &cases, effort, yardstick, &mut finds);
        }
        if plain && args.wants("answer") {
            progress.begin(progress::ANSWER, Some(variant));
            report.answer =
                Some(measure_answer::measure(&world, &cases, args.records, effort, yardstick));
        }
        if plain && args.wants("cold") {
            progress.begin(progress::COLD, Some(variant));
            report.cold = Some(measure_cold::measure(&world, &cases, effort));
        }
    }
    report.find = args.wants("find").then_some(finds);
}

fn collect_bounds(report: &mut Report) {
    let bounds = &mut report.bounds;
    report.find.iter().for_each(|find| measure_find::bounds(find, bounds));
    report.answer.iter().for_each(|answer| measure_answer::bounds(answer, bounds));
    report.cold.iter().for_each(|cold| measure_cold::bounds(cold, bounds));
    report.write.iter().for_each(|write| measure_write::bounds(write, bounds));
    report.memory.iter().for_each(|memory| measure_memory::bounds(memory, bounds));
    report.growth.iter().for_each(|growth| measure_growth::bounds(growth, bounds));
    report.shared.iter().for_each(|shared| measure_shared::bounds(shared, bounds));
    report.load.iter().for_each(|load| measure_load::bounds(load, bounds));
}

fn finish(args: &Args, report: &Report) -> ExitCode {
    let json = serde_json::to_vec_pretty(report).expect("it is plain");
    let files = [(&args.json, json), (&args.markdown, markdown::page(report).into_bytes())];
    for (path, bytes) in files {
        let Some(path) = path else { continue };
        if let Err(error) = std::fs::write(path, bytes) {
            eprintln!("{}: {error}", path.display());
            return ExitCode::from(2);
        }
    }
    if let (Some(path), Some(find)) = (&args.svg, &report.find)
        && let Err(error) = plot::write(find, report.y_nanoseconds, report.records, path)
    {
        eprintln!("{}: {error}", path.display());
        return ExitCode::from(2);
    }
    let short: Vec<_> = report.bounds.iter().filter(|bound| !bound.met).collect();
    if args.check && !short.is_empty() {
        eprintln!("{} figures miss their limits:", short.len());
        short.iter().for_each(|bound| eprintln!("{bound}"));
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}
