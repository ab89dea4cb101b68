//! The skeleton of the answers, made from the lists of fields.

use std::fmt::Write;

use super::*;
use crate::model::{InstanceRun, Invocation, Tag, Timestamp};
use crate::query::{Page, ResultRow};
use crate::request::ContentEncoding;
use crate::table::Table;
use crate::wire::{Fields, Group, Name};

/// Writes each field as its name and its kind, a line each.
#[derive(Default)]
struct Skeleton {
    text: String,
    depth: usize,
}

impl Skeleton {
    fn of(title: &str, group: &impl Group) -> String {
        let mut skeleton = Skeleton { text: format!("{title}\n"), depth: 1 };
        group.each(&mut skeleton);
        skeleton.text
    }

    fn line(&mut self, name: &'static Name, kind: &str) {
        let indent = 4 * self.depth;
        writeln!(self.text, "{:indent$}{} {kind}", "", name.key()).expect("a string takes it");
    }

    fn nested(&mut self, group: &impl Group) {
        self.depth += 1;
        group.each(self);
        self.depth -= 1;
    }
}

impl Fields for Skeleton {
    fn text(&mut self, name: &'static Name, _: &str) {
        self.line(name, "text");
    }

    fn constant(&mut self, name: &'static Name, _: &'static str) {
        self.line(name, "text of the API");
    }

    fn time(&mut self, name: &'static Name, _: Option<Timestamp>) {
        self.line(name, "time");
    }

    fn number(&mut self, name: &'static Name, _: u64) {
        self.line(name, "number");
    }

    fn signed(&mut self, name: &'static Name, _: i64) {
        self.line(name, "signed number");
    }

    fn flag(&mut self, name: &'static Name, _: bool) {
        self.line(name, "boolean");
    }

    fn bytes(&mut self, name: &'static Name, _: &[u8]) {
        self.line(name, "bytes");
    }

    fn object(&mut self, name: &'static Name, value: &impl Group) {
        self.line(name, "object");
        self.nested(value);
    }

    fn list<G: Group>(
        &mut self,
        name: &'static Name,
        item: &'static Name,
        items: impl Iterator<Item = G> + Clone,
    ) {
        self.line(name, &format!("list of {}", item.key()));
        for item in items {
            self.nested(&item);
        }
    }

    fn ready<G: Group>(&mut self, _: &[u8], group: impl Fn() -> G) {
        group().each(self);
    }
}

fn page<R>(rows: Vec<R>) -> Page<R> {
    Page { rows, total: Some(1), next: None, page_number: 1, page_size: 10 }
}

#[test]
fn the_skeleton_of_both_answers() {
    let mut run = InstanceRun::new("i-1");
    run.exit_code = Some(0);
    let mut invocation = Invocation::new("cn-a", "t-1", "c-1");
    invocation.timeout = Some(60);
    invocation.tags.push(Tag::new("owner", ""));
    invocation.instances.push(run);
    let mut table = Table::default();
    let slot = table.insert(&invocation, Timestamp::MIN);
    let row = ResultRow { slot, run: 0, history: None };
    let show = Show { encoding: ContentEncoding::Base64, output: true, instance: None };
    let invocations = DescribeInvocationsResponse::new(&table, page(vec![slot]), show);
    let results = DescribeInvocationResultsResponse::new(&table, page(vec![row]), show);
    let skeleton = [
        Skeleton::of("DescribeInvocations", &invocations),
        Skeleton::of("DescribeInvocationResults", &results),
    ]
    .join("\n");
    println!("{skeleton}");
    assert_eq!(skeleton, include_str!("../../tests/data/skeleton.txt"));
}
