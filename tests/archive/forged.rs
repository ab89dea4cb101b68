//! Archives that are complete and validly sealed, with contents that no store can have.

use invodex::{Config, ErrorKind, Timestamp};

use super::answers::{answers, archive, restore};
use super::forge::{
    COMMAND, DATA, Document, END, Entry, Execution, HEADER, HISTORY, INSTANCE, RECORD, RUN, TAG,
    TEXTS, number, sound,
};

fn now() -> Timestamp {
    Timestamp::saturating_from_secs(1_000_100)
}

/// Checks that `bytes` are refused for this reason, under several limits of the new store.
fn assert_refused(name: &str, bytes: &[u8], reason: &str) {
    let default = Config::default();
    let none = Config { capacity: 0, ..default.clone() };
    let short = Config { history_limit: 0, ..default.clone() };
    for config in [default, none, short] {
        let Err(error) = restore(&config, now(), bytes) else { panic!("{name}: accepted") };
        assert_eq!((error.kind(), error.code()), (ErrorKind::Archive, "InvalidArchive"), "{name}");
        assert!(error.detail().contains(reason), "{name}: {}", error.detail());
    }
}

fn text(length: usize) -> Vec<u8> {
    vec![b'x'; length]
}

/// Another record after the first, on the same instance.
fn add_record(document: &mut Document) {
    let mut record = document.record(RECORD).clone();
    record.invoke_id = b"t-2".to_vec();
    (record.later, record.further) = (0, 1);
    let mut run = document.run(RUN).clone();
    run.history = None;
    document.entries.extend([Entry::Record(record), Entry::Run(run)]);
    document.records += 1;
    document.totals = [2, 2, 1];
}

const SECOND: usize = HISTORY + 1;

#[test]
fn the_sound_ones_are_restored() {
    let config = Config::default();
    let one = sound();
    let store = restore(&config, now(), &one.bytes()).expect("it is sound");
    assert_eq!((store.len(), store.config().id), (1, 7));
    assert_eq!(archive(&store), one.bytes(), "the description and the code agree");
    let bodies = answers(&store);
    assert!(bodies.iter().any(|body| body.contains("18446744073709551615")));

    let mut two = sound();
    add_record(&mut two);
    let store = restore(&config, now(), &two.bytes()).expect("it is sound");
    assert_eq!(store.len(), 2);
    assert_eq!(archive(&store), two.bytes());

    let none = Document { records: 0, entries: Vec::new(), totals: [0; 3], ..sound() };
    let mut blocks = none.blocks();
    blocks.0.remove(1);
    let store = restore(&config, now(), &blocks.bytes()).expect("it is sound");
    assert!(store.is_empty());
}

#[test]
fn entries_that_no_record_uses_leave_nothing_behind() {
    let mut document = sound();
    let more = [
        Entry::Region(text(1)),
        Entry::ResourceGroup(text(1)),
        Entry::Instance(text(1)),
        Entry::Tag(text(1), text(1)),
        Entry::Texts([1; 6].map(text)),
        Entry::Command({
            let mut command = document.command(COMMAND).clone();
            command.strings[0] = text(1);
            command
        }),
    ];
    document.entries.extend(more);
    let store = restore(&Config::default(), now(), &document.bytes()).expect("it is sound");
    assert_eq!(archive(&store), sound().bytes());
}

/// The fault of an archive, the reason that its refusal names, and the function that causes it.
type Case = (&'static str, &'static str, fn(&mut Document));

#[test]
fn every_rule_of_the_header_and_the_end_is_held() {
    let cases: &[Case] = &[
        ("no last write", "block 0 (header): the time of the last write is 0", |d| {
            d.last_write = 0;
        }),
        ("last number", "allowed at most 9223372036854775807", |d| d.last_number = 1 << 63),
        ("records never accepted", "only 9 were ever accepted", |d| d.records = 10),
        ("fewer than the header says", "comes after 1 records, the header says 2", |d| {
            d.records = 2;
            d.totals[0] = 2;
        }),
        ("records of the end", "block 2 (end): counts", |d| d.totals[0] = 2),
        ("runs of the end", "block 2 (end): counts", |d| d.totals[1] = 0),
        ("history of the end", "block 2 (end): counts", |d| d.totals[2] = u64::MAX),
        ("a record too many", "one more than the 1 of the header", |d| {
            add_record(d);
            d.records = 1;
        }),
    ];
    for (name, reason, forge) in cases {
        let mut document = sound();
        forge(&mut document);
        assert_refused(name, &document.bytes(), reason);
    }
}

#[test]
fn every_rule_of_blocks_is_held() {
    let with = |change: fn(&mut Vec<(u8, Vec<u8>)>)| {
        let mut blocks = sound().blocks();
        change(&mut blocks.0);
        blocks.bytes()
    };
    let cases: [(&str, Vec<u8>, &str); 10] = [
        ("no header", with(|b| drop(b.remove(0))), "block 0 (data): stands where the header"),
        ("two headers", with(|b| b.insert(1, b[0].clone())), "block 1 (header): is the second"),
        ("no end", with(|b| drop(b.pop())), "it ends before block 2 and has no end block"),
        ("two ends", with(|b| b.push(b[2].clone())), "something follows its end"),
        ("data behind the end", with(|b| b.push(b[1].clone())), "something follows its end"),
        ("kind 0", with(|b| b[1].0 = 0), "block 1 is of the unknown kind 0"),
        ("kind 4", with(|b| b[1].0 = 4), "block 1 is of the unknown kind 4"),
        ("an empty block", with(|b| b[1].1.clear()), "block 1 (data): is empty"),
        ("a long header", with(|b| b[0].1.push(0)), "block 0 (header): is 1 bytes too long"),
        ("a long end", with(|b| b[2].1.push(0)), "block 2 (end): is 1 bytes too long"),
    ];
    for (name, bytes, reason) in cases {
        assert_refused(name, &bytes, reason);
    }
    for (at, kind) in [(0, HEADER), (2, END)] {
        for length in 0..sound().blocks().0[at].1.len() {
            let mut blocks = sound().blocks();
            assert_eq!(blocks.0[at].0, kind);
            blocks.0[at].1.truncate(length);
            assert_refused("a short block", &blocks.bytes(), &format!("block {at} ("));
        }
    }
}

/// An entry must not cross the end of a block. The parts of a record may be in different blocks.
#[test]
fn data_can_be_cut_between_entries_only() {
    let document = sound();
    let mut blocks = document.blocks();
    let entries = document.entries.iter().map(|entry| (DATA, entry.bytes()));
    blocks.0.splice(1..2, entries);
    let store = restore(&Config::default(), now(), &blocks.bytes()).expect("it is sound");
    assert_eq!(archive(&store), document.bytes());

    let whole = document.blocks().0[1].1.clone();
    let mut borders = vec![0];
    for entry in &document.entries {
        borders.push(borders[borders.len() - 1] + entry.bytes().len());
    }
    for cut in (1..whole.len()).filter(|cut| !borders.contains(cut)) {
        let mut blocks = document.blocks();
        let halves = [(DATA, whole[..cut].to_vec()), (DATA, whole[cut..].to_vec())];
        blocks.0.splice(1..2, halves);
        assert_refused("cut in an entry", &blocks.bytes(), "block 1 (data): ");
    }
    for length in 1..whole.len() {
        let mut blocks = document.blocks();
        blocks.0[1].1.truncate(length);
        assert_refused("cut off", &blocks.bytes(), "block ");
    }
}

#[test]
fn every_rule_of_shared_values_is_held() {
    let cases: &[Case] = &[
        ("no region", "block 1 (data): region at byte 0: RegionId: not given", |d| {
            d.entries[0] = Entry::Region(text(0));
        }),
        ("long region", "RegionId: given 129 bytes", |d| d.entries[0] = Entry::Region(text(129))),
        ("region twice", "is there already", |d| d.entries.insert(1, d.entries[0].clone())),
        ("region not UTF-8", "RegionId is not UTF-8", |d| d.entries[0] = Entry::Region(vec![0xff])),
        ("long group", "ResourceGroupId: given 129 bytes", |d| {
            d.entries[1] = Entry::ResourceGroup(text(129));
        }),
        ("group not UTF-8", "ResourceGroupId is not UTF-8", |d| {
            d.entries[1] = Entry::ResourceGroup(vec![0xc0]);
        }),
        ("group twice", "is there already", |d| d.entries.insert(1, d.entries[1].clone())),
        ("no instance", "InstanceId: not given", |d| {
            d.entries[INSTANCE] = Entry::Instance(text(0))
        }),
        ("long instance", "InstanceId: given 129 bytes", |d| {
            d.entries[INSTANCE] = Entry::Instance(text(129));
        }),
        ("instance not UTF-8", "InstanceId is not UTF-8", |d| {
            d.entries[INSTANCE] = Entry::Instance(vec![0x80]);
        }),
        ("instance twice", "is there already", |d| {
            d.entries.insert(INSTANCE, d.entries[INSTANCE].clone());
        }),
        ("no tag key", "Tag.1.Key: ", |d| d.entries[TAG] = Entry::Tag(text(0), text(1))),
        ("long tag key", "Tag.1.Key: ", |d| d.entries[TAG] = Entry::Tag(text(65), text(1))),
        ("tag key of the service", "Tag.1.Key: ", |d| {
            d.entries[TAG] = Entry::Tag(b"acs:x".to_vec(), text(1));
        }),
        ("long tag value", "Tag.1.Value: ", |d| d.entries[TAG] = Entry::Tag(text(1), text(129))),
        ("tag value with a URL", "Tag.1.Value: ", |d| {
            d.entries[TAG] = Entry::Tag(text(1), b"http://".to_vec());
        }),
        ("tag key not UTF-8", "TagKey is not UTF-8", |d| {
            d.entries[TAG] = Entry::Tag(vec![0xff], text(1));
        }),
        ("tag value not UTF-8", "TagValue is not UTF-8", |d| {
            d.entries[TAG] = Entry::Tag(text(1), vec![0xff]);
        }),
        ("tag twice", "is there already", |d| d.entries.insert(TAG, d.entries[TAG].clone())),
        ("texts twice", "is there already", |d| d.entries.insert(TEXTS, d.entries[TEXTS].clone())),
        ("no texts", "has no text", |d| d.texts(TEXTS).fill(text(0))),
        ("command twice", "is there already", |d| {
            d.entries.insert(COMMAND, d.entries[COMMAND].clone());
        }),
        ("type", "CommandType has the code 3", |d| d.command(COMMAND).kind = 3),
        ("mode", "RepeatMode has the code 5", |d| d.command(COMMAND).mode = 5),
        ("long timeout", "Timeout: given 86401", |d| d.command(COMMAND).timeout = 86_401),
        ("wide timeout", "Timeout is 4294967296", |d| d.command(COMMAND).timeout = 1 << 32),
    ];
    for (name, reason, forge) in cases {
        let mut document = sound();
        forge(&mut document);
        assert_refused(name, &document.bytes(), reason);
    }
    let fields = [
        ("CommandId", 128),
        ("CommandName", 128),
        ("CommandDescription", 512),
        ("CommandContent", 24_576),
        ("Parameters", 4_096),
        ("Frequency", 4_096),
        ("WorkingDir", 200),
        ("Username", 255),
        ("ContainerId", 4_096),
        ("ContainerName", 4_096),
        ("Launcher", 1_024),
        ("TerminationMode", 4_096),
        ("OssOutputDelivery", 4_096),
    ];
    for (at, (field, most)) in fields.into_iter().enumerate() {
        let with = |value: Vec<u8>| {
            let mut document = sound();
            document.command(COMMAND).strings[at] = value;
            document.bytes()
        };
        assert_refused(field, &with(text(most + 1)), &format!("{field}: given {}", most + 1));
        restore(&Config::default(), now(), &with(text(most))).expect("it keeps the limit");
        match field {
            "CommandContent" => {
                restore(&Config::default(), now(), &with(vec![0xff])).expect("it is any bytes");
            }
            _ => assert_refused(field, &with(vec![0xff]), &format!("{field} is not UTF-8")),
        }
    }
    let mut document = sound();
    document.command(COMMAND).strings[0].clear();
    assert_refused("no CommandId", &document.bytes(), "CommandId: not given");
    for (at, field) in [
        "ErrorCode",
        "ErrorInfo",
        "OssOutputStatus",
        "OssOutputUri",
        "OssOutputErrorCode",
        "OssOutputErrorInfo",
    ]
    .into_iter()
    .enumerate()
    {
        let mut document = sound();
        document.texts(TEXTS)[at] = text(4_097);
        assert_refused(field, &document.bytes(), &format!("{field}: given 4097 bytes"));
        document.texts(TEXTS)[at] = vec![0xff];
        assert_refused(field, &document.bytes(), &format!("{field} is not UTF-8"));
    }
}

#[test]
fn every_rule_of_records_is_held() {
    let cases: &[Case] = &[
        ("no InvokeId", "record at byte", |d| d.record(RECORD).invoke_id.clear()),
        ("long InvokeId", "InvokeId: given 129 bytes", |d| d.record(RECORD).invoke_id = text(129)),
        ("InvokeId not UTF-8", "InvokeId is not UTF-8", |d| {
            d.record(RECORD).invoke_id = vec![0xff];
        }),
        ("time 0", "CreationTime is 0 and 0 more", |d| d.record(RECORD).later = 0),
        ("time over", "CreationTime is 0 and", |d| d.record(RECORD).later = 1 << 32),
        ("time far over", "CreationTime is 0 and", |d| d.record(RECORD).later = u64::MAX),
        ("number 0", "acceptance number 0", |d| d.record(RECORD).further = 0),
        ("number above the last", "acceptance number 10", |d| d.record(RECORD).further = 10),
        ("number far above", "acceptance number 18446744073709551615", |d| {
            d.record(RECORD).further = -1;
        }),
        ("region", "its region is number 1, there are 1", |d| d.record(RECORD).region = 1),
        ("group", "its resource group is number 1,", |d| d.record(RECORD).resource_group = 1),
        ("command", "its command is number 18446744073709551615", |d| {
            d.record(RECORD).command = u64::MAX;
        }),
        ("tag", "a tag is number 1, there are 1", |d| d.record(RECORD).tags = vec![1]),
        ("tag twice", "two tags with the same key", |d| d.record(RECORD).tags = vec![0, 0]),
        ("tag key twice", "two tags with the same key", |d| {
            d.record(RECORD).tags = vec![0, 1];
            d.entries.insert(TAG, Entry::Tag(b"env".to_vec(), text(1)));
        }),
        ("many tags", "has 21 tags, allowed at most 20", |d| {
            d.record(RECORD).tags = (0..21).collect();
            let tags = (1..21).map(|n| Entry::Tag(text(n), text(1))).collect::<Vec<_>>();
            d.entries.splice(TAG..TAG, tags);
        }),
        ("no runs", "has no runs", |d| d.record(RECORD).runs = 0),
        ("many runs", "has 101 runs, allowed at most 100", |d| d.record(RECORD).runs = 101),
        ("more runs than follow", "comes after 1 of 2 runs of record 1", |d| {
            d.record(RECORD).runs = 2;
        }),
        ("record before the last run", "comes after 1 of 2 runs", |d| {
            add_record(d);
            d.record(RECORD).runs = 2;
        }),
        ("more runs than it says", "belongs to no record", |d| {
            let mut run = d.run(RUN).clone();
            run.history = None;
            d.entries.push(Entry::Run(run));
        }),
        ("run without a record", "belongs to no record", |d| {
            d.entries.remove(RECORD);
        }),
        ("same place", "does not stand behind", |d| {
            add_record(d);
            d.record(SECOND).further = 0;
        }),
        ("older number", "does not stand behind", |d| {
            add_record(d);
            d.record(SECOND).further = -1;
        }),
        ("number twice", "acceptance number 5 of another", |d| {
            add_record(d);
            d.record(SECOND).further = 0;
            d.record(SECOND).later = 1;
        }),
        ("time beyond the range", "CreationTime is 1000000 and", |d| {
            add_record(d);
            d.record(SECOND).later = u64::from(u32::MAX) - 999_999;
        }),
        ("unknown entry", "entry at byte 0: is of the unknown kind 0", |d| {
            d.entries.insert(0, Entry::Raw(vec![0]));
        }),
        ("unknown entry", "is of the unknown kind 10", |d| {
            d.entries.insert(0, Entry::Raw(vec![10]));
        }),
        ("a number in a longer form", "shortest form", |d| {
            d.entries.insert(0, Entry::Raw(vec![1, 0x81, 0, b'x']));
        }),
        ("a number over 64 bits", "over 64 bits", |d| {
            d.entries.insert(0, Entry::Raw([vec![1], vec![0xff; 9], vec![2]].concat()));
        }),
        ("a length over the block", "longer than what is left", |d| {
            d.entries.push(Entry::Raw([vec![1], number(u64::MAX)].concat()));
        }),
    ];
    for (name, reason, forge) in cases {
        let mut document = sound();
        forge(&mut document);
        assert_refused(name, &document.bytes(), reason);
    }
    // A record that the store does not hold does not prevent a later one with the same InvokeId.
    let mut document = sound();
    add_record(&mut document);
    document.record(SECOND).invoke_id = b"t-1".to_vec();
    let bytes = document.bytes();
    let error = restore(&Config::default(), now(), &bytes).expect_err("it is there twice");
    assert!(error.detail().contains("has the InvokeId \"t-1\" of an earlier one"), "{error}");
    let one = Config { capacity: 1, ..Config::default() };
    assert_eq!(restore(&one, now(), &bytes).expect("only one is held").len(), 1);
}

#[test]
fn every_rule_of_runs_and_histories_is_held() {
    let cases: &[Case] = &[
        ("instance", "its instance is number 1, there are 1", |d| d.run(RUN).instance = 1),
        ("instance twice", "is the second of its record", |d| {
            d.record(RECORD).runs = 2;
            let mut run = d.run(RUN).clone();
            run.history = None;
            d.entries.push(Entry::Run(run));
            d.totals[1] = 2;
        }),
        ("UpdateTime 0", "UpdateTime is -1000000 seconds", |d| d.run(RUN).update_time = -1_000_000),
        ("UpdateTime over", "UpdateTime is 4293967296 seconds", |d| {
            d.run(RUN).update_time = (1 << 32) - 1_000_000;
        }),
        ("UpdateTime far over", "UpdateTime is", |d| d.run(RUN).update_time = i64::MAX),
        ("CreationTime", "CreationTime is", |d| d.run(RUN).creation_time = Some(-1_000_000)),
        ("StartTime", "StartTime is", |d| d.run(RUN).execution.start_time = Some(i64::MIN)),
        ("FinishTime", "FinishTime is", |d| {
            d.run(RUN).execution.finish_time = Some(-1_000_000);
        }),
        ("StopTime", "StopTime is", |d| d.run(RUN).execution.stop_time = Some(1 << 40)),
        ("status", "InvocationStatus has the code 12", |d| d.run(RUN).execution.status = 12),
        ("status", "InvocationStatus has the code 255", |d| d.run(RUN).execution.status = 255),
        ("shape", "allowed are the bits of 511", |d| d.run(RUN).execution.more_shape = 512),
        ("repeats", "Repeats is 4294967296", |d| d.run(RUN).execution.repeats = 1 << 32),
        ("texts", "its texts is number 1, there are 1", |d| {
            d.run(RUN).execution.texts = Some(1);
        }),
        ("long output", "Output: given 24577 bytes", |d| {
            d.run(RUN).execution.output = Some(text(24_577));
        }),
        ("history of a task that is not recurring", "its task is not recurring", |d| {
            d.command(COMMAND).mode = 0;
        }),
        ("no history but a count of it", "its task is not recurring", |d| {
            d.command(COMMAND).mode = 4;
            d.run(RUN).history = Some((3, 0));
            d.entries.pop();
            d.totals[2] = 0;
        }),
        ("more kept than there were", "has 6 history records, allowed at most 5", |d| {
            d.run(RUN).history = Some((5, 6));
        }),
        ("more ever than a count can be", "the count of its history is 4294967296", |d| {
            d.run(RUN).history = Some((1 << 32, 1));
        }),
        ("more ever than there are numbers", "is 4294967295, allowed at most 4294967294", |d| {
            d.run(RUN).history = Some((u32::MAX.into(), 1));
        }),
        ("more history than follows", "comes before history record 5 of record 1", |d| {
            d.run(RUN).history = Some((5, 2));
        }),
        ("far more history than follows", "comes before history record", |d| {
            d.run(RUN).history = Some((u32::MAX as u64 - 1, u32::MAX as u64 - 1));
        }),
        ("run before the end of a history", "before the end of a history", |d| {
            d.record(RECORD).runs = 2;
            d.run(RUN).history = Some((5, 2));
            d.entries.push(d.entries[RUN].clone());
        }),
        ("record before the end of a history", "comes before history record 5", |d| {
            add_record(d);
            d.run(RUN).history = Some((5, 2));
        }),
        ("more history than it says", "belongs to no run", |d| {
            d.entries.push(d.entries[HISTORY].clone());
        }),
        ("history of a run without", "belongs to no run", |d| d.run(RUN).history = None),
        ("history that goes on", "is Running, which is no end", |d| d.history(HISTORY).status = 2),
        ("history status", "InvocationStatus has the code 12", |d| d.history(HISTORY).status = 12),
        ("history shape", "allowed are the bits of 127", |d| {
            d.history(HISTORY).more_shape = 128;
        }),
        ("history texts", "its texts is number 1", |d| d.history(HISTORY).texts = Some(1)),
        ("history time", "StartTime is", |d| d.history(HISTORY).start_time = Some(-1_000_000)),
        ("history output", "Output: given 24577 bytes", |d| {
            d.history(HISTORY).output = Some(text(24_577));
        }),
    ];
    for (name, reason, forge) in cases {
        let mut document = sound();
        forge(&mut document);
        assert_refused(name, &document.bytes(), reason);
    }
}

/// Default values, which a writer leaves out, may also be written, with the same result.
#[test]
fn usual_values_may_be_written_out() {
    let mut plain = sound();
    plain.run(RUN).creation_time = None;
    plain.run(RUN).history = None;
    plain.run(RUN).execution = Execution { status: 1, ..Execution::default() };
    plain.entries.truncate(HISTORY);
    plain.entries.remove(TEXTS);
    plain.totals[2] = 0;
    let mut full = plain.clone();
    let run = full.run(RUN - 1);
    run.creation_time = Some(0);
    run.history = Some((0, 0));
    run.execution.output = Some(Vec::new());
    run.execution.dropped = Some(0);
    let store = restore(&Config::default(), now(), &full.bytes()).expect("it is sound");
    assert_eq!(archive(&store), plain.bytes());
}
