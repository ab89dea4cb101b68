//! Records: their form in a case, and the records built from it.

use invodex::{CommandType, InstanceRun, Invocation, InvocationStatus, RepeatMode, Tag, Timestamp};
use proptest::collection::vec;
use proptest::prelude::*;

use super::pools::{
    COMMAND_IDS, COMMAND_NAMES, GROUPS, INSTANCE_IDS, REGIONS, TAG_KEYS, TAG_VALUES, at, invoke_id,
    pick,
};

/// A record in numbers that pick from the pools.
#[derive(Clone, Debug)]
pub(crate) struct RecordSpec {
    id: u8,
    region: u8,
    group: u8,
    command: u8,
    mode: u8,
    /// CreationTime in seconds from the clock; `None` leaves it unset.
    created: Option<i8>,
    tags: Vec<(u8, u8)>,
    /// Whether the record has twenty tags instead of `tags`.
    many_tags: bool,
    runs: Vec<RunSpec>,
    /// The number of further runs, on instances of their own.
    more_runs: u8,
    /// Chooses the other fields.
    details: u8,
    /// Fields at their limit or beyond it, see [`spoil`].
    faults: Vec<u8>,
}

#[derive(Clone, Debug)]
struct RunSpec {
    instance: u8,
    status: u8,
    details: u8,
}

/// The distance of a time from the clock, in seconds.
pub(crate) fn offset() -> impl Strategy<Value = i8> {
    prop_oneof![
        4 => Just(0_i8),
        6 => -9..0_i8,
        2 => -70..-9_i8,
        1 => 1..7_i8,
    ]
}

fn run() -> impl Strategy<Value = RunSpec> {
    let status = prop_oneof![3 => 0..4_u8, 2 => 4..12_u8];
    (0..8_u8, status, any::<u8>()).prop_map(|(instance, status, details)| RunSpec {
        instance,
        status,
        details,
    })
}

pub(crate) fn record() -> impl Strategy<Value = RecordSpec> {
    let region = prop_oneof![8 => Just(0_u8), 3 => Just(1), 1 => 2..4_u8];
    let mode = prop_oneof![4 => Just(0_u8), 4 => Just(1), 1 => Just(2), 2 => Just(3), 1 => Just(4)];
    let created = prop_oneof![1 => Just(None), 1 => offset().prop_map(Some)];
    let faults = prop_oneof![24 => Just(Vec::new()), 1 => vec(0..FAULTS, 1..3)];
    let rare = |weight: u32| prop_oneof![weight => Just(false), 1 => Just(true)];
    let key = prop_oneof![3 => 0..2_u8, 1 => 0..5_u8];
    let more_runs = prop_oneof![60 => Just(0_u8), 1 => 30..97_u8];
    (
        (any::<u8>(), region, 0..3_u8, 0..48_u8, mode, created),
        (vec((key, 0..3_u8), 0..4), rare(40), vec(run(), 1..5), more_runs),
        (any::<u8>(), faults),
    )
        .prop_map(|(first, (tags, many_tags, runs, more_runs), (details, faults))| {
            let (id, region, group, command, mode, created) = first;
            RecordSpec {
                id,
                region,
                group,
                command,
                mode,
                created,
                tags,
                many_tags,
                runs,
                more_runs,
                details,
                faults,
            }
        })
}

impl RecordSpec {
    pub(crate) fn is_backfill(&self) -> bool {
        self.created.is_some()
    }

    pub(crate) fn build(&self, clock: Timestamp) -> Invocation {
        let command = usize::from(self.command);
        let id = invoke_id(self.id);
        let region = *pick(&REGIONS, self.region);
        let mut record = Invocation::new(region, id, *pick(&COMMAND_IDS, command));
        record.resource_group_id = (*pick(&GROUPS, self.group)).to_owned();
        record.command_name = (*pick(&COMMAND_NAMES, command / 4)).to_owned();
        record.command_type = *pick(CommandType::ALL, command / 16);
        record.repeat_mode = *pick(RepeatMode::ALL, self.mode);
        record.creation_time = self.created.map(|offset| at(clock, offset));
        self.add_details(&mut record);
        let mut keys = Vec::new();
        for &(key, value) in self.tags.iter().filter(|_| !self.many_tags) {
            // A key given twice is a fault of its own.
            if !keys.contains(&key) {
                keys.push(key);
                record.tags.push(Tag::new(*pick(&TAG_KEYS, key), *pick(&TAG_VALUES, value)));
            }
        }
        if self.many_tags {
            record.tags = (1..=20).map(|n| Tag::new(format!("m{n}"), "v1")).collect();
        }
        let mut instances = Vec::new();
        for spec in &self.runs {
            if !instances.contains(&spec.instance) {
                instances.push(spec.instance);
                record.instances.push(spec.build(clock));
            }
        }
        for number in 0..self.more_runs {
            let mut run = InstanceRun::new(format!("i-more-{number}"));
            run.invocation_status = *pick(InvocationStatus::ALL, number);
            record.instances.push(run);
        }
        for fault in &self.faults {
            spoil(&mut record, *fault);
        }
        record
    }

    fn add_details(&self, record: &mut Invocation) {
        let bit = |bit: u8| self.details >> bit & 1 == 1;
        if bit(0) {
            record.command_content = b"#!/bin/sh\n\xffecho".to_vec();
            record.command_description = "rolls \"out\"\n\u{1}".to_owned();
        }
        if bit(1) {
            record.parameters = "{\"a\":1}".to_owned();
            record.timeout = Some(60);
        }
        if bit(2) {
            record.frequency = "0 */20 * * * ?".to_owned();
            record.termination_mode = "ProcessTree".to_owned();
        }
        if bit(3) {
            record.working_dir = "/home".to_owned();
            record.username = "root".to_owned();
        }
        if bit(4) {
            record.container_id = "a5b6".to_owned();
            record.container_name = "web".to_owned();
        }
        if bit(5) {
            record.launcher = "python3 {{ACS::ScriptFileName}}".to_owned();
            record.oss_output_delivery = "{\"bucket\":\"b\"}".to_owned();
        }
    }
}

impl RunSpec {
    fn build(&self, clock: Timestamp) -> InstanceRun {
        let bit = |bit: u8| self.details >> bit & 1 == 1;
        let mut run = InstanceRun::new(*pick(&INSTANCE_IDS, self.instance));
        run.invocation_status = *pick(InvocationStatus::ALL, self.status);
        if bit(0) {
            run.creation_time = Some(at(clock, -3));
            run.start_time = Some(at(clock, -2));
        }
        if bit(1) {
            run.update_time = Some(at(clock, 2));
            run.finish_time = Some(at(clock, -1));
            run.exit_code = Some(i64::from(self.details) - 100);
        }
        if bit(2) {
            run.output = b"ok \xe9\x83\xa8 \xff".to_vec();
            run.dropped = u64::from(self.details);
        }
        if bit(3) {
            run.error_code = "ExitCodeNonzero".to_owned();
            run.error_info = "the exit code is not 0".to_owned();
        }
        if bit(4) {
            run.repeats = 3;
            run.stop_time = Some(clock);
        }
        if bit(5) {
            run.oss_output_status = "InProgress".to_owned();
            run.oss_output_uri = "oss://b/o".to_owned();
        }
        if bit(6) && bit(5) {
            run.oss_output_error_code = "NoSuchBucket".to_owned();
            run.oss_output_error_info = "there is none".to_owned();
        }
        run
    }
}

/// The number of faults.
const FAULTS: u8 = 2 * 33;

/// Puts one field at its limit (even numbers) or just beyond it (odd ones).
fn spoil(record: &mut Invocation, fault: u8) {
    let beyond = usize::from(fault % 2);
    let text = |limit: usize| "x".repeat(limit + beyond);
    let chars = |limit: usize| "字".repeat(limit + beyond);
    let at_least_one = |limit: usize| if beyond == 1 { String::new() } else { text(limit) };
    match fault / 2 {
        0 => record.region_id = at_least_one(128),
        1 => record.invoke_id = at_least_one(128),
        2 => record.command_id = at_least_one(128),
        3 => record.resource_group_id = text(128),
        4 => record.region_id = text(128),
        5 => record.invoke_id = text(128),
        6 => record.command_id = text(128),
        7 => record.command_name = chars(128),
        8 => record.command_description = chars(512),
        9 => record.command_content = text(24_576).into_bytes(),
        10 => record.parameters = text(4_096),
        11 => record.frequency = text(4_096),
        12 => record.timeout = Some(86_400 + beyond as u32),
        13 => record.timeout = Some(1 - beyond as u32),
        14 => record.working_dir = chars(200),
        15 => record.username = chars(255),
        16 => record.container_id = text(4_096),
        17 => record.container_name = text(4_096),
        18 => record.launcher = text(1_024),
        19 => record.termination_mode = text(4_096),
        20 => record.oss_output_delivery = text(4_096),
        21 => {
            record.tags = (0..20 + beyond).map(|n| Tag::new(format!("m{n}"), "v1")).collect();
        }
        22 => record.tags.push(Tag::new(chars(64), "")),
        23 => record.tags.push(Tag::new("long", chars(128))),
        24 => record.tags.push(Tag::new(["acs", "AcS:x"][beyond], "")),
        25 => record.tags.push(Tag::new(["link", "x-https://"][beyond], "")),
        26 => record.tags.push(Tag::new("link", ["http:/", "http://"][beyond])),
        27 => {
            let key = ["other", "twice"][beyond];
            record.tags.extend([Tag::new("twice", "1"), Tag::new(key, "2")]);
        }
        28 if beyond == 1 => record.instances.clear(),
        28 => {}
        29 => {
            let runs = (0..100 + beyond).map(|n| InstanceRun::new(format!("i-more-{n}")));
            record.instances = runs.collect();
        }
        30 => {
            if let Some(run) = record.instances.last_mut() {
                run.instance_id = text(128);
            }
        }
        31 => {
            let id = ["i-other", "i-twice"][beyond];
            record.instances.extend([InstanceRun::new("i-twice"), InstanceRun::new(id)]);
        }
        _ => {
            // Which one follows from the record, so that each comes up.
            let at = record.tags.len() + record.instances.len();
            let Some(run) = record.instances.last_mut() else { return };
            let fields = [
                &mut run.error_code,
                &mut run.error_info,
                &mut run.oss_output_status,
                &mut run.oss_output_uri,
                &mut run.oss_output_error_code,
                &mut run.oss_output_error_info,
            ];
            if let Some(field) = fields.into_iter().nth(at % 6) {
                *field = text(4_096);
            }
        }
    }
}

/// A plain record of a crowd, with an id of its own, created up to this many seconds before the
/// clock.
pub(crate) fn one_of_many(number: u64, clock: Timestamp, seconds: u8) -> Invocation {
    let spread = |by: u64| (number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (60 - by)) as usize;
    let id = format!("t-many-{number}");
    let mut record = Invocation::new(REGIONS[0], id, *pick(&COMMAND_IDS, spread(0)));
    record.repeat_mode =
        *pick(&[RepeatMode::Once, RepeatMode::Once, RepeatMode::Period], spread(4));
    if seconds > 0 {
        let offset = spread(40) % usize::from(seconds);
        record.creation_time = Some(at(clock, -(offset as i64)));
    }
    record.tags.push(Tag::new(TAG_KEYS[0], *pick(&TAG_VALUES, spread(8))));
    let mut run = InstanceRun::new(*pick(&INSTANCE_IDS, spread(12)));
    run.invocation_status = *pick(InvocationStatus::ALL, spread(16));
    record.instances.push(run);
    record
}
