//! The command line, and the settings of stores that follow from it.

use std::path::PathBuf;
use std::time::Duration;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{ArgGroup, Parser, Subcommand};
use invodex::{
    CaptureEncoding, Config, ImportOptions, OmittedTimed, Recommend, Regions, Timestamp,
};
use invodex_emulator_http::Stub;
use invodex_schedule::Zone;

use crate::format::{Format, Style};
use crate::guard;
use crate::instances::Cloud;
use crate::log::LogForm;
use crate::public_commands;
use crate::tenants::Settings;

/// The version of the package, and the build: commit, profile and target.
const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), " (", env!("INVODEX_BUILD"), ")");

const EXAMPLES: &str = "\
Examples:
  A server whose runs succeed at once, with repeatable ids, on a free port:
    invodex-emulator --auto-complete 0 --seed 1 --listen 127.0.0.1:0
  The records of captured answers, under a fixed clock:
    invodex-emulator --load captured.json --now 2024-05-01T00:00:00Z
  Programs that hold https://ecs.REGION.aliyuncs.com fixed:
    invodex-emulator --proxy 127.0.0.1:8089
    HTTPS_PROXY=http://127.0.0.1:8089 CURL_CA_BUNDLE=~/.invodex-emulator/ca.pem PROGRAM
  A store that outlives the process, and a log of its requests:
    invodex-emulator --archive state.invodex --log text

While it runs, a browser shows the store at http://127.0.0.1:8088/_emulator/";

// The headings of the help.
const ADDRESS: &str = "Address";
const TLS: &str = "TLS and proxy";
const CONTENT: &str = "Content at the start";
const RUNS: &str = "Time and runs";
const LIMITS: &str = "Limits of a store";
const ANSWERS: &str = "Answers";
const ARCHIVE: &str = "Archive";
const PROCESS: &str = "Process";

/// An emulator of the ECS API's command executions, for tests: it answers RunCommand,
/// DescribeInvocations and their siblings over HTTP, from memory, and executes nothing.
#[derive(Parser, Debug)]
#[command(
    version = VERSION,
    after_help = EXAMPLES,
    group(ArgGroup::new("https").args(["tls", "proxy"]).multiple(true))
)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) task: Option<Task>,
    /// Address to listen on; port 0 takes a free one
    #[arg(long, help_heading = ADDRESS, value_name = "ADDR", default_value = "127.0.0.1:8088")]
    pub(crate) listen: String,
    /// Further names or addresses by which clients may address the emulator, such as the name of its
    /// container, each without a port
    #[arg(long, help_heading = ADDRESS, value_name = "NAME", num_args = 1.., value_parser = guard::allowed_host)]
    pub(crate) allow_host: Vec<String>,
    /// Answers HTTPS in place of HTTP, with the certificate of a test authority that is made on first
    /// use; see the subcommand ca
    #[arg(long, help_heading = TLS)]
    pub(crate) tls: bool,
    /// Directory of the test authority, ca.pem and ca-key.pem; .invodex-emulator in HOME if not given
    #[arg(long, help_heading = TLS, value_name = "DIR", global = true)]
    pub(crate) tls_dir: Option<PathBuf>,
    /// A certificate chain as PEM, in place of one of the test authority
    #[arg(long, help_heading = TLS, value_name = "FILE", requires = "https", requires = "tls_key")]
    pub(crate) tls_cert: Option<PathBuf>,
    /// The private key of the certificate as PEM
    #[arg(long, help_heading = TLS, value_name = "FILE", requires = "https", requires = "tls_cert")]
    pub(crate) tls_key: Option<PathBuf>,
    /// Address of a proxy as well, which answers for every host under aliyuncs.com, by HTTPS with the
    /// certificate of --tls; port 0 takes a free one
    #[arg(long, help_heading = TLS, value_name = "ADDR")]
    pub(crate) proxy: Option<String>,
    /// A host for which the proxy asks the HTTP server at an address, such as a test's own; may be
    /// repeated
    #[arg(long, help_heading = TLS, value_name = "HOST=ADDR", requires = "proxy", value_parser = Stub::parse)]
    pub(crate) proxy_map: Vec<Stub>,
    /// Captured responses of DescribeInvocations and DescribeInvocationResults, loaded together and
    /// copied into every store; the records may carry RegionId and ResourceGroupId as extra keys
    #[arg(long, help_heading = CONTENT, value_name = "FILE", num_args = 1..)]
    load: Vec<PathBuf>,
    /// Encoding of CommandContent and Output in the captures
    #[arg(long, help_heading = CONTENT, value_parser = one_of(ENCODINGS), default_value = "auto")]
    load_encoding: CaptureEncoding,
    /// Region of captured records without one
    #[arg(long, help_heading = CONTENT, value_name = "REGION", default_value = "cn-hangzhou")]
    region: String,
    /// The known regions; every region if the list is empty. A minus, as in -C, marks a known
    /// region without this API
    #[arg(long, help_heading = CONTENT, value_name = "A,B,...", value_delimiter = ',')]
    regions: Vec<String>,
    /// Answers of DescribeInstances: the instances that there are; without it every id is an instance
    #[arg(long, help_heading = CONTENT, value_name = "FILE", num_args = 1..)]
    instances: Vec<PathBuf>,
    /// Public commands: answers of DescribeCommands with a Provider
    #[arg(long, help_heading = CONTENT, value_name = "FILE", num_args = 1..)]
    commands: Vec<PathBuf>,
    /// A fixed clock, such as 2024-05-01T00:00:00Z
    #[arg(long, help_heading = RUNS, value_name = "TIME")]
    now: Option<Timestamp>,
    /// Completes accepted runs automatically: Pending, Running, Success, with this pause before
    /// each step
    #[arg(long, help_heading = RUNS, value_name = "MS")]
    auto_complete: Option<u64>,
    /// Time zone of the instances, for a cron expression without one: a full name as Asia/Shanghai,
    /// an offset as GMT+8:00, or UTC
    #[arg(long, help_heading = RUNS, value_name = "ZONE", default_value = "UTC")]
    zone: Zone,
    /// Makes ids and RequestIds repeatable
    #[arg(long, help_heading = RUNS, value_name = "N")]
    seed: Option<u64>,
    /// Days that a record is kept; 0 keeps it forever
    #[arg(long, help_heading = LIMITS, value_name = "N", default_value_t = 28)]
    retention_days: u16,
    /// Maximum number of records in a store
    #[arg(long, help_heading = LIMITS, value_name = "N", default_value_t = Config::default().capacity)]
    capacity: usize,
    /// Maximum memory of a store in bytes; its outputs may take half of it, the oldest are dropped
    #[arg(long, help_heading = LIMITS, value_name = "N", default_value_t = 1 << 30)]
    max_bytes: usize,
    /// Meaning of a request without Timed
    #[arg(long, help_heading = ANSWERS, value_parser = one_of(OMITTED), default_value = "documented")]
    omitted_timed: OmittedTimed,
    /// Recommend of an API error: the link that the service writes, or the given and the allowed
    /// values
    #[arg(long, help_heading = ANSWERS, value_parser = one_of(RECOMMENDS), default_value = "link")]
    recommend: Recommend,
    /// Format of the API's answers to a request that asks for none
    #[arg(long, help_heading = ANSWERS, value_enum, ignore_case = true, default_value_t = Format::Json)]
    format: Format,
    /// File that is restored at start, and saved at exit and while anything changes
    #[arg(long, help_heading = ARCHIVE, value_name = "FILE")]
    pub(crate) archive: Option<PathBuf>,
    /// Seconds between two saves of a changed archive; the pause after a save is at least ten times
    /// as long as the save
    #[arg(long, help_heading = ARCHIVE, value_name = "SECONDS", default_value = "1", value_parser = save_every)]
    pub(crate) save_every: Duration,
    /// Writes a line to standard error for each request, with its action, account, status, error and
    /// time; text for a person, json an object for a program
    #[arg(long, help_heading = PROCESS, value_name = "FORM", value_enum)]
    pub(crate) log: Option<LogForm>,
    /// Ends, as at SIGTERM, when standard input ends, as it does with the program that holds its other
    /// end
    #[arg(long, help_heading = PROCESS)]
    pub(crate) until_eof: bool,
}

#[derive(Subcommand, Debug)]
pub(crate) enum Task {
    /// Prints the certificate of the test authority as PEM, and makes the authority if there is none
    Ca,
}

const ENCODINGS: [(&str, CaptureEncoding); 3] = [
    ("auto", CaptureEncoding::Auto),
    ("base64", CaptureEncoding::Base64),
    ("plain", CaptureEncoding::PlainText),
];
const OMITTED: [(&str, OmittedTimed); 2] =
    [("documented", OmittedTimed::DocumentedFalse), ("any", OmittedTimed::Any)];
const RECOMMENDS: [(&str, Recommend); 2] =
    [("link", Recommend::Link), ("detail", Recommend::Detail)];

/// Reads one of these names.
fn one_of<T: Copy + Send + Sync + 'static, const N: usize>(
    values: [(&'static str, T); N],
) -> impl TypedValueParser<Value = T> {
    let names = PossibleValuesParser::new(values.map(|(name, _)| name));
    names.try_map(move |given| {
        let found = values.iter().find(|(name, _)| *name == given);
        found.map(|(_, value)| *value).ok_or("an unknown name")
    })
}

/// The longest pause between two saves: a day.
const SAVE_EVERY: f64 = 86_400.0;

fn save_every(text: &str) -> Result<Duration, String> {
    match text.parse() {
        Ok(seconds) if (0.01..=SAVE_EVERY).contains(&seconds) => {
            Ok(Duration::from_secs_f64(seconds))
        }
        _ => Err(format!("allowed are 0.01 to {SAVE_EVERY} seconds")),
    }
}

impl Args {
    /// The settings of all stores. Reads the captured files and the public commands.
    pub(crate) fn settings(&self) -> Result<Settings, String> {
        let read = |path: &PathBuf| match std::fs::read(path) {
            Ok(bytes) => Ok((path.display().to_string(), bytes)),
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
        let known = self.regions.iter().map(|id| id.trim_start_matches('-').to_owned()).collect();
        let mut cloud = Cloud::new(&self.region, known);
        cloud.list(&self.instances)?;
        let mut public_commands = Vec::new();
        for path in &self.commands {
            let bytes = std::fs::read(path).map_err(|error| error.to_string());
            let loaded = bytes.and_then(|it| public_commands::load(&it, &mut public_commands));
            loaded.map_err(|error| format!("--commands {}: {error}", path.display()))?;
        }
        let retention_seconds =
            (self.retention_days > 0).then(|| u32::from(self.retention_days) * 86_400);
        Ok(Settings {
            config: Config {
                capacity: self.capacity,
                retention_seconds,
                output_budget: Some(self.max_bytes / 2),
                omitted_timed: self.omitted_timed,
                regions,
                ..Config::default()
            },
            max_bytes: self.max_bytes,
            captures: self.load.iter().map(read).collect::<Result<_, _>>()?,
            import: ImportOptions::new(&self.region).encoding(self.load_encoding),
            now: self.now,
            style: Style { recommend: self.recommend, format: self.format },
            seed: self.seed,
            auto_complete: self.auto_complete.map(Duration::from_millis),
            cloud,
            zone: self.zone,
            public_commands,
        })
    }
}
