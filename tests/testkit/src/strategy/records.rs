//! Records: their form in small numbers, and the records built from it.

use invodex::{CommandType, InstanceRun, Invocation, InvocationStatus, RepeatMode, Tag, Timestamp};
use proptest::collection::vec;
use proptest::prelude::*;

use super::pools::{
    COMMAND_IDS, COMMAND_NAMES, CONTROLS, GROUPS, INSTANCE_IDS, REGIONS, TAG_KEYS, TAG_VALUES,
    YEARS, at, in_year, invoke_id, pick,
};

/// A record in numbers that pick from the [`pools`](super::pools); numbers beyond a pool begin at its
/// start again. [`build`](RecordSpec::build) makes the record for a moment, so that the same numbers
/// are near the clock at any time.
///
/// The default is a record with one pending run.
#[derive(Clone, PartialEq, Debug)]
pub struct RecordSpec {
    /// The InvokeId, of [`invoke_id`].
    pub id: u8,
    /// The RegionId, of [`REGIONS`].
    pub region: u8,
    /// The ResourceGroupId, of [`GROUPS`].
    pub group: u8,
    /// The CommandId, of [`COMMAND_IDS`]; a quarter of it picks the name, a sixteenth the type.
    pub command: u8,
    /// The RepeatMode.
    pub mode: RepeatMode,
    /// CreationTime in seconds from the clock; `None` leaves it unset.
    pub created: Option<i8>,
    /// Keys and values, of [`TAG_KEYS`] and [`TAG_VALUES`]. A key that is there already is left out.
    pub tags: Vec<(u8, u8)>,
    /// Whether the record has twenty tags instead of `tags`.
    pub many_tags: bool,
    /// The runs. An instance that is there already is left out.
    pub runs: Vec<RunSpec>,
    /// The number of further runs, on instances of their own.
    pub more_runs: u8,
    /// A bit for each group of the other fields.
    pub details: u8,
    /// A control character in every text, the InvokeId included.
    pub control: Option<u8>,
    /// Puts fields at their limit (even numbers) or beyond it (odd ones, with which the record is
    /// refused); from 0 to [`FAULTS`].
    pub faults: Vec<u8>,
}

impl Default for RecordSpec {
    fn default() -> Self {
        RecordSpec {
            id: 0,
            region: 0,
            group: 0,
            command: 0,
            mode: RepeatMode::Once,
            created: None,
            tags: Vec::new(),
            many_tags: false,
            runs: vec![RunSpec::default()],
            more_runs: 0,
            details: 0,
            control: None,
            faults: Vec::new(),
        }
    }
}

/// A run in numbers. The default is a pending run on the first instance.
#[derive(Clone, PartialEq, Debug)]
pub struct RunSpec {
    /// The InstanceId, of [`INSTANCE_IDS`].
    pub instance: u8,
    /// The InvocationStatus.
    pub status: InvocationStatus,
    /// A bit for each group of the other fields.
    pub details: u8,
    /// The years of StartTime and FinishTime, as [`in_year`] counts, which are else near the clock.
    pub years: Option<(u8, u8)>,
}

impl Default for RunSpec {
    fn default() -> Self {
        RunSpec { instance: 0, status: InvocationStatus::Pending, details: 0, years: None }
    }
}

/// The distance of a time from the clock, in seconds.
pub(super) fn offset() -> impl Strategy<Value = i8> {
    prop_oneof![
        4 => Just(0_i8),
        6 => -9..0_i8,
        2 => -70..-9_i8,
        1 => 1..7_i8,
    ]
}

/// A run.
pub(super) fn run() -> impl Strategy<Value = RunSpec> {
    let status = prop_oneof![3 => 0..4_u8, 2 => 4..12_u8];
    let status = status.prop_map(|number| *pick(InvocationStatus::ALL, number));
    let years = prop::option::weighted(0.2, (0..YEARS, 0..YEARS));
    (0..8_u8, status, any::<u8>(), years).prop_map(|(instance, status, details, years)| RunSpec {
        instance,
        status,
        details,
        years,
    })
}

/// A record, one in 25 with a field at its limit or beyond it.
///
/// ```
/// use invodex::Timestamp;
/// use invodex_testkit::strategy::record;
/// use proptest::strategy::{Strategy as _, ValueTree as _};
/// use proptest::test_runner::TestRunner;
///
/// let drawn = record().new_tree(&mut TestRunner::deterministic()).unwrap().current();
/// let (early, late) = (Timestamp::MIN, Timestamp::saturating_from_secs(1_700_000_000));
/// assert_eq!(drawn.build(early).invoke_id, drawn.build(late).invoke_id);
/// ```
pub fn record() -> impl Strategy<Value = RecordSpec> {
    record_with(prop_oneof![24 => Just(Vec::new()), 1 => vec(0..FAULTS, 1..3)].boxed())
}

/// A record that a store accepts, unless it holds the InvokeId.
pub(super) fn valid_record() -> impl Strategy<Value = RecordSpec> {
    let at_limits = (0..FAULTS / 2).prop_map(|field| vec![2 * field]);
    let faults = prop_oneof![24 => Just(Vec::new()), 1 => at_limits];
    record_with(faults.boxed()).prop_map(|mut record| {
        if !record.faults.is_empty() {
            // A field at its limit may add a tag or two runs.
            (record.many_tags, record.more_runs) = (false, 0);
        }
        record
    })
}

fn record_with(faults: BoxedStrategy<Vec<u8>>) -> impl Strategy<Value = RecordSpec> {
    let region = prop_oneof![8 => Just(0_u8), 3 => Just(1), 1 => 2..4_u8];
    let mode = prop_oneof![4 => Just(0_u8), 4 => Just(1), 1 => Just(2), 2 => Just(3), 1 => Just(4)];
    let mode = mode.prop_map(|number| *pick(RepeatMode::ALL, number));
    let created = prop_oneof![1 => Just(None), 1 => offset().prop_map(Some)];
    let rare = |weight: u32| prop_oneof![weight => Just(false), 1 => Just(true)];
    let key = prop_oneof![3 => 0..2_u8, 1 => 0..5_u8];
    let more_runs = prop_oneof![60 => Just(0_u8), 1 => 30..97_u8];
    let control = prop::option::weighted(0.15, 0..CONTROLS);
    (
        (any::<u8>(), region, 0..3_u8, 0..48_u8, mode, created),
        (vec((key, 0..3_u8), 0..4), rare(40), vec(run(), 1..5), more_runs),
        (any::<u8>(), control, faults),
    )
        .prop_map(|(first, (tags, many_tags, runs, more_runs), (details, control, faults))| {
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
                control,
                faults,
            }
        })
}

impl RecordSpec {
    /// Whether the record has a CreationTime.
    pub fn is_backfill(&self) -> bool {
        self.created.is_some()
    }

    /// The record, with times near `clock`.
    pub fn build(&self, clock: Timestamp) -> Invocation {
        let command = usize::from(self.command);
        let id = invoke_id(self.id);
        let region = *pick(&REGIONS, self.region);
        let mut record = Invocation::new(region, id, *pick(&COMMAND_IDS, command));
        record.resource_group_id = (*pick(&GROUPS, self.group)).to_owned();
        record.command_name = (*pick(&COMMAND_NAMES, command / 4)).to_owned();
        record.command_type = *pick(CommandType::ALL, command / 16);
        record.repeat_mode = self.mode;
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
        if let Some(control) = self.control {
            add_to_texts(&mut record, char::from(control));
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
    /// The run, with times near `clock`.
    pub fn build(&self, clock: Timestamp) -> InstanceRun {
        let bit = |bit: u8| self.details >> bit & 1 == 1;
        let mut run = InstanceRun::new(*pick(&INSTANCE_IDS, self.instance));
        run.invocation_status = self.status;
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
        if let Some((start, finish)) = self.years {
            let time = |year| Some(at(Timestamp::MIN, in_year(year)));
            (run.start_time, run.finish_time) = (time(start), time(finish));
        }
        if bit(6) && bit(5) {
            run.oss_output_error_code = "NoSuchBucket".to_owned();
            run.oss_output_error_info = "there is none".to_owned();
        }
        run
    }
}

/// Puts the character behind every text of the record that a query names only as a whole, or not at
/// all. Command, instances and tags keep those of the pools, which other records share.
fn add_to_texts(record: &mut Invocation, control: char) {
    record.invoke_id.push(control);
    for text in [
        &mut record.command_description,
        &mut record.parameters,
        &mut record.frequency,
        &mut record.working_dir,
        &mut record.username,
        &mut record.container_id,
        &mut record.container_name,
        &mut record.launcher,
        &mut record.termination_mode,
        &mut record.oss_output_delivery,
    ] {
        text.push(control);
    }
    record.command_content.push(control as u8);
    for tag in &mut record.tags {
        tag.value.push(control);
    }
    for run in &mut record.instances {
        run.output.push(control as u8);
        for text in texts(run) {
            text.push(control);
        }
    }
}

/// The texts of a run beside its InstanceId.
fn texts(run: &mut InstanceRun) -> [&mut String; 6] {
    [
        &mut run.error_code,
        &mut run.error_info,
        &mut run.oss_output_status,
        &mut run.oss_output_uri,
        &mut run.oss_output_error_code,
        &mut run.oss_output_error_info,
    ]
}

/// The number of different faults of a [`RecordSpec`].
pub const FAULTS: u8 = 2 * 33;

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
            *texts(run)[at % 6] = text(4_096);
        }
    }
}

/// A plain record of a crowd, with an id of its own, created up to this many seconds before the
/// clock.
pub fn one_of_many(number: u64, clock: Timestamp, seconds: u8) -> Invocation {
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
