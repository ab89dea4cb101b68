//! The command against a faulty front end over HTTP: it finds each fault, and names its rule.

mod faulty;
mod served;

use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use faulty::{FAULTS, Fault};
use invodex::{RunUpdate, Timestamp};
use invodex_testkit::http::HttpSubject;
use invodex_testkit::subject::{Config, No, Subject as _};
use served::{Again, Endpoint};

/// Faults that no request of the API and no control request shows.
const HIDDEN: &[Fault] = &[
    // They need another configuration.
    Fault::UnknownRegions,
    Fault::WrongHttpStatus,
    // These need deleting, saving, and the number of runs that a stop changes.
    Fault::TokenDiesWithItsRecord,
    Fault::UnknownDeleted,
    Fault::TokenDiesWithTheStore,
    Fault::StopTwice,
];

/// Runs the command. Returns its exit code and what it printed.
fn run(endpoint: Endpoint, args: &[&str]) -> (Option<i32>, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_invodex-conformance"));
    let output = command.arg(endpoint.serve()).args(args).output().expect("it starts");
    let mut said = String::from_utf8_lossy(&output.stdout).into_owned();
    said.push_str(&String::from_utf8_lossy(&output.stderr));
    (output.status.code(), said)
}

/// Whether the command finds this rule broken, and tells it: by random sequences, or else with the
/// documented cases, which take longer.
fn is_found(endpoint: Endpoint, rule: &str, text: &str) -> bool {
    let begun = Instant::now();
    let quick = ["--skip-documented", "--cases", "60", "--time-limit", "2"];
    let is_found =
        [&quick[..], &["--cases", "400", "--time-limit", "20"]].into_iter().any(|more| {
            let args = [&["--rule", rule, "--shrinks", "10"], more].concat();
            let (code, said) = run(endpoint, &args);
            code == Some(1) && said.contains(&format!("BROKEN {rule}\n"))
        });
    let mark = if is_found { "" } else { "MISSED " };
    println!("{mark}{text} | {rule} | {:.1} s", begun.elapsed().as_secs_f64());
    is_found
}

#[test]
fn every_fault_is_found_over_http() {
    let shown: Vec<_> = FAULTS.iter().filter(|(fault, ..)| !HIDDEN.contains(fault)).collect();
    let find = |&&(fault, rule, text): &&(Fault, &'static str, &'static str)| {
        (!is_found(Endpoint::new(Some(fault)), rule, text)).then_some(text)
    };
    let missed: Vec<&str> = thread::scope(|scope| {
        let search = |half: Vec<_>| half.iter().filter_map(find).collect::<Vec<_>>();
        let halves = [0, 1].map(|half| shown.iter().copied().skip(half).step_by(2).collect());
        let threads = halves.map(|half| scope.spawn(move || search(half)));
        threads.into_iter().flat_map(|thread| thread.join().expect("no panic")).collect()
    });
    assert!(missed.is_empty(), "not found: {missed:#?}");
    assert!(shown.len() >= 45, "{}", shown.len());
    for (again, text) in [
        (Again::Doubles, "a ClientToken that doubles"),
        (Again::Refused, "a ClientToken that is refused when it comes again"),
    ] {
        let endpoint = Endpoint { again, ..Endpoint::new(None) };
        assert!(is_found(endpoint, "front-end.client-token", text));
    }
}

/// Whether a rule has this result in the table.
fn has(said: &str, rule: &str, result: &str) -> bool {
    said.lines().any(|line| {
        line.strip_prefix(rule).is_some_and(|rest| rest.trim_start().starts_with(result))
    })
}

#[test]
fn an_endpoint_without_a_fault_holds_every_rule_that_it_can_be_asked() {
    let whole = Endpoint::new(None);
    let no_records = Endpoint { control: &["reset", "clock", "runs"], ..whole };
    let alone = Endpoint { control: &[], ..whole };
    let no_accounts = Endpoint { has_accounts: false, ..alone };
    let cases = ["--cases", "20", "--skip-documented"];
    let tag = ["--cases", "20", "--skip-documented", "--tag", "conformance"];
    for (endpoint, args, asks_outcomes) in [
        (whole, &["--cases", "1"][..], true),
        (whole, &cases, true),
        (no_records, &cases, true),
        (alone, &cases, false),
        (no_accounts, &tag, false),
    ] {
        let begun = Instant::now();
        let (code, said) = run(endpoint, args);
        println!("{args:?}: {:.1} s", begun.elapsed().as_secs_f64());
        assert_eq!(code, Some(0), "{said}");
        for rule in ["filter.tags", "page.total", "token.end", "front-end.client-token"] {
            assert!(has(&said, rule, "held"), "{rule}: {said}");
        }
        for rule in ["run.start", "status.timed"] {
            assert_eq!(has(&said, rule, "held"), asks_outcomes, "{rule}: {said}");
        }
    }
    // Its first case begins from an empty store, the others do not.
    let (code, said) = run(no_accounts, &cases);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("not offered: an empty store for each case: give --tag"), "{said}");
    assert!(has(&said, "error.missing", "held"), "{said}");
}

#[test]
fn an_unknown_record_is_an_error_and_an_unknown_control_request_is_not_offered() {
    let whole = Endpoint::new(None);
    let subject = |endpoint: Endpoint| {
        let mut subject = HttpSubject::new(&endpoint.serve(), "a", Duration::from_secs(10))?;
        let begun = subject.begin(&Config::default(), Timestamp::MIN);
        begun.map_err(|no| no.to_string()).map(|()| subject)
    };
    let report = |endpoint| {
        let mut subject = subject(endpoint).expect("it answers");
        subject.update_run("t-none", "i-1", &RunUpdate::default())
    };
    let unknown = ("InvalidInvokeId.NotFound".to_owned(), 404, None);
    assert_eq!(report(whole), Err(No::Refused(unknown)));
    let lack = No::NotOffered("the control request runs".to_owned());
    assert_eq!(report(Endpoint { control: &["reset", "clock"], ..whole }), Err(lack));
}

#[test]
fn an_account_of_any_characters_is_one_account() {
    let args = ["--account", "a&b c=\u{fc}%#", "--rule", "page.total", "--skip-documented"];
    let (code, said) = run(Endpoint::new(None), &[&args[..], &["--cases", "10"]].concat());
    assert_eq!(code, Some(0), "{said}");
    assert!(has(&said, "page.total", "held"), "{said}");
}

#[test]
fn a_run_without_a_rule_that_is_asked_could_not_run() {
    let (code, said) = run(Endpoint::new(None), &["--rule", "event.when", "--cases", "2"]);
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("could not run: no rule was asked"), "{said}");
}

#[test]
fn any_number_of_cases_ends_with_the_time() {
    let many = ["--cases", "4294967295", "--skip-documented"];
    let args = [&many[..], &["--rule", "page.total", "--time-limit", "1"]].concat();
    let (code, said) = run(Endpoint::new(None), &args);
    assert_eq!(code, Some(0), "{said}");
}

#[test]
fn a_long_reason_is_told_once_as_a_whole() {
    let alone = Endpoint { control: &[], has_accounts: false, ..Endpoint::new(None) };
    let (_, said) = run(alone, &["--skip-documented", "--cases", "5"]);
    let reason = "not offered: an empty store for each case: give --tag, or offer reset";
    assert_eq!(said.matches(reason).count(), 1, "{said}");
    assert!(said.contains(&format!("{}...\n", &reason[..52])), "{said}");
}
