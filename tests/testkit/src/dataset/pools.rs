//! The pools that records are drawn from: regions, instances, commands, tags, and their ids.

use invodex::{CommandType, Tag};
use oorandom::Rand64;

use super::{below, rng};

/// The number of instances in all regions.
pub const INSTANCES: usize = 5_000;
/// The number of commands in all regions.
pub const COMMANDS: usize = 300;
/// The number of values of each tag key.
pub const TAG_VALUES: usize = 50;

/// The keys of tags, the most frequent first.
pub const TAG_KEYS: [&str; 40] = [
    "env",
    "owner",
    "team",
    "app",
    "project",
    "service",
    "cost-center",
    "tier",
    "component",
    "cluster",
    "version",
    "release",
    "stage",
    "role",
    "zone",
    "customer",
    "ticket",
    "change",
    "schedule",
    "source",
    "created-by",
    "department",
    "platform",
    "runtime",
    "stack",
    "pipeline",
    "build",
    "branch",
    "priority",
    "severity",
    "maintenance",
    "backup",
    "compliance",
    "audit",
    "retention",
    "contact",
    "purpose",
    "campaign",
    "experiment",
    "shard",
];

/// Ids of resource groups, the most frequent first.
pub const RESOURCE_GROUPS: [&str; 5] = [
    "rg-acfmwk3q7ztb5ni",
    "rg-acfm2xh6dyvr4ua",
    "rg-acfmp9e0sjc8lko",
    "rg-acfm7gq1znw5xtd",
    "rg-acfmf4bu6hay3vr",
];
const RESOURCE_GROUP_WEIGHTS: [u64; 5] = [40, 25, 20, 10, 5];

/// A region with its instances and commands: those whose number modulo 50 is in `residues`. Each
/// residue is 2 % of all, so the shares match the percentages of records.
#[derive(Debug)]
pub struct Region {
    /// `RegionId`.
    pub id: &'static str,
    short: &'static str,
    instance_prefix: &'static str,
    residues: core::ops::Range<usize>,
}

/// The regions, with 90, 8 and 2 percent of the records.
pub static REGIONS: [Region; 3] = [
    Region { id: "cn-hangzhou", short: "hz", instance_prefix: "i-bp1", residues: 0..45 },
    Region { id: "cn-shanghai", short: "sh", instance_prefix: "i-uf6", residues: 45..49 },
    Region { id: "cn-beijing", short: "bj", instance_prefix: "i-2ze", residues: 49..50 },
];

impl Region {
    fn of(number: usize) -> &'static Region {
        let home = REGIONS.iter().find(|region| region.owns(number));
        home.unwrap_or(&REGIONS[0])
    }

    fn owns(&self, number: usize) -> bool {
        self.residues.contains(&(number % 50))
    }
}

/// A saved command.
#[derive(Clone, Debug)]
pub struct Command {
    /// `CommandId`.
    pub id: String,
    /// `CommandName`.
    pub name: String,
    /// `CommandType`.
    pub command_type: CommandType,
    /// `CommandDescription`.
    pub description: String,
    /// `CommandContent`.
    pub content: Vec<u8>,
    /// `Parameters`.
    pub parameters: String,
    /// `Timeout`.
    pub timeout: u32,
}

const TASKS: [&str; 20] = [
    "disk-report",
    "log-rotate",
    "cert-renew",
    "kernel-check",
    "event-log-export",
    "package-update",
    "nginx-reload",
    "iis-recycle",
    "db-backup",
    "cache-warm",
    "user-audit",
    "mount-check",
    "windows-patch",
    "ntp-sync",
    "agent-upgrade",
    "image-prune",
    "port-scan",
    "memory-report",
    "config-push",
    "health-probe",
];

impl Command {
    fn new(number: usize) -> Self {
        let task = TASKS[number % TASKS.len()];
        // One task in twenty is a batch script, two are PowerShell scripts.
        let command_type = match task {
            "iis-recycle" => CommandType::RunBatScript,
            "event-log-export" | "windows-patch" => CommandType::RunPowerShellScript,
            _ => CommandType::RunShellScript,
        };
        let parameters = match number % 3 {
            0 => format!("{{\"keep\":\"{}\",\"level\":\"info\"}}", 7 + number % 24),
            _ => "{}".into(),
        };
        let mut command = Command {
            id: format!("c-{}0{}", Region::of(number).short, code(number as u64, 11, 2)),
            name: format!("{task}-{number:03}"),
            command_type,
            description: format!("Scheduled maintenance: {}", task.replace('-', " ")),
            content: Vec::new(),
            parameters,
            timeout: [60, 600, 3_600][number % 7 % 3],
        };
        command.content = command.script(200, &mut rng(0, 2, number as u64));
        command
    }

    /// A script of `length` bytes, most of them random.
    pub(super) fn script(&self, length: usize, rng: &mut Rand64) -> Vec<u8> {
        let mut script = match self.command_type {
            CommandType::RunShellScript => format!("#!/bin/sh\nset -eu\n# {}\n", self.name),
            CommandType::RunBatScript => format!("@echo off\r\nrem {}\r\n", self.name),
            CommandType::RunPowerShellScript => {
                format!("$ErrorActionPreference = 'Stop'\n# {}\n", self.name)
            }
        }
        .into_bytes();
        fill(&mut script, "echo", length, rng);
        script
    }

    pub(super) fn working_dir(&self) -> &'static str {
        match self.command_type {
            CommandType::RunShellScript => "/root",
            _ => "C:\\Windows\\system32",
        }
    }

    pub(super) fn username(&self) -> &'static str {
        match self.command_type {
            CommandType::RunShellScript => "root",
            _ => "System",
        }
    }
}

/// All values that records share.
#[derive(Clone)]
pub struct Pools {
    regions: Weighted,
    groups: Weighted,
    instances: Weighted,
    instance_ids: Vec<String>,
    commands: Vec<Command>,
    tag_keys: Weighted,
    tag_values: Weighted,
}

impl Pools {
    pub(super) fn new() -> Self {
        Pools {
            regions: Weighted::new(REGIONS.each_ref().map(|region| region.residues.len() as u64)),
            groups: Weighted::new(RESOURCE_GROUP_WEIGHTS),
            instances: Weighted::zipf(INSTANCES, 0.8),
            instance_ids: (0..INSTANCES)
                .map(|number| {
                    let prefix = Region::of(number).instance_prefix;
                    format!("{prefix}{}", code(number as u64, 16, 1))
                })
                .collect(),
            commands: (0..COMMANDS).map(Command::new).collect(),
            tag_keys: Weighted::zipf(TAG_KEYS.len(), 1.0),
            tag_values: Weighted::zipf(TAG_VALUES, 1.0),
        }
    }

    /// The id of the instance with this rank by frequency; the most frequent is 0.
    pub fn instance_id(&self, number: usize) -> &str {
        &self.instance_ids[number]
    }

    /// All commands.
    pub fn commands(&self) -> &[Command] {
        &self.commands
    }

    pub(super) fn region(&self, rng: &mut Rand64) -> &'static Region {
        &REGIONS[self.regions.pick(rng)]
    }

    pub(super) fn resource_group(&self, rng: &mut Rand64) -> &'static str {
        RESOURCE_GROUPS[self.groups.pick(rng)]
    }

    /// One of the region's commands, each as likely as the others.
    pub(super) fn command(&self, region: &Region, rng: &mut Rand64) -> &Command {
        let residue = region.residues.start as u64 + below(rng, region.residues.len() as u64);
        &self.commands[(50 * below(rng, COMMANDS as u64 / 50) + residue) as usize]
    }

    /// The number of one of the region's instances.
    pub(super) fn instance(&self, region: &Region, rng: &mut Rand64) -> usize {
        loop {
            let number = self.instances.pick(rng);
            if region.owns(number) {
                return number;
            }
        }
    }

    /// The number of a tag key.
    pub(super) fn tag_key(&self, rng: &mut Rand64) -> usize {
        self.tag_keys.pick(rng)
    }

    pub(super) fn tag(&self, key: usize, rng: &mut Rand64) -> Tag {
        Tag::new(TAG_KEYS[key], tag_value(key, self.tag_values.pick(rng)))
    }
}

/// The value of a tag key with this rank by frequency; the most frequent is 0.
pub fn tag_value(key: usize, number: usize) -> String {
    format!("{}-{number:02}", TAG_KEYS[key])
}

/// The id of record `number`.
pub(super) fn invoke_id(region: &Region, number: u64, seed: u64) -> String {
    format!("t-{}0{}", region.short, code(number, 11, seed))
}

/// `width` letters and digits that differ for each `number` below 36 to the power of `width`.
pub(super) fn code(number: u64, width: usize, salt: u64) -> String {
    // Odd and no multiple of 3, so that multiplying by it permutes the numbers below 36^width.
    const FACTOR: u128 = 0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835;
    const _: () = assert!(FACTOR % 2 == 1 && !FACTOR.is_multiple_of(3));
    let end = 36_u128.pow(width as u32);
    let mut rest = (u128::from(number) * (FACTOR % end) + u128::from(mix(salt))) % end;
    let mut digits = [0; 24];
    for digit in digits[..width].iter_mut().rev() {
        *digit = b"0123456789abcdefghijklmnopqrstuvwxyz"[(rest % 36) as usize];
        rest /= 36;
    }
    digits[..width].iter().map(|&digit| char::from(digit)).collect()
}

/// Appends lines of `start` and random words until `text` has `length` bytes; cuts a longer `text`.
pub(super) fn fill(text: &mut Vec<u8>, start: &str, length: usize, rng: &mut Rand64) {
    text.reserve_exact(length.saturating_sub(text.len()) + 64);
    while text.len() < length {
        text.extend_from_slice(start.as_bytes());
        for _ in 0..4 {
            let mut bits = rng.rand_u64();
            text.push(b' ');
            for _ in 0..8 {
                text.push(b"abcdefghijklmnopqrstuvwxyz012345"[(bits & 31) as usize]);
                bits >>= 5;
            }
        }
        text.push(b'\n');
    }
    text.truncate(length);
}

/// A distribution over the numbers from 0, each with a weight.
#[derive(Clone)]
pub(super) struct Weighted {
    up_to: Vec<u64>,
}

impl Weighted {
    pub(super) fn new(weights: impl IntoIterator<Item = u64>) -> Self {
        let mut total = 0;
        let add = |weight| {
            total += weight;
            total
        };
        Weighted { up_to: weights.into_iter().map(add).collect() }
    }

    /// The weights 1, 1/2^exponent, 1/3^exponent, ..., rounded to whole numbers on a scale that is
    /// far coarser than the differences of `powf` between platforms.
    pub(super) fn zipf(count: usize, exponent: f64) -> Self {
        Weighted::new((1..=count).map(|rank| (1e9 / (rank as f64).powf(exponent)).round() as u64))
    }

    pub(super) fn pick(&self, rng: &mut Rand64) -> usize {
        let total = self.up_to.last().copied().unwrap_or(0);
        let drawn = below(rng, total);
        self.up_to.partition_point(|&up_to| up_to <= drawn)
    }
}

/// Mixes 64 bits: the finalizer of SplitMix64.
pub(super) fn mix(bits: u64) -> u64 {
    let bits = bits.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let bits = (bits ^ bits >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let bits = (bits ^ bits >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
    bits ^ bits >> 31
}
