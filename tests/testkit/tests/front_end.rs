//! Holds a front end to the rules of both queries.

use invodex::{DescribeInvocationResults, DescribeInvocations, Error, Recommend, Store};
use invodex_testkit::subject::{Reply, Stored, Subject, Value, answered};
use invodex_testkit::suite::{self, Options};

const ID: &str = "473469C7-AA6F-4DC5-B3DB-A3DC0DE3C83E";

/// Stands for your front end: parameters as they come from the wire, to the body of an answer.
fn answer(store: &Store, action: &str, pairs: Vec<(String, String)>) -> Result<Vec<u8>, Error> {
    let mut body = Vec::new();
    if action == "DescribeInvocations" {
        let request = DescribeInvocations::from_pairs(pairs);
        store.describe_invocations(&request)?.write_json(ID, &mut body);
    } else {
        let request = DescribeInvocationResults::from_pairs(pairs);
        store.describe_invocation_results(&request)?.write_json(ID, &mut body);
    }
    Ok(body)
}

struct FrontEnd(Stored);

impl Subject for FrontEnd {
    fn describe(&mut self, operation: &str, pairs: &[(String, String)]) -> Reply<Value> {
        let error = match answer(&self.0.store, operation, pairs.to_vec()) {
            Ok(body) => return answered(200, &body),
            Err(error) => error,
        };
        let mut body = Vec::new();
        error.write_json(ID, "localhost", Recommend::Link, &mut body);
        answered(error.status(), &body)
    }

    fn stored(&mut self) -> Option<&mut Stored> {
        Some(&mut self.0)
    }
}

#[test]
fn the_front_end_conforms() {
    let options = Options { cases: 20, ..Options::default() };
    let report = suite::run(&mut FrontEnd(Stored::new()), &options, &mut |_| {}).unwrap();
    assert!(report.is_held(), "{report}");
}
