//! Every field of a record and of an update at its limit, one beyond it, and far beyond it, with
//! characters of every width; and every sort of text within the limit, stored as given.

use invodex::{Error, InstanceRun, Invocation, RunUpdate, Tag};

use super::values::TABLE;
use super::{assert_helpful, both, now};
use invodex_testkit::filters::Kind;
use invodex_testkit::model::{Model, ModelConfig};

/// The unit of a limit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Unit {
    Bytes,
    Characters,
}
use Unit::{Bytes, Characters};

type Set<T> = fn(&mut T, String);
type Get<T> = fn(&T) -> String;

/// A field: its name, limit, unit, whether it may be empty, and its setter and getter.
type Field = (&'static str, usize, Unit, bool, Set<Invocation>, Get<Invocation>);

/// The texts of a record.
#[rustfmt::skip]
const RECORD: &[Field] = &[
    ("RegionId",           128,    Bytes,      false, |r, t| r.region_id = t,           |r| r.region_id.clone()),
    ("ResourceGroupId",    128,    Bytes,      true,  |r, t| r.resource_group_id = t,   |r| r.resource_group_id.clone()),
    ("InvokeId",           128,    Bytes,      false, |r, t| r.invoke_id = t,           |r| r.invoke_id.clone()),
    ("CommandId",          128,    Bytes,      false, |r, t| r.command_id = t,          |r| r.command_id.clone()),
    ("CommandName",        128,    Characters, true,  |r, t| r.command_name = t,        |r| r.command_name.clone()),
    ("CommandDescription", 512,    Characters, true,  |r, t| r.command_description = t, |r| r.command_description.clone()),
    ("CommandContent",     24_576, Bytes,      true,  |r, t| r.command_content = t.into_bytes(), |r| String::from_utf8_lossy(&r.command_content).into_owned()),
    ("Parameters",         4_096,  Bytes,      true,  |r, t| r.parameters = t,          |r| r.parameters.clone()),
    ("Frequency",          4_096,  Bytes,      true,  |r, t| r.frequency = t,           |r| r.frequency.clone()),
    ("WorkingDir",         200,    Characters, true,  |r, t| r.working_dir = t,         |r| r.working_dir.clone()),
    ("Username",           255,    Characters, true,  |r, t| r.username = t,            |r| r.username.clone()),
    ("ContainerId",        4_096,  Bytes,      true,  |r, t| r.container_id = t,        |r| r.container_id.clone()),
    ("ContainerName",      4_096,  Bytes,      true,  |r, t| r.container_name = t,      |r| r.container_name.clone()),
    ("Launcher",           1_024,  Bytes,      true,  |r, t| r.launcher = t,            |r| r.launcher.clone()),
    ("TerminationMode",    4_096,  Bytes,      true,  |r, t| r.termination_mode = t,    |r| r.termination_mode.clone()),
    ("OssOutputDelivery",  4_096,  Bytes,      true,  |r, t| r.oss_output_delivery = t, |r| r.oss_output_delivery.clone()),
    ("InstanceId",         128,    Bytes,      false, |r, t| r.instances[0].instance_id = t, |r| r.instances[0].instance_id.clone()),
    ("ErrorCode",          4_096,  Bytes,      true,  |r, t| r.instances[0].error_code = t, |r| r.instances[0].error_code.clone()),
    ("ErrorInfo",          4_096,  Bytes,      true,  |r, t| r.instances[0].error_info = t, |r| r.instances[0].error_info.clone()),
    ("OssOutputStatus",    4_096,  Bytes,      true,  |r, t| r.instances[0].oss_output_status = t, |r| r.instances[0].oss_output_status.clone()),
    ("OssOutputUri",       4_096,  Bytes,      true,  |r, t| r.instances[0].oss_output_uri = t, |r| r.instances[0].oss_output_uri.clone()),
    ("OssOutputErrorCode", 4_096,  Bytes,      true,  |r, t| r.instances[0].oss_output_error_code = t, |r| r.instances[0].oss_output_error_code.clone()),
    ("OssOutputErrorInfo", 4_096,  Bytes,      true,  |r, t| r.instances[0].oss_output_error_info = t, |r| r.instances[0].oss_output_error_info.clone()),
];

/// The texts that an update may set, with the same limits as in a record.
const UPDATE: &[(&str, Set<RunUpdate>)] = &[
    ("ErrorCode", |u, t| u.error_code = Some(t)),
    ("ErrorInfo", |u, t| u.error_info = Some(t)),
    ("OssOutputStatus", |u, t| u.oss_output_status = Some(t)),
    ("OssOutputUri", |u, t| u.oss_output_uri = Some(t)),
    ("OssOutputErrorCode", |u, t| u.oss_output_error_code = Some(t)),
    ("OssOutputErrorInfo", |u, t| u.oss_output_error_info = Some(t)),
];

/// Characters of 1, 2, 3 and 4 bytes.
const WIDTHS: [char; 4] = ['x', '\u{e9}', '\u{5b57}', '\u{1f600}'];

fn record() -> Invocation {
    let mut record = Invocation::new("cn-a", "t-1", "c-1");
    record.instances.push(InstanceRun::new("i-1"));
    record
}

/// Accepts the record in a new store and a new model, and returns it as the store holds it.
fn accepted(record: &Invocation, what: &str) -> Result<Invocation, Error> {
    let mut store = invodex::Store::new(invodex::Config::default(), now());
    let mut model = Model::new(ModelConfig::default(), now());
    let (report, expected) = (store.accept(record), model.accept(record));
    match (report, expected) {
        (Ok(_), Ok(_)) => {
            let view = store.get(&record.invoke_id).unwrap_or_else(|| panic!("{what}: is lost"));
            Ok(view.to_invocation())
        }
        (Err(error), Err(expected)) => {
            let is = (error.code(), error.status(), error.parameter());
            let must = (expected.code.as_str(), expected.status, expected.parameter.as_deref());
            assert_eq!(is, must, "{what}");
            assert!(store.is_empty(), "{what}: a refused record is there");
            Err(error)
        }
        (report, expected) => panic!("{what}: {report:?}, the model {expected:?}"),
    }
}

/// As many characters of this width as the limit allows, filled up with narrow ones.
fn at_limit(most: usize, unit: Unit, width: char) -> String {
    match unit {
        Characters => width.to_string().repeat(most),
        Bytes => {
            let wide = width.to_string().repeat(most / width.len_utf8());
            let rest = most - wide.len();
            wide + &"x".repeat(rest)
        }
    }
}

#[test]
fn every_field_at_its_limit() {
    let mut tried = 0;
    for &(name, most, unit, may_be_empty, set, get) in RECORD {
        for width in WIDTHS {
            let longest = at_limit(most, unit, width);
            let far = width.to_string().repeat((1 << 20) / width.len_utf8());
            let with = |text: &str| {
                let mut record = record();
                set(&mut record, text.to_owned());
                record
            };
            let what = format!("{name} of {width}");
            let record = accepted(&with(&longest), &what).unwrap_or_else(|error| panic!("{error}"));
            assert!(get(&record) == longest, "{what} is another one");
            for long in [format!("{longest}x"), format!("x{longest}"), far] {
                let error = accepted(&with(&long), &what).expect_err(&what);
                let unit_name = if unit == Bytes { "bytes" } else { "characters" };
                let length = if unit == Bytes { long.len() } else { long.chars().count() };
                let given = format!("given {length} {unit_name}, allowed at most {most}");
                assert_eq!(error.code(), format!("InvalidParameter.{name}"));
                assert_helpful(&error, None, &[&given, name], &what);
                tried += 1;
            }
        }
        let mut empty = record();
        set(&mut empty, String::new());
        let code = accepted(&empty, name).err().map(|error| error.code().to_owned());
        assert_eq!(code, (!may_be_empty).then(|| format!("MissingParameter.{name}")), "{name}");
    }
    assert_eq!(tried, 23 * 4 * 3);
}

#[test]
fn every_text_of_an_update_at_its_limit() {
    for &(name, set) in UPDATE {
        for width in WIDTHS {
            let (mut store, mut model) = both();
            let longest = at_limit(4_096, Bytes, width);
            for (text, fits) in [
                (longest.clone(), true),
                (longest.clone() + "x", false),
                ("x".repeat(1 << 20), false),
                (String::new(), true),
            ] {
                let mut update = RunUpdate::default();
                set(&mut update, text);
                let (is, must) =
                    (store.update_run("1", "1", &update), model.update_run("1", "1", &update));
                assert_eq!((is.is_ok(), must.is_ok()), (fits, fits), "{name} of {width}");
                if let Err(error) = is {
                    assert_eq!(error.code(), format!("InvalidParameter.{name}"));
                    assert_eq!(error.parameter(), Some(name));
                    assert_helpful(&error, None, &["allowed at most 4096", "bytes"], name);
                }
            }
        }
    }
}

/// Any text within the limit is stored as given. Only lengths and tags are restricted.
#[test]
fn every_sort_of_text_is_kept() {
    let mut kept = 0;
    for row in TABLE {
        for value in row.values(Kind::Text) {
            for &(name, most, unit, may_be_empty, set, get) in RECORD {
                let length = if unit == Bytes { value.len() } else { value.chars().count() };
                if length > most || (value.is_empty() && !may_be_empty) {
                    continue;
                }
                let what = format!("{name}: {}", row.name);
                let mut record = record();
                set(&mut record, value.clone());
                let record = accepted(&record, &what).unwrap_or_else(|error| panic!("{error}"));
                assert!(get(&record) == value, "{what}: {:?}", get(&record));
                kept += 1;
            }
        }
    }
    println!("{kept} values kept");
    assert!(kept > 1_400, "{kept}");
}

#[test]
fn numbers_at_their_limits() {
    for (timeout, fits) in [
        (None, true),
        (Some(0), false),
        (Some(1), true),
        (Some(86_400), true),
        (Some(86_401), false),
        (Some(u32::MAX), false),
    ] {
        let mut record = record();
        record.timeout = timeout;
        let report = accepted(&record, "Timeout");
        assert_eq!(report.is_ok(), fits, "{timeout:?}");
        match report {
            Ok(record) => assert_eq!(record.timeout, timeout),
            Err(error) => {
                assert_eq!(error.code(), "InvalidParameter.Timeout");
                let given = format!("given {}", timeout.unwrap_or_default());
                assert_helpful(&error, None, &[&given, "allowed 1 to 86400"], "Timeout");
            }
        }
    }
    // Every other number is stored as given.
    for (repeats, exit_code, dropped) in
        [(0, i64::MIN, 0), (1, -1, 1), (u32::MAX, i64::MAX, u64::MAX), (1 << 16, 1 << 40, 1 << 40)]
    {
        let mut record = record();
        let run = &mut record.instances[0];
        (run.repeats, run.exit_code, run.dropped) = (repeats, Some(exit_code), dropped);
        let report = accepted(&record, "numbers").unwrap_or_else(|error| panic!("{error}"));
        let run = &report.instances[0];
        assert_eq!((run.repeats, run.exit_code, run.dropped), (repeats, Some(exit_code), dropped));
    }
    for (runs, code) in [
        (0, Some("MissingParameter.InstanceId")),
        (1, None),
        (100, None),
        (101, Some("InvalidParameter.InstanceId")),
        (20_000, Some("InvalidParameter.InstanceId")),
    ] {
        let mut record = record();
        record.instances = (0..runs).map(|n| InstanceRun::new(format!("i-{n}"))).collect();
        let report = accepted(&record, "runs");
        assert_eq!(report.as_ref().err().map(|error| error.code()), code, "{runs} runs");
        if let Err(error) = report
            && runs > 100
        {
            let given = format!("given {runs} instances, allowed at most 100");
            assert_helpful(&error, None, &[&given], "runs");
        }
    }
}

/// Errors for existing and for unknown names show the name, shortened if it is long.
#[test]
fn names_that_are_there_already_or_not_at_all() {
    let (mut store, _) = both();
    let held = record_of("1");
    let error = store.accept(&held).expect_err("it is there");
    assert_helpful(&error, Some("1"), &["delete the record first"], "Duplicate.InvokeId");
    let mut twice = record_of("t-9");
    twice.instances.push(InstanceRun::new("i-1"));
    let error = store.accept(&twice).expect_err("it is there twice");
    assert_helpful(&error, Some("i-1"), &["only one run on an instance"], "Duplicate.InstanceId");
    let mut tags = record_of("t-9");
    tags.tags = vec![Tag::new("k", "1"), Tag::new("k", "2")];
    let error = store.accept(&tags).expect_err("it is there twice");
    assert_helpful(&error, Some("k"), &["name each key once"], "Duplicate.TagKey");
    for name in ["", "none", "\0\u{1b}", &"x".repeat(1 << 20), &"\u{10ffff}".repeat(1 << 18)] {
        for error in [
            store.delete(name).expect_err("there is none"),
            store.stop(name, &[]).expect_err("there is none"),
            store.update_run(name, "1", &RunUpdate::started()).expect_err("there is none"),
        ] {
            assert_eq!((error.code(), error.status()), ("InvalidInvokeId.NotFound", 404));
            assert_helpful(&error, Some(name), &["InvokeId"], "InvokeId");
        }
        for error in [
            store.stop("1", &["1", name]).expect_err("there is none"),
            store.update_run("1", name, &RunUpdate::started()).expect_err("there is none"),
        ] {
            assert_eq!((error.code(), error.status()), ("InvalidInstanceId.NotFound", 404));
            assert_helpful(&error, Some(name), &["name one of its instances"], "InstanceId");
        }
    }
}

fn record_of(invoke_id: &str) -> Invocation {
    let mut record = record();
    record.invoke_id = invoke_id.to_owned();
    record
}
