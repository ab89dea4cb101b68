//! Asks an HTTP endpoint everything that the rules promise. Exit code 0: no rule is broken, though some
//! may not have been asked; 1: a rule is broken; 2: it could not run.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, SystemTime};

use clap::Parser;
use indicatif::{ProgressBar, ProgressStyle};
use invodex_testkit::http::HttpSubject;
use invodex_testkit::rules::{Ledger, Rule};
use invodex_testkit::suite::{self, Options, Progress, Report, RuleOutcome};
use quick_junit::{NonSuccessKind, TestCase, TestCaseStatus, TestSuite};

/// Tests an endpoint of the API against the reference, rule by rule.
///
/// It makes records with RunCommand, or with the control requests where the endpoint has them.
/// Exit code 0: no rule is broken, though some may not have been asked; 1: a rule is broken; 2: it
/// could not run.
#[derive(Parser)]
#[command(name = "invodex-conformance")]
struct Args {
    /// The address of the endpoint, such as http://127.0.0.1:8080
    #[arg(required_unless_present = "list")]
    url: Option<String>,
    /// The seed of the first random sequence
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The number of random sequences
    #[arg(long, default_value_t = 60)]
    cases: u32,
    /// Asks by random sequences alone, without the documented cases
    #[arg(long)]
    skip_documented: bool,
    /// One rule alone, by its id
    #[arg(long)]
    rule: Option<String>,
    /// The AccessKeyId of all requests [default: 16 random digits]
    ///
    /// An endpoint that has accounts but no control request to empty one gets an account for each
    /// case, which begins with this. The control request reset deletes all records of the account,
    /// again and again. At an endpoint without accounts these are all that it has.
    #[arg(long)]
    account: Option<String>,
    /// Keeps to records with a tag of this key, for an endpoint without accounts
    ///
    /// No control request is used then. No other record may have the tag, and the suite's own records
    /// and requests do not have it.
    #[arg(long, value_name = "KEY")]
    tag: Option<String>,
    /// Writes a JUnit report to this file
    #[arg(long)]
    junit: Option<PathBuf>,
    /// Writes a JSON report to this file
    #[arg(long)]
    json: Option<PathBuf>,
    /// Lists the rules and ends
    #[arg(long)]
    list: bool,
    /// No random sequence begins after so many seconds
    #[arg(long, default_value_t = 100)]
    time_limit: u64,
    /// Maximum number of smaller sequences that are tried for each broken rule
    #[arg(long, default_value_t = 400)]
    shrinks: u32,
    /// Maximum number of seconds of one request
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=3600))]
    request_limit: u64,
}

fn main() -> ExitCode {
    let args = Args::parse();
    if args.list {
        let rules = Ledger::load();
        let line = |rule: &Rule| format!("{:<34}{}\n", rule.id, rule.rule);
        return match print(&rules.rules().map(line).collect::<String>()) {
            Ok(()) => ExitCode::SUCCESS,
            Err(reason) => could_not_run(&reason),
        };
    }
    let report = run(&args).and_then(|report| print(&report.to_string()).map(|()| report));
    let report = match report {
        Ok(report) => report,
        Err(reason) => return could_not_run(&reason),
    };
    match (&report.failure, report.counts()) {
        (Some(_), _) => ExitCode::from(2),
        (None, (0, 0, _)) => could_not_run("no rule was asked; the table has the reasons"),
        (None, (_, 0, _)) => ExitCode::SUCCESS,
        (None, _) => ExitCode::from(1),
    }
}

fn could_not_run(reason: &str) -> ExitCode {
    // Standard error may be closed.
    let _ = writeln!(io::stderr(), "could not run: {reason}");
    ExitCode::from(2)
}

/// Prints a text. A reader that has closed the pipe wants no more of it, which is no error.
fn print(text: &str) -> Result<(), String> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(format!("standard output: {error}"))
        }
        _ => Ok(()),
    }
}

fn run(args: &Args) -> Result<Report, String> {
    let url = args.url.as_deref().unwrap_or_default();
    let account = args.account.clone().unwrap_or_else(random_account);
    let mut subject = HttpSubject::new(url, &account, Duration::from_secs(args.request_limit))?;
    if let Some(key) = &args.tag {
        subject = subject.with_tag(key)?;
    }
    subject.check()?;
    for file in args.json.iter().chain(&args.junit) {
        // A run takes minutes, and would be lost. The file keeps its content until the report is
        // written.
        let opened = OpenOptions::new().create(true).append(true).open(file);
        opened.map_err(|error| format!("{}: {error}", file.display()))?;
    }
    let options = Options {
        seed: args.seed,
        cases: args.cases,
        documented: !args.skip_documented,
        rule: args.rule.clone(),
        time_limit: Duration::from_secs(args.time_limit),
        shrinks: args.shrinks,
    };
    let bar = ProgressBar::new(0);
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} {elapsed} {msg}") {
        bar.set_style(style);
    }
    let mut tell = |progress: Progress| {
        bar.set_length(progress.total.into());
        bar.set_position(progress.done.into());
        bar.set_message(progress.doing);
    };
    let report = suite::run(&mut subject, &options, &mut tell)?;
    bar.finish_and_clear();
    let files = [(&args.json, format!("{:#}\n", report.to_json())), (&args.junit, junit(&report))];
    for (file, text) in files {
        if let Some(file) = file {
            fs::write(file, text).map_err(|error| format!("{}: {error}", file.display()))?;
        }
    }
    Ok(report)
}

/// 16 digits of the time, in which two runs at once differ.
fn random_account() -> String {
    let time = SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default().as_nanos() as u64;
    let mut random =
        oorandom::Rand64::new((u128::from(time) << 32) | u128::from(std::process::id()));
    format!("{:016}", random.rand_u64() % 10_000_000_000_000_000)
}

/// The report as JUnit's XML, a test case for each rule.
fn junit(report: &Report) -> String {
    let mut rules = TestSuite::new("rules");
    for rule in &report.rules {
        let status = match &rule.outcome {
            RuleOutcome::Held => TestCaseStatus::success(),
            RuleOutcome::Broken(breach) => {
                let mut broken = TestCaseStatus::non_success(NonSuccessKind::Failure);
                broken.set_message(&*breach.difference);
                broken.set_description(format!(
                    "{}\n{}",
                    breach.found_by,
                    breach.sequence.join("\n")
                ));
                broken
            }
            RuleOutcome::NotAsked(reason) => {
                let mut skipped = TestCaseStatus::skipped();
                skipped.set_message(&**reason);
                skipped
            }
        };
        rules.add_test_case(TestCase::new(&*rule.id, status));
    }
    if let Some(failure) = &report.failure {
        let mut ended = TestCaseStatus::non_success(NonSuccessKind::Error);
        ended.set_message(&**failure);
        rules.add_test_case(TestCase::new("ended early", ended));
    }
    let mut all = quick_junit::Report::new("invodex-conformance");
    all.set_time(report.elapsed);
    all.add_test_suite(rules);
    // Writing to a String cannot fail.
    all.to_string().unwrap_or_default()
}
