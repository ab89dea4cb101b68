//! The command line, and the settings of stores that follow from it.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Parser, ValueEnum};
use invodex::{CaptureEncoding, Config, ImportOptions, OmittedTimed, Regions, Timestamp};

use crate::tenants::{Capture, Settings};

/// Answers DescribeInvocations and its siblings over HTTP, from memory.
#[derive(Parser, Debug)]
#[command(version)]
pub(crate) struct Args {
    /// Address to listen on; port 0 takes a free one
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8088")]
    pub(crate) listen: String,
    /// Captured DescribeInvocations responses, loaded into every store; the records may carry
    /// RegionId and ResourceGroupId as extra keys
    #[arg(long, value_name = "FILE", num_args = 1..)]
    load: Vec<PathBuf>,
    /// Encoding of CommandContent and Output in the captures
    #[arg(long, value_enum, default_value_t = LoadEncoding::Auto)]
    load_encoding: LoadEncoding,
    /// Region of captured records without one
    #[arg(long, value_name = "REGION", default_value = "cn-hangzhou")]
    region: String,
    /// The known regions; every region if the list is empty. A minus, as in -C, marks a known
    /// region without this API
    #[arg(long, value_name = "A,B,...", value_delimiter = ',')]
    regions: Vec<String>,
    /// A fixed clock, such as 2024-05-01T00:00:00Z
    #[arg(long, value_name = "TIME")]
    now: Option<Timestamp>,
    /// Days that a record is kept; 0 keeps it forever
    #[arg(long, value_name = "N", default_value_t = 28)]
    retention_days: u16,
    /// Maximum number of records in a store
    #[arg(long, value_name = "N", default_value_t = Config::default().capacity)]
    capacity: usize,
    /// Meaning of a request without Timed
    #[arg(long, value_enum, default_value_t = Omitted::Documented)]
    omitted_timed: Omitted,
    /// File that is restored at start; saved at exit, and every minute if anything changed
    #[arg(long, value_name = "FILE")]
    pub(crate) archive: Option<PathBuf>,
    /// Completes accepted runs automatically: Pending, Running, Success, with this pause before
    /// each step
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
    /// The settings of all stores. Reads the captured files.
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
