//! Records and updates as small numbers, so that each byte of an input makes a choice, with few
//! names, so that values coincide often.

use arbitrary::Arbitrary;
use invodex::{
    CommandType, InstanceRun, Invocation, InvocationStatus, OutputUpdate, RepeatMode, RunUpdate,
    Tag, Timestamp,
};

pub(super) const INVOKE_IDS: u8 = 48;
pub(super) const REGIONS: [&str; 4] = ["cn-a", "cn-b", "cn-c", "cn-x"];
pub(super) const GROUPS: [&str; 3] = ["", "rg-1", "rg-2"];
pub(super) const COMMAND_IDS: [&str; 4] = ["c-1", "c-2", "c-3", "c-4"];
pub(super) const COMMAND_NAMES: [&str; 4] = ["deploy", "Deploy", "部署", ""];
pub(super) const INSTANCE_IDS: [&str; 6] = ["i-1", "i-2", "i-3", "i-4", "i-5", "i-6"];
pub(super) const TAG_KEYS: [&str; 4] = ["k1", "k2", "K1", "版本"];
pub(super) const TAG_VALUES: [&str; 3] = ["", "v1", "v2"];

pub(super) fn invoke_id(number: u8) -> String {
    format!("t-{:02}", number % INVOKE_IDS)
}

pub(super) fn pick<T: Copy>(pool: &[T], number: u8) -> T {
    pool[usize::from(number) % pool.len()]
}

/// The time `offset` seconds from `base`.
pub(super) fn at(base: Timestamp, offset: i8) -> Timestamp {
    base.saturating_add_secs(i64::from(offset))
}

#[derive(Arbitrary, Clone, Debug)]
pub(super) struct Record {
    pub(super) id: u8,
    /// Half of all values mean the first region.
    pub(super) region: u8,
    pub(super) command: u8,
    pub(super) mode: u8,
    /// CreationTime, in seconds from the clock; an odd one is unset.
    pub(super) created: i8,
    /// Two bits for each key: absent, or one of the values.
    pub(super) tags: u8,
    pub(super) details: u8,
    /// Most values mean no fault.
    pub(super) fault: u8,
    pub(super) runs: Vec<(u8, u8, u8)>,
}

impl Record {
    pub(super) fn build(&self, now: Timestamp) -> Invocation {
        let region = if self.region < 128 { REGIONS[0] } else { pick(&REGIONS, self.region) };
        let (id, command) = (invoke_id(self.id), self.command);
        let mut record = Invocation::new(region, id, pick(&COMMAND_IDS, command));
        record.command_name = pick(&COMMAND_NAMES, command / 4).to_owned();
        record.command_type = pick(CommandType::ALL, command / 16);
        record.resource_group_id = pick(&GROUPS, command / 64).to_owned();
        record.repeat_mode = pick(RepeatMode::ALL, self.mode);
        record.creation_time = (self.created % 2 == 0).then(|| at(now, self.created));
        for (number, key) in TAG_KEYS.into_iter().enumerate() {
            if let Some(value) = (self.tags >> (2 * number) & 3).checked_sub(1) {
                record.tags.push(Tag::new(key, TAG_VALUES[usize::from(value)]));
            }
        }
        self.add_details(&mut record);
        for &(instance, status, details) in self.runs.iter().take(INSTANCE_IDS.len()) {
            let id = pick(&INSTANCE_IDS, instance);
            if record.instances.iter().all(|run| run.instance_id != id) {
                record.instances.push(run(id, status, details, now));
            }
        }
        if record.instances.is_empty() {
            record.instances.push(InstanceRun::new(INSTANCE_IDS[0]));
        }
        spoil(&mut record, self.fault);
        record
    }

    fn add_details(&self, record: &mut Invocation) {
        let bit = |bit: u8| self.details >> bit & 1 == 1;
        if bit(0) {
            record.command_content = b"#!/bin/sh\n\xffecho".to_vec();
        }
        if bit(1) {
            record.parameters = "{\"a\":\"\\u0000\"}".to_owned();
        }
        if bit(2) {
            record.timeout = Some(u32::from(self.details));
        }
        if bit(3) {
            record.command_description = "\"out\"\n\u{1}\u{7f}\u{2028}".to_owned();
            record.frequency = "0 */20 * * * ?".to_owned();
        }
        if bit(4) {
            record.working_dir = "/home".to_owned();
            record.username = "root".to_owned();
        }
        if bit(5) {
            record.container_id = "a5b6".to_owned();
            record.container_name = "web".to_owned();
        }
        if bit(6) {
            record.launcher = "python3 {{ACS::ScriptFileName}}".to_owned();
            record.termination_mode = "ProcessTree".to_owned();
            record.oss_output_delivery = "{\"bucket\":\"b\"}".to_owned();
        }
    }
}

fn run(id: &str, status: u8, details: u8, now: Timestamp) -> InstanceRun {
    let bit = |bit: u8| details >> bit & 1 == 1;
    let mut run = InstanceRun::new(id);
    run.invocation_status = pick(InvocationStatus::ALL, status);
    if bit(0) {
        run.creation_time = Some(at(now, -3));
        run.start_time = Some(at(now, -2));
    }
    if bit(1) {
        run.update_time = Some(at(now, 2));
        run.finish_time = Some(at(now, -1));
        run.exit_code = Some(i64::from(details) - 100);
    }
    if bit(2) {
        run.output = b"ok \xe9\x83\xa8 \xff".to_vec();
        run.dropped = u64::from(details);
    }
    if bit(3) {
        run.error_code = "ExitCodeNonzero".to_owned();
        run.error_info = "the exit code is not 0".to_owned();
    }
    if bit(4) {
        run.repeats = 3;
        run.stop_time = Some(now);
    }
    if bit(5) {
        run.oss_output_status = "InProgress".to_owned();
        run.oss_output_uri = "oss://b/o".to_owned();
    }
    run
}

/// Gives the record a fault, or a value that is just valid.
fn spoil(record: &mut Invocation, fault: u8) {
    let beyond = usize::from(fault % 2);
    let text = |limit: usize| "x".repeat(limit + beyond);
    match fault {
        200..=201 => record.invoke_id = text(128),
        202..=203 => record.command_name = "字".repeat(128 + beyond),
        204..=205 => record.tags.push(Tag::new(text(64), "")),
        206..=207 => {
            record.tags.extend([Tag::new("twice", ""), Tag::new(["k", "twice"][beyond], "")])
        }
        208..=209 => record.timeout = Some(86_400 + beyond as u32),
        210..=211 => {
            record.instances =
                (0..100 + beyond).map(|n| InstanceRun::new(format!("i-{n}"))).collect();
        }
        212 => record.instances.clear(),
        213 => record.instances.extend([InstanceRun::new("i-0"), InstanceRun::new("i-0")]),
        214 => record.region_id.clear(),
        215 => record.command_id.clear(),
        216 => record.invoke_id.clear(),
        217 => record.tags.push(Tag::new("acs:x", "")),
        218..=219 => record.command_content = vec![b'x'; 24_576 + beyond],
        220..=221 => record.launcher = text(1_024),
        222..=223 => record.instances[0].error_info = text(4_096),
        224..=225 => record.instances[0].output = vec![b'y'; 24_576 + beyond],
        _ => {}
    }
}

#[derive(Arbitrary, Clone, Debug)]
pub(super) struct Update {
    /// A number beyond all statuses leaves the status out.
    status: u8,
    reschedule: bool,
    time: i8,
    /// The other fields that the update names, as bits.
    named: u8,
    amount: u8,
}

impl Update {
    pub(super) fn build(&self, now: Timestamp) -> RunUpdate {
        let bit = |bit: u8| self.named >> bit & 1 == 1;
        let time = |by: i8| Some(at(now, by));
        let mut update = RunUpdate {
            invocation_status: match self.status % 20 {
                12..=14 => Some(InvocationStatus::Running),
                15..=16 => Some(InvocationStatus::Success),
                number => InvocationStatus::ALL.get(usize::from(number)).copied(),
            },
            reschedule: self.reschedule,
            time: if self.time % 2 == 0 { time(self.time) } else { None },
            ..RunUpdate::default()
        };
        if bit(0) {
            update.start_time = Some(if self.amount < 64 { None } else { time(-1) });
            update.finish_time = Some(if self.amount < 128 { None } else { time(3) });
            update.stop_time = Some(if self.amount < 192 { time(5) } else { None });
        }
        if bit(1) {
            update.repeats = Some(if self.amount == 255 { u32::MAX } else { self.amount.into() });
        }
        if bit(2) {
            update.exit_code = Some((self.amount < 128).then_some(i64::from(self.amount) - 3));
        }
        if bit(3) {
            update.dropped = Some(if self.amount == 255 { u64::MAX } else { self.amount.into() });
        }
        if bit(4) {
            update.error_code = Some("x".repeat(usize::from(self.amount % 8)));
            update.oss_output_uri = Some("y".repeat(4_000 + usize::from(self.amount)));
        }
        let output = || (0..u32::from(self.amount) * 128).map(|at| (at % 251) as u8).collect();
        if bit(5) {
            update.output = Some(OutputUpdate::Append(output()));
        } else if bit(6) {
            update.output = Some(OutputUpdate::Replace(output()));
        }
        update
    }
}
