//! The skeleton of the answers, made from the lists of fields.

use std::fmt::Write;
use std::iter::{empty, once};

use super::fields::Name;
use super::*;
use crate::model::Timestamp;

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

fn page() -> Page<'static> {
    Page { page_number: 1, page_size: 10, total_count: 1, next_token: "" }
}

fn execution() -> Execution {
    Execution { start_time: None, stop_time: None, repeats: 0, dropped: 0, exit_code: Some(0) }
}

#[derive(Clone)]
struct AnyTag;

impl Group for AnyTag {
    fn each(&self, out: &mut impl Fields) {
        Tag { key: "", value: "" }.each(out);
    }
}

#[test]
fn the_skeleton_of_an_invocation_a_run_and_a_result() {
    let invocation = Invocation {
        summary: Summary {
            invoke_id: "",
            creation_time: Timestamp::MIN,
            invocation_status: "",
            invoke_status: "",
            timed: false,
        },
        settings: RunSettings { timeout: Some(60), ..RunSettings::default() },
        body: CommandBody::default(),
        tags: once(AnyTag),
        instances: empty::<AnyTag>(),
    };
    let run = Run {
        instance_id: InstanceId(""),
        invocation_status: "",
        instance_invoke_status: "",
        timed: false,
        creation_time: Timestamp::MIN,
        update_time: Timestamp::MIN,
        finish_time: None,
        execution: execution(),
        texts: RunTexts::default(),
        output: b"",
    };
    let result = InvocationResult {
        invoke_id: "",
        instance_id: InstanceId(""),
        invocation_status: "",
        invoke_record_status: "",
        finished_time: None,
        execution: execution(),
        texts: RunTexts::default(),
        settings: CommonSettings::default(),
        tags: once(AnyTag),
        output: b"",
    };
    let invocations = Invocations { page: page(), invocations: empty::<AnyTag>() };
    let results = InvocationResults { page: page(), invocation_results: empty::<AnyTag>() };
    let skeleton = [
        Skeleton::of("DescribeInvocations", &invocations),
        Skeleton::of("Invocation", &invocation),
        Skeleton::of("InvokeInstance", &run),
        Skeleton::of("DescribeInvocationResults", &results),
        Skeleton::of("InvocationResult", &result),
    ]
    .join("\n");
    println!("{skeleton}");
    assert_eq!(skeleton, include_str!("../../tests/data/skeleton.txt"));
}

#[test]
fn the_ready_json_of_no_run_texts_is_what_their_list_makes() {
    assert_eq!(RunTexts::NONE_JSON.as_bytes(), to_json(&RunTexts::default()));
}

/// One field of each kind.
struct EachKind;

impl Group for EachKind {
    fn each(&self, out: &mut impl Fields) {
        let time = Timestamp::from_secs(1_579_425_346);
        out.text(fields::name!("Text"), "a \"b\"\\\n\u{1}\u{e9}");
        out.constant(fields::name!("Constant"), "Once");
        out.time(fields::name!("Time"), time);
        out.time(fields::name!("Unset"), None);
        out.number(fields::name!("Number"), 10);
        out.signed(fields::name!("Signed"), -1);
        out.flag(fields::name!("Flag"), true);
        out.bytes(fields::name!("Bytes"), &[0xff, b'"']);
        out.bytes(fields::name!("NoBytes"), b"");
        out.object(fields::name!("Object"), &InstanceId("i"));
        out.list(fields::name!("List"), fields::name!("Item"), once(AnyTag));
        out.list(fields::name!("Empty"), fields::name!("Item"), empty::<AnyTag>());
    }
}

#[test]
fn bytes_and_serde_write_the_same() {
    for base64 in [true, false] {
        let mut body = Vec::new();
        write_body("", &EachKind, base64, &mut body);
        let object = serde_json::to_string(&Object { group: EachKind, base64 }).expect("plain");
        let object = object.replacen('{', r#"{"RequestId":"","#, 1);
        assert_eq!(String::from_utf8(body), Ok(object));
    }
}
