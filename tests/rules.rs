//! The ledger of rules, `testkit/rules.toml`: each rule has a kind, a source and tests that exist, and the
//! documentation shows the same rules. A rule's test is never run from here.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use invodex_testkit::cases::{CaseFile, FILES};
use invodex_testkit::rules::{Kind, Ledger, Rule, case_names};

const KINDS: [(Kind, &str, &str); 4] = [
    (Kind::Live, "live", "an answer of the service was captured, or a trial of it was reported"),
    (Kind::Documented, "documented", "the vendor's documentation or metadata says so"),
    (Kind::Seen, "seen", "clients or the service's agent rely on it"),
    (
        Kind::Decision,
        "decision",
        "no public text says it, or two contradict each other: the choice is ours",
    ),
];

fn kind_name(kind: Kind) -> &'static str {
    KINDS[kind as usize].1
}

fn count(ledger: &Ledger, kind: Kind) -> usize {
    ledger.rules().filter(|rule| rule.kind == kind).count()
}

/// Everything that is wrong with the ledger.
fn faults(ledger: &Ledger) -> Vec<String> {
    let mut faults = Vec::new();
    let mut ids = BTreeSet::new();
    for rule in ledger.rules() {
        let id = &rule.id;
        if !ids.insert(id) {
            faults.push(format!("{id}: two rules have this id"));
        }
        for (field, text) in [("rule", &rule.rule), ("source", &rule.source)] {
            if text.is_empty() {
                faults.push(format!("{id}: an empty {field}"));
            }
        }
        if rule.tests.is_empty() {
            faults.push(format!("{id}: no test"));
        }
        for test in &rule.tests {
            if let Err(fault) = find(test) {
                faults.push(format!("{id}: {test}: {fault}"));
            }
        }
    }
    faults
}

/// The ledger as Markdown, for the documentation.
fn document(ledger: &Ledger) -> String {
    let mut text = String::from("\n| kind | rules | what a rule rests on |\n|---|---|---|\n");
    // Writing to a String cannot fail.
    for (kind, name, meaning) in KINDS {
        let _ = writeln!(text, "| {name} | {} | {meaning} |", count(ledger, kind));
    }
    for section in &ledger.section {
        let _ =
            write!(text, "\n# {}\n\n| rule | rests on | held by |\n|---|---|---|\n", section.title);
        for Rule { rule, kind, source, tests, .. } in &section.rule {
            let tests: Vec<String> = tests.iter().map(|test| format!("`{test}`")).collect();
            let row = [rule, &format!("**{}**: {source}", kind_name(*kind)), &tests.join(", ")];
            let row = row.map(|cell| cell.replace('|', "\\|"));
            let _ = writeln!(text, "| {} |", row.join(" | "));
        }
    }
    text
}

/// Whether there is this test or documented case.
fn find(test: &str) -> Result<(), &'static str> {
    if let Some((file, name)) = test.split_once("::") {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
        let text = fs::read_to_string(path).map_err(|_| "there is no such file")?;
        return if functions(&text).contains(&name) {
            Ok(())
        } else {
            Err("the file has no such test")
        };
    }
    let case = test.strip_prefix("cases/").and_then(|rest| rest.split_once(".toml#"));
    let Some((file, name)) = case else {
        return Err("allowed FILE::FUNCTION and cases/FILE.toml#NAME");
    };
    if FILES.iter().all(|(known, _)| *known != file) {
        return Err("there is no such file of cases");
    }
    match case_names(&CaseFile::load(file)).iter().filter(|known| *known == name).count() {
        0 => Err("the file has no such case"),
        1 => Ok(()),
        _ => Err("more than one case has this name, write GROUP / CASE"),
    }
}

/// The names of all functions in a source file that are a test or whose documentation has an example.
fn functions(text: &str) -> Vec<&str> {
    let mut names = Vec::new();
    let mut is_run = false;
    for line in text.lines().map(str::trim) {
        if line == "#[test]" || line == "/// ```" {
            is_run = true;
        } else if line.starts_with("#[ignore") {
            is_run = false;
        } else if let Some(rest) = line.trim_start_matches("pub ").strip_prefix("fn ") {
            if is_run {
                names.push(rest.split(['(', '<']).next().unwrap_or(rest));
            }
            is_run = false;
        } else if !line.starts_with("//") && !line.starts_with("#[") {
            // Neither test nor example is of what comes later.
            is_run = false;
        }
    }
    names
}

#[test]
fn every_rule_is_held_by_a_test() {
    let ledger = Ledger::load();
    let faults = faults(&ledger);
    assert!(faults.is_empty(), "rules.toml:\n{}", faults.join("\n"));
    let counts = KINDS.map(|(kind, name, _)| format!("{} {name}", count(&ledger, kind)));
    println!("{} rules: {}", ledger.rules().count(), counts.join(", "));
}

#[test]
fn every_case_belongs_to_a_rule() {
    let ledger = Ledger::load();
    let mut count = 0;
    for (file, _) in FILES {
        for names in CaseFile::load(file).names() {
            let rules = ledger.of_case(file, &names);
            assert!(!rules.is_empty(), "{file}.toml: no rule has the case {names}");
            count += 1;
        }
    }
    println!("{count} cases");
}

#[test]
fn the_documentation_shows_the_ledger() {
    let document = document(&Ledger::load());
    if document != include_str!("../src/rules.md") {
        let made = Path::new(env!("CARGO_TARGET_TMPDIR")).join("rules.md");
        fs::write(&made, document).expect("cargo makes the folder");
        panic!(
            "src/rules.md is not made of tests/testkit/rules.toml: copy {} over it",
            made.display()
        );
    }
}

#[test]
fn faults_of_a_ledger_are_found() {
    let rule = |id: &str, rest: &str| {
        format!("[[section.rule]]\nid = \"{id}\"\nrule = \"r\"\nsource = \"s\"\n{rest}\n")
    };
    let read =
        |rules: &str| toml::from_str::<Ledger>(&format!("[[section]]\ntitle = \"t\"\n{rules}"));
    let sound = "kind = \"live\"\ntests = [\"tests/rules.rs::faults_of_a_ledger_are_found\", \
                 \"cases/statuses.toml#Once: Success, Failed\", \"cases/statuses.toml#Timed of a run\", \
                 \"cases/transitions.toml#Period: Running\", \"cases/transitions.toml#stopping / time passes\"]";
    assert_eq!(read(&rule("a", sound)).map(|ledger| faults(&ledger)), Ok(Vec::new()));

    let tests = [
        "tests/rules.rs::faults",
        "tests/rules.rs::functions",
        "tests/none.rs::a",
        "cases/none.toml#a",
        "cases/statuses.toml#a",
        "cases/statuses.toml#Once: Failed, Success",
        "cases/transitions.toml#time passes",
        "a",
    ];
    let unsound = [
        rule("a", sound),
        rule("a", "kind = \"seen\"\ntests = []"),
        rule("b", &format!("kind = \"decision\"\ntests = {tests:?}")),
        rule("c", sound).replace("\"r\"", "\"\"").replace("\"s\"", "\"\""),
    ];
    let faults = read(&unsound.concat()).map(|ledger| faults(&ledger));
    let expected = [
        "a: two rules have this id",
        "a: no test",
        "b: tests/rules.rs::faults: the file has no such test",
        "b: tests/rules.rs::functions: the file has no such test",
        "b: tests/none.rs::a: there is no such file",
        "b: cases/none.toml#a: there is no such file of cases",
        "b: cases/statuses.toml#a: the file has no such case",
        "b: cases/statuses.toml#Once: Failed, Success: the file has no such case",
        "b: cases/transitions.toml#time passes: more than one case has this name, write GROUP / CASE",
        "b: a: allowed FILE::FUNCTION and cases/FILE.toml#NAME",
        "c: an empty rule",
        "c: an empty source",
    ];
    assert_eq!(faults, Ok(expected.map(String::from).to_vec()));

    let unknown = read(&rule("a", &sound.replace("live", "likely"))).err();
    assert!(unknown.is_some_and(|error| error.message().contains("unknown variant `likely`")));

    let text = "#[test]\nfn a() {}\nfn b() {}\n// #[test]\nfn c() {}\n#[test]\n#[ignore]\nfn d() {}\n    \
                #[test]\n    #[cfg(unix)]\n    fn e(x in 0..1) {}\n/// ```\n/// ```\npub fn f() {}\n\
                /// ```\npub struct G;\nfn h() {}\n";
    assert_eq!(functions(text), ["a", "e", "f"]);
}
