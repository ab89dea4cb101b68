//! The command line, and what it says of stores.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Parser, ValueEnum};
use invodex::{CaptureEncoding, Config, ImportOptions, OmittedTimed, Regions, Timestamp};

use crate::tenants::{Capture, Settings};

/// Answers DescribeInvocations and its siblings over HTTP, from memory.
#[derive(Parser, Debug)]
#[command(version)]
pub(crate) struct Args {
    /// Where to listen; port 0 takes a free one
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8088")]
    pub(crate) listen: String,
    /// Captured DescribeInvocations responses, loaded into every store; the records may carry
    /// RegionId and ResourceGroupId as extra keys
    #[arg(long, value_name = "FILE", num_args = 1..)]
    load: Vec<PathBuf>,
    /// How CommandContent and Output are written in the captures
    #[arg(long, value_enum, default_value_t = LoadEncoding::Auto)]
    load_encoding: LoadEncoding,
    /// The region of captured records that name none
    #[arg(long, value_name = "REGION", default_value = "cn-hangzhou")]
    region: String,
    /// The regions there are; all, when none is named. A minus before one: it is there without
    /// this API
    #[arg(long, value_name = "A,B,...", value_delimiter = ',')]
    regions: Vec<String>,
    /// A fixed clock, such as 2024-05-01T00:00:00Z
    #[arg(long, value_name = "TIME")]
    now: Option<Timestamp>,
    /// How long a record is kept; 0: for ever
    #[arg(long, value_name = "N", default_value_t = 28)]
    retention_days: u16,
    /// The most records a store keeps
    #[arg(long, value_name = "N", default_value_t = Config::default().capacity)]
    capacity: usize,
    /// What a request without Timed asks for
    #[arg(long, value_enum, default_value_t = Omitted::Documented)]
    omitted_timed: Omitted,
    /// Restored at start; saved at the end, and every minute when something changed
    #[arg(long, value_name = "FILE")]
    pub(crate) archive: Option<PathBuf>,
    /// Accepted runs go Pending, Running, Success by themselves, with this pause before each step
    #[arg(long, value_name = "MS")]
    auto_complete: Option<u64>,
    /// Makes ids and RequestIds repeatable
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
}

#[derive(ValueEnum, Clone, Copy, Debug)]
enum LoadEncoding {
    Auto,
    Base64,
    Plain,
}

#[derive(ValueEnum, Clone, Copy, Debug)]
enum Omitted {
    Documented,
    Any,
}

impl Args {
    /// Reads the captures.
    pub(crate) fn settings(&self) -> Result<Settings, String> {
        let read = |path: &PathBuf| match std::fs::read(path) {
            Ok(bytes) => Ok(Capture { name: path.display().to_string(), bytes }),
            Err(error) => Err(format!("{}: {error}", path.display())),
        };
        let regions = match &*self.regions {
            [] => Regions::all(),
            known => {
                let without = |id: &&String| id.starts_with('-');
                Regions::only(known.iter().filter(|id| !without(id)))
                    .without_api(known.iter().filter(without).map(|id| &id[1..]))
            }
        };
        let retention_seconds =
            (self.retention_days > 0).then(|| u32::from(self.retention_days) * 86_400);
        Ok(Settings {
            config: Config {
                capacity: self.capacity,
                retention_seconds,
                omitted_timed: match self.omitted_timed {
                    Omitted::Documented => OmittedTimed::DocumentedFalse,
                    Omitted::Any => OmittedTimed::Any,
                },
                regions,
                ..Config::default()
            },
            captures: self.load.iter().map(read).collect::<Result<_, _>>()?,
            import: ImportOptions::new(&self.region).encoding(match self.load_encoding {
                LoadEncoding::Auto => CaptureEncoding::Auto,
                LoadEncoding::Base64 => CaptureEncoding::Base64,
                LoadEncoding::Plain => CaptureEncoding::PlainText,
            }),
            now: self.now,
            seed: self.seed,
            auto_complete: self.auto_complete.map(Duration::from_millis),
        })
    }
}
