//! Cases from bytes, for a fuzzer: every byte makes one choice, so that a change of one byte leaves
//! the other choices as they are.
//!
//! The alternative, to drive the strategies through proptest's generator that is fed with bytes,
//! spends 4 or 8 bytes on each choice, and half of the remaining bytes on each strategy that depends
//! on another: after a dozen requests every choice is 0.

use arbitrary::{Arbitrary, Result, Unstructured};
use invodex::{InvocationStatus, RepeatMode, Tuning};
use oorandom::Rand32;

use super::ops::{Case, Forgery, Op, RunPick, Target};
use super::pools::{START, TAG_KEYS, YEARS, in_year, pick};
use super::records::{FAULTS, RecordSpec, RunSpec};
use super::requests::{Pairs, RequestSpec, chosen_pair};
use super::setup::{Limits, StoreSpec};
use super::updates::{LONG, Named, UpdateSpec};
use crate::engine::SMALL;
use crate::model::Operation;

/// Maximum number of operations, so that no case is slow.
const OPS: usize = 48;
/// Maximum number of records, writes or parameters that one operation lists.
const LIST: u8 = 6;

fn byte(u: &mut Unstructured<'_>) -> Result<u8> {
    u8::arbitrary(u)
}

/// Up to [`LIST`] values, after a byte for their number.
fn list<'a, T>(
    u: &mut Unstructured<'a>,
    mut one: impl FnMut(&mut Unstructured<'a>) -> Result<T>,
) -> Result<Vec<T>> {
    (0..byte(u)? % (LIST + 1)).map(|_| one(u)).collect()
}

/// The distance of a time from the clock, in seconds: mostly in the past.
fn offset(byte: u8) -> i8 {
    6 - (byte % 72) as i8
}

impl<'a> Arbitrary<'a> for Case {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        let store = StoreSpec::arbitrary(u)?;
        let mut ops = vec![crowd(u)?];
        while !u.is_empty() && ops.len() <= OPS {
            ops.push(Op::arbitrary(u)?);
        }
        Ok(Case { store, ops })
    }
}

impl<'a> Arbitrary<'a> for StoreSpec {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        let flags = byte(u)?;
        Ok(StoreSpec {
            id: *pick(&[0, 7, u64::MAX], flags >> 3),
            start: if flags & 4 == 4 { in_year(byte(u)? % YEARS) } else { START },
            omitted_timed_any: flags & 1 == 1,
            has_regions: flags & 2 == 2,
            limits: Limits::arbitrary(u)?,
        })
    }
}

impl<'a> Arbitrary<'a> for Limits {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        let (capacity, retention, budget) = (byte(u)?, byte(u)?, byte(u)?);
        let share = byte(u)?;
        let tuning = if share < 128 {
            SMALL
        } else {
            let (list, dead) = (byte(u)?, byte(u)?);
            Tuning {
                list_share: 2 + u32::from(share % 31),
                list_min: u32::from(list % 5),
                first_chunk: 1 + u32::from(list / 5 % 3),
                chunk_span: 1 + u32::from(list / 15),
                dead_min: u32::from(dead % 7),
            }
        };
        Ok(Limits {
            capacity: usize::from(if capacity < 32 { capacity } else { 16 + capacity % 48 }),
            retention: (retention >= 128).then(|| u32::from(retention) - 120),
            history_limit: usize::from(retention % 4),
            output_budget: match budget {
                0..=127 => None,
                128..=239 => Some(usize::from(budget) - 128),
                _ => Some(24_000 + 100 * usize::from(budget)),
            },
            tuning,
        })
    }
}

/// A batch of records that follow from a seed.
fn crowd(u: &mut Unstructured<'_>) -> Result<Op> {
    let (count, seed) = (byte(u)? % 32, byte(u)?);
    let mut random = Rand32::new(u64::from(seed));
    let records = (0..count).map(|number| {
        let bytes: Vec<u8> = (0..8).flat_map(|_| random.rand_u32().to_be_bytes()).collect();
        let record = RecordSpec::arbitrary(&mut Unstructured::new(&bytes))?;
        // With ids in a row fewer records are refused.
        Ok(RecordSpec { id: seed.wrapping_add(number), faults: Vec::new(), ..record })
    });
    Ok(Op::Batch(records.collect::<Result<_>>()?))
}

impl<'a> Arbitrary<'a> for RecordSpec {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        let (id, region, command, mode) = (byte(u)?, byte(u)?, byte(u)?, byte(u)?);
        let (created, tags, details) = (byte(u)?, byte(u)?, byte(u)?);
        let runs = (0..=byte(u)? % 4).map(|_| RunSpec::arbitrary(u)).collect::<Result<_>>()?;
        // Two bits for each key: absent, or one of the values. The last key takes the place of the
        // fourth.
        let keys = [0, 1, 2, TAG_KEYS.len() as u8 - 1].into_iter().enumerate();
        let tags = keys.filter_map(|(at, key)| Some((key, (tags >> (2 * at) & 3).checked_sub(1)?)));
        let mut record = RecordSpec {
            id,
            region: if region < 128 { 0 } else { region },
            group: command / 48,
            command: command % 48,
            mode: *pick(RepeatMode::ALL, mode),
            created: (created % 2 == 0).then(|| offset(created / 2)),
            tags: tags.collect(),
            many_tags: false,
            runs,
            more_runs: 0,
            details,
            control: None,
            faults: Vec::new(),
        };
        match byte(u)? {
            fault @ 0..FAULTS => record.faults.push(fault),
            control @ 66..98 => record.control = Some(control - 66),
            98 | 99 => record.many_tags = true,
            100 | 101 => record.more_runs = byte(u)? % 97,
            _ => {}
        }
        Ok(record)
    }
}

impl<'a> Arbitrary<'a> for RunSpec {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        let (instance, status, details) = (byte(u)?, byte(u)?, byte(u)?);
        let in_years = instance >= 240;
        Ok(RunSpec {
            instance,
            status: *pick(InvocationStatus::ALL, status),
            details,
            years: if in_years { Some((byte(u)? % YEARS, byte(u)? % YEARS)) } else { None },
        })
    }
}

impl<'a> Arbitrary<'a> for UpdateSpec {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        let (status, flags) = (byte(u)?, byte(u)?);
        Ok(UpdateSpec {
            status: match status % 20 {
                12..=14 => Some(InvocationStatus::Running),
                15 | 16 => Some(InvocationStatus::Success),
                number => InvocationStatus::ALL.get(usize::from(number)).copied(),
            },
            reschedule: flags % 4 == 3,
            time: (flags >= 192).then(|| offset(flags)),
            named: list(u, Named::arbitrary)?,
        })
    }
}

impl<'a> Arbitrary<'a> for Named {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        let (kind, amount) = (byte(u)?, byte(u)?);
        let time = || (amount >= 64).then(|| offset(amount));
        let length = if amount < 200 { u16::from(amount % 9) } else { *pick(LONG, amount) };
        Ok(match kind % 10 {
            0 => Named::Start(time()),
            1 => Named::Finish(time()),
            2 => Named::Stop(time()),
            3 => Named::Repeats(if amount == 255 { u32::MAX } else { amount.into() }),
            4 => Named::ExitCode((amount < 128).then(|| i64::from(amount) - 3)),
            5 => Named::Dropped(if amount == 255 { u64::MAX } else { amount.into() }),
            6 | 7 => {
                let length = if amount < 224 { u16::from(amount % 4) } else { 4_096 };
                Named::Text(kind / 10 % 6, length + u16::from(amount >= 240))
            }
            8 => Named::Replace(length),
            _ => Named::Append(length),
        })
    }
}

impl<'a> Arbitrary<'a> for Target {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        Ok(match byte(u)? {
            number @ 0..160 => Target::Live(number),
            number @ 160..224 => Target::Recurring(number % 4),
            number => Target::Pool(number),
        })
    }
}

impl<'a> Arbitrary<'a> for RunPick {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        let number = byte(u)?;
        Ok(if number < 232 { RunPick::Own(number) } else { RunPick::Pool(number) })
    }
}

impl<'a> Arbitrary<'a> for RequestSpec {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        let operation = *pick(&Operation::ALL, byte(u)?);
        let mut pairs = vec![("RegionId".to_owned(), "cn-a".to_owned())];
        pairs.extend(pairs_of(u)?);
        Ok(RequestSpec { operation, pairs })
    }
}

/// Parameters with values of all sorts. Most InvokeIds are those of records that the store holds.
fn pairs_of(u: &mut Unstructured<'_>) -> Result<Pairs> {
    list(u, |u| {
        let (name, value) = (byte(u)?, byte(u)?);
        let (name, chosen) = chosen_pair(name, value);
        let value = match value {
            0..128 if name == "InvokeId" => format!("@{value}"),
            128..192 if name == "InvokeId" => format!("@h{}", value % 8),
            _ => chosen,
        };
        Ok((name, value))
    })
}

impl<'a> Arbitrary<'a> for Forgery {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        let (kind, at) = (byte(u)?, byte(u)?);
        Ok(match kind % 8 {
            0 => Forgery::Change { at, by: 1 + byte(u)? % 63 },
            1 => Forgery::Truncate(1 + at % 44),
            2 => Forgery::Extend((*pick(&["A", "=", "_", " ", "AAAA"], at)).to_owned()),
            3 => Forgery::Text(
                (*pick(&["x", "AAAA", "字", "@"], at)).repeat(1 + usize::from(at % 24)),
            ),
            4 | 5 => Forgery::More(pairs_of(u)?),
            6 => Forgery::Less(at),
            _ if at % 2 == 0 => Forgery::Operation,
            _ => Forgery::Store,
        })
    }
}

impl<'a> Arbitrary<'a> for Op {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        let size = |u: &mut Unstructured<'_>| Ok(byte(u)? % 4 + 1);
        Ok(match byte(u)? % 40 {
            22..=25 => {
                let (later, form) = (byte(u)?, byte(u)?);
                let later = if later < 224 { 0 } else { later % 16 };
                let request = RequestSpec::arbitrary(u)?;
                Op::Query { later, request, form: form % 5, measured: form >= 192 }
            }
            26 | 27 => {
                let page_number = byte(u)?;
                let page_number = (page_number >= 192).then(|| 1 + page_number % 3);
                Op::Walk { request: RequestSpec::arbitrary(u)?, size: size(u)?, page_number }
            }
            28..=31 => {
                let (walk, form) = (byte(u)?, byte(u)? % 5);
                let between = list(u, write)?;
                Op::Continue { walk, size: size(u)?, noise: Pairs::new(), form, between }
            }
            32 => Op::Drain { walk: byte(u)?, size: size(u)?, between: list(u, write)? },
            33 | 34 => Op::Forged { token: byte(u)?, forgery: Forgery::arbitrary(u)? },
            35 => Op::Save,
            36 => Op::Restore { earlier: true, limits: other_limits(u)? },
            37 => Op::Subscribe(byte(u)? % 8),
            38 => Op::Read { subscriber: byte(u)?, most: byte(u)? % 8 },
            39 => Op::Unsubscribe(byte(u)?),
            kind => write_of(u, kind)?,
        })
    }
}

/// A write between two pages.
fn write(u: &mut Unstructured<'_>) -> Result<Op> {
    let kind = byte(u)? % 22;
    write_of(u, kind)
}

fn write_of(u: &mut Unstructured<'_>, kind: u8) -> Result<Op> {
    use InvocationStatus as S;
    Ok(match kind {
        0..=4 => Op::Accept(RecordSpec::arbitrary(u)?),
        5 => Op::Batch(list(u, RecordSpec::arbitrary)?),
        6 | 7 => crowd(u)?,
        8 => Op::Many { count: byte(u)?.into(), seconds: byte(u)? % 70 },
        9..=11 => Op::Update {
            target: Target::arbitrary(u)?,
            run: RunPick::arbitrary(u)?,
            update: UpdateSpec::arbitrary(u)?,
        },
        12 | 13 => {
            let (target, run, result) = (Target::arbitrary(u)?, RunPick::arbitrary(u)?, byte(u)?);
            Op::Execute {
                target,
                run,
                result: *pick(&[S::Success, S::Failed, S::Error, S::Timeout], result),
                reschedule: result < 224,
                times: 1 + result / 4 % 4,
            }
        }
        14 => {
            let (target, mut runs) = (Target::arbitrary(u)?, list(u, RunPick::arbitrary)?);
            if runs.len() == usize::from(LIST) {
                // More than a stop may name.
                runs.resize(51, RunPick::Own(0));
            }
            Op::Stop { target, runs }
        }
        15 | 16 => match byte(u)? {
            255 => Op::Clear,
            _ => Op::Delete(Target::arbitrary(u)?),
        },
        17 | 18 => {
            // Mostly a few seconds, so that not everything expires at once.
            let seconds = byte(u)?;
            Op::Advance(if seconds < 240 { seconds % 16 } else { seconds })
        }
        19 => Op::Set(byte(u)? as i8 / 4),
        _ => Op::Restore { earlier: false, limits: other_limits(u)? },
    })
}

fn other_limits(u: &mut Unstructured<'_>) -> Result<Option<Limits>> {
    if byte(u)? < 176 { Ok(None) } else { Limits::arbitrary(u).map(Some) }
}
