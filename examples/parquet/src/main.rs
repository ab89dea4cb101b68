//! The command `invodex-parquet`. Exit code 0: the data set has all records; 1: some days are written,
//! and the others are as they were; 2: the data set is as it was.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand, ValueEnum};
use indicatif::{ProgressBar, ProgressStyle};
use invodex::{CaptureEncoding, ImportOptions, Store};
use invodex_parquet::{Error, Progress, check_directory, export, from_archive, from_captures};

/// Writes records to a Parquet data set that DuckDB, DataFusion and Spark read.
///
/// A data set that is there already is brought up to date: a day with a changed record is written anew,
/// and records that the input does not have stay. Exit code 0: the data set has all records; 1: some
/// days are written, and the others are as they were; 2: the data set is as it was.
#[derive(Parser)]
#[command(name = "invodex-parquet", version)]
struct Arguments {
    #[command(subcommand)]
    work: Work,
}

#[derive(Subcommand)]
enum Work {
    /// Reads an archive that `Store::save` wrote
    Archive {
        /// The archive
        file: PathBuf,
        #[command(flatten)]
        output: Output,
    },
    /// Reads captured responses of DescribeInvocations and DescribeInvocationResults
    Captures {
        /// The captures, those with the newest records first
        #[arg(required = true)]
        files: Vec<PathBuf>,
        /// The region of records that do not carry their own
        #[arg(long, default_value = "cn-hangzhou")]
        region: String,
        /// The resource group of records that do not carry their own
        #[arg(long, default_value = "")]
        resource_group: String,
        /// The encoding of CommandContent and Output
        #[arg(long, value_enum, default_value_t = Encoding::Auto)]
        encoding: Encoding,
        #[command(flatten)]
        output: Output,
    },
    /// Prints the views that answer the API's filters, as SQL for an engine
    ///
    /// The paths in them are relative: the engine starts in the directory of the data set.
    Views {
        /// The engine
        engine: Engine,
    },
}

#[derive(Clone, Copy, ValueEnum)]
enum Engine {
    Duckdb,
    Datafusion,
    Spark,
}

impl Engine {
    fn views(self) -> &'static str {
        match self {
            Engine::Duckdb => include_str!("../sql/duckdb.sql"),
            Engine::Datafusion => include_str!("../sql/datafusion.sql"),
            Engine::Spark => include_str!("../sql/spark.sql"),
        }
    }
}

#[derive(Args)]
struct Output {
    /// The directory of the data set: a new or empty one, or a data set of an earlier run
    #[arg(long, value_name = "DIR")]
    into: PathBuf,
}

#[derive(Clone, Copy, ValueEnum)]
enum Encoding {
    /// Base64 if every value of a file is, else plain text
    Auto,
    Base64,
    Plain,
}

impl Encoding {
    fn of_capture(self) -> CaptureEncoding {
        match self {
            Encoding::Auto => CaptureEncoding::Auto,
            Encoding::Base64 => CaptureEncoding::Base64,
            Encoding::Plain => CaptureEncoding::PlainText,
        }
    }
}

fn main() -> ExitCode {
    match run(&Arguments::parse().work) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Standard error may be closed.
            let _ = writeln!(io::stderr(), "invodex-parquet: {error}");
            ExitCode::from(if error.days_written() > 0 { 1 } else { 2 })
        }
    }
}

fn run(work: &Work) -> Result<(), Error> {
    match work {
        Work::Archive { file, output } => {
            check_directory(&output.into)?;
            let bar = bar("reading", "{bytes}/{total_bytes}");
            let store = from_archive(file, &mut |read, length| {
                bar.set_length(length);
                bar.set_position(read);
            });
            bar.finish_and_clear();
            write(&store?, &output.into)
        }
        Work::Captures { files, region, resource_group, encoding, output } => {
            check_directory(&output.into)?;
            let options = ImportOptions::new(region)
                .resource_group_id(resource_group)
                .encoding(encoding.of_capture());
            let (store, report) = from_captures(files, &options)?;
            let _ = writeln!(io::stderr(), "{report}");
            for refusal in &report.refusals {
                let _ = writeln!(io::stderr(), "refused: {refusal}");
            }
            write(&store, &output.into)
        }
        Work::Views { engine } => {
            // A reader that has closed the pipe wants no more of it.
            let _ = io::stdout().write_all(engine.views().as_bytes());
            Ok(())
        }
    }
}

fn write(store: &Store, into: &Path) -> Result<(), Error> {
    let bar = bar("comparing", "{pos}/{len} records");
    let summary = export(store, into, &mut |progress: Progress| {
        bar.set_message(if progress.writing { "writing" } else { "comparing" });
        bar.set_length(progress.total as u64);
        bar.set_position(progress.done as u64);
    });
    bar.finish_and_clear();
    let summary = summary?;
    // The data set is complete, whether or not anybody reads this.
    let _ = writeln!(io::stdout(), "{summary}");
    Ok(())
}

/// A bar on standard error, if that is a terminal.
fn bar(message: &'static str, counts: &str) -> ProgressBar {
    let bar = ProgressBar::new(0).with_message(message);
    if let Ok(style) =
        ProgressStyle::with_template(&format!("{{msg:10}} {{bar:30}} {counts} {{elapsed}}"))
    {
        bar.set_style(style);
    }
    bar
}
