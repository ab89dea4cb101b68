//! The suite on the library, in each of its forms, and on the reference: every rule that can be asked
//! is held. Subjects that offer less are asked less, and told so.

use invodex::{InstanceRun, Invocation, InvocationStatus, Timestamp};
use invodex_testkit::engine::{Engine, Form};
use invodex_testkit::reference::Reference;
use invodex_testkit::rules::Ledger;
use invodex_testkit::subject::{Config, No, Reply, Subject};
use invodex_testkit::suite::{self, Options, Report, RuleOutcome};
use serde_json::Value;

fn run(subject: &mut dyn Subject, options: &Options) -> Report {
    suite::run(subject, options, &mut |_| {}).expect("no rule, or one of the ledger")
}

fn random(cases: u32) -> Options {
    Options { cases, documented: false, ..Options::default() }
}

fn outcome<'r>(report: &'r Report, id: &str) -> &'r RuleOutcome {
    let rule = report.rules.iter().find(|rule| rule.id == id);
    &rule.unwrap_or_else(|| panic!("no rule {id}")).outcome
}

fn reason<'r>(report: &'r Report, id: &str) -> &'r str {
    match outcome(report, id) {
        RuleOutcome::NotAsked(reason) => reason,
        other => panic!("{id} is {other:?}"),
    }
}

#[test]
fn the_library_holds_every_rule() {
    let report = run(&mut Engine::new(Form::Body), &Options { cases: 40, ..Options::default() });
    println!("{report}");
    assert!(report.is_held(), "{report}");
    let (held, broken, not_asked) = report.counts();
    assert_eq!(broken, 0);
    assert_eq!(held + not_asked, Ledger::load().rules().count());
    for rule in &report.rules {
        // A rule that no case comes to would be a hole in the suite.
        if let RuleOutcome::NotAsked(reason) = &rule.outcome {
            assert!(!reason.contains("no case"), "{}: {reason}", rule.id);
        }
    }
    assert!(report.to_string().lines().all(|line| line.chars().count() <= 100), "{report}");
}

#[test]
fn the_other_forms_and_the_reference_hold_every_rule() {
    for form in [Form::Views, Form::Owned] {
        let report = run(&mut Engine::new(form), &random(10));
        assert!(report.is_held(), "{report}");
    }
    let report = run(&mut Reference::new(), &Options { cases: 10, ..Options::default() });
    assert!(report.is_held(), "{report}");
}

/// A front end whose records are made by requests alone, and which goes by its own clock.
struct OwnClock {
    engine: Engine,
    seconds: u32,
}

impl Subject for OwnClock {
    fn describe(&mut self, operation: &str, pairs: &[(String, String)]) -> Reply<Value> {
        self.engine.describe(operation, pairs)
    }

    fn begin(&mut self, config: &Config, _: Timestamp) -> Reply<()> {
        if *config != Config::default() {
            return Err(No::NotOffered("another configuration".to_owned()));
        }
        let now = Timestamp::saturating_from_secs(i64::from(self.seconds));
        self.engine.begin(config, now)
    }

    fn accept(&mut self, invocation: &Invocation) -> Reply<bool> {
        let made = |run: &InstanceRun| *run == InstanceRun::new(run.instance_id.clone());
        if invocation.creation_time.is_some() || !invocation.instances.iter().all(made) {
            return Err(No::NotOffered("a record with results".to_owned()));
        }
        let accepted = self.engine.accept(invocation)?;
        // The first run goes by itself.
        if let Some(run) = invocation.instances.first() {
            let status = Some(InvocationStatus::Running);
            let update = invodex::RunUpdate { invocation_status: status, ..Default::default() };
            self.engine.update_run(&invocation.invoke_id, &run.instance_id, &update)?;
        }
        self.seconds += 1;
        self.engine.set_clock(Timestamp::saturating_from_secs(i64::from(self.seconds)))?;
        Ok(accepted)
    }

    fn stop(&mut self, invoke_id: &str, instances: &[&str]) -> Reply<Option<usize>> {
        self.engine.stop(invoke_id, instances).map(|_| None)
    }
}

#[test]
fn a_subject_with_its_own_clock_is_asked_what_does_not_depend_on_it() {
    let mut subject = OwnClock { engine: Engine::new(Form::Body), seconds: 1_700_000_000 };
    let report = run(&mut subject, &random(30));
    assert!(report.is_held(), "{report}");
    for id in ["filter.tags", "order.newest-first", "token.never-twice", "page.total", "token.end"]
    {
        assert!(matches!(outcome(&report, id), RuleOutcome::Held), "{report}");
    }
    for id in
        ["run.after-start", "run.start", "run.times", "status.overall-partial", "answer.times"]
    {
        assert!(reason(&report, id).contains("not offered"), "{report}");
    }
    assert_eq!(reason(&report, "token.outlives-store"), "not offered: saving and restoring");
}

/// A front end that can only be asked.
struct Bare {
    engine: Engine,
    /// A region that is refused without a reason.
    refuses: Option<&'static str>,
}

impl Subject for Bare {
    fn describe(&mut self, operation: &str, pairs: &[(String, String)]) -> Reply<Value> {
        let region = pairs.iter().rev().find(|(name, _)| name == "RegionId");
        if region.is_some_and(|(_, value)| Some(&**value) == self.refuses) {
            let refusal = ("InvalidRegionId.NotFound".to_owned(), 404, None);
            return Err(No::Refused(refusal));
        }
        self.engine.describe(operation, pairs)
    }
}

#[test]
fn a_subject_that_makes_no_records_is_asked_for_the_errors_of_requests() {
    let mut subject = Bare { engine: Engine::new(Form::Body), refuses: None };
    let report = run(&mut subject, &Options { cases: 60, ..Options::default() });
    assert!(report.is_held(), "{report}");
    for id in ["error.missing", "error.value", "page.limits", "error.tags", "error.order"] {
        assert!(matches!(outcome(&report, id), RuleOutcome::Held), "{report}");
    }
    for id in ["filter.tags", "token.end", "order.ties", "store.expired", "answer.names"] {
        assert_eq!(reason(&report, id), "not offered: beginning anew", "{report}");
    }

    subject.refuses = Some("cn-b");
    let report = run(&mut subject, &random(30));
    let (rule, breach) = report.broken().next().expect("it is broken");
    assert_eq!(rule.id, "request.regions", "{report}");
    let request = breach.sequence.last().expect("a sequence has an operation");
    assert_eq!(request, "DescribeInvocations RegionId=cn-b");
    assert_eq!(breach.difference, "error 404 InvalidRegionId.NotFound, expected an answer");
}

/// A front end that stops answering.
struct Silent(u32);

impl Subject for Silent {
    fn describe(&mut self, operation: &str, _: &[(String, String)]) -> Reply<Value> {
        self.0 += 1;
        Err(No::Failed(format!("{operation} number {}: no answer", self.0)))
    }

    fn begin(&mut self, _: &Config, _: Timestamp) -> Reply<()> {
        Ok(())
    }

    fn accept(&mut self, _: &Invocation) -> Reply<bool> {
        Ok(true)
    }
}

#[test]
fn a_subject_that_gives_no_answer_ends_the_run() {
    for options in [random(3), Options::default()] {
        let report = run(&mut Silent(0), &options);
        assert!(!report.is_held());
        let failure = report.failure.as_deref().expect("it fails");
        assert!(failure.ends_with("number 1: no answer"), "{failure}");
        assert_eq!(report.broken().count(), 0, "{report}");
        assert!(report.to_string().contains("The run ended early: Describe"), "{report}");
    }
}

#[test]
fn one_rule_alone_is_asked_and_reported() {
    let options = Options { rule: Some("token.end".to_owned()), cases: 5, ..Options::default() };
    let mut steps = Vec::new();
    let report = suite::run(&mut Reference::new(), &options, &mut |step| steps.push(step));
    let report = report.expect("the rule is in the ledger");
    assert!(report.is_held() && report.documented.1 < 20, "{report}");
    let ids: Vec<&str> = report.rules.iter().map(|rule| &*rule.id).collect();
    assert_eq!(ids, ["token.end"]);
    assert_eq!(report.to_json()["rules"][0]["outcome"], "held");
    assert_eq!(report.to_json()["held"], 1);
    assert!(steps.iter().enumerate().all(|(at, step)| step.done as usize == at), "{steps:?}");
    assert_eq!(steps.len() as u32, steps[0].total);

    let refused = |rule: &str| {
        let options = Options { rule: Some(rule.to_owned()), ..Options::default() };
        suite::run(&mut Reference::new(), &options, &mut |_| {}).expect_err("there is no such rule")
    };
    let error = refused("stop.all");
    assert_eq!(
        error,
        "there is no rule \"stop.all\"; allowed are stop.documented, stop.running, stop.limit"
    );
    assert!(refused("none").contains("rules begin with answer, archive,"), "{}", refused("none"));
}
