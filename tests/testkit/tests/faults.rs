//! The suite finds each of the seeded faults, and names the rule that it breaks.

mod faulty;

use std::thread;
use std::time::Duration;

use faulty::{FAULTS, Fault, Faulty};
use invodex_testkit::suite::{self, Options, Report};

fn run(subject: &mut Faulty, options: &Options) -> Report {
    suite::run(subject, options, &mut |_| {}).expect("no rule is named")
}

#[test]
fn every_fault_is_found_and_its_rule_is_named() {
    let options = Options {
        cases: 12,
        documented: false,
        shrinks: 150,
        time_limit: Duration::from_secs(20),
        ..Options::default()
    };
    let find = |&(fault, rule, text): &(Fault, &'static str, &'static str)| {
        let mut report = run(&mut Faulty::new(Some(fault)), &options);
        let mut how = "random";
        if report.broken().all(|(broken, _)| broken.id != rule) {
            // Rare: this rule alone, with its documented cases and more sequences.
            how = "rule alone";
            let options = Options {
                cases: 400,
                documented: true,
                rule: Some(rule.to_owned()),
                ..options.clone()
            };
            report = run(&mut Faulty::new(Some(fault)), &options);
        }
        let broken = report
            .broken()
            .map(|(rule, breach)| format!("{} ({} operations)", rule.id, breach.sequence.len()));
        let broken: Vec<String> = broken.collect();
        let is_found = report.broken().any(|(broken, _)| broken.id == rule);
        let seconds = report.elapsed.as_secs_f64();
        let mark = if is_found { "" } else { "MISSED " };
        let (broken, operations) = (broken.join(", "), report.operations);
        println!(
            "{mark}{text} | {rule} | {broken} | {how}, {operations} operations, {seconds:.1} s"
        );
        (!is_found).then_some(text)
    };
    let half = FAULTS.len() / 2;
    let missed: Vec<&str> = thread::scope(|scope| {
        let halves = [&FAULTS[..half], &FAULTS[half..]];
        let search = |faults: &'static [_]| faults.iter().filter_map(find).collect::<Vec<_>>();
        let threads = halves.map(|faults| scope.spawn(move || search(faults)));
        threads.into_iter().flat_map(|thread| thread.join().expect("no panic")).collect()
    });
    assert!(missed.is_empty(), "not found: {missed:#?}");
}

#[test]
fn without_a_fault_every_rule_is_held() {
    let report = run(&mut Faulty::new(None), &Options { cases: 10, ..Options::default() });
    assert!(report.is_held(), "{report}");
}

#[test]
fn a_broken_rule_is_found_again_by_its_seed() {
    let options = Options { cases: 12, documented: false, ..Options::default() };
    let report = run(&mut Faulty::new(Some(Fault::HistoryLost)), &options);
    let broken = report.broken().collect::<Vec<_>>();
    assert!(!broken.is_empty(), "{report}");
    for (rule, breach) in broken {
        let seed = breach.found_by.strip_prefix("random operations, seed ");
        let seed = seed.and_then(|seed| seed.parse().ok()).expect("it tells the seed");
        let again = Options { seed, cases: 1, rule: Some(rule.id.clone()), ..options.clone() };
        let report = run(&mut Faulty::new(Some(Fault::HistoryLost)), &again);
        let (again, found) = report.broken().next().unwrap_or_else(|| panic!("{report}"));
        assert_eq!((&again.id, &found.found_by), (&rule.id, &breach.found_by));
    }
}
