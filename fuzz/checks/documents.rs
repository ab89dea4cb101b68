//! Builds archives from bytes: entries whose counts and references are valid as a rule, some of
//! which are then made invalid. The seals are valid, so that everything is read.

use arbitrary::{Arbitrary, Result, Unstructured};

use crate::forge::{Command, Document, Entry, Execution, Record, Run};

/// Reads a document.
pub(super) fn document(bytes: &mut Unstructured<'_>) -> Result<Document> {
    let mut document = Document {
        id: bytes.arbitrary()?,
        last_number: 200,
        last_write: bytes.int_in_range(999_000..=1_001_000)?,
        records: 0,
        entries: Vec::new(),
        totals: [0; 3],
    };
    let mut shared = Shared::default();
    for _ in 0..bytes.int_in_range(0..=12)? {
        if bytes.is_empty() {
            break;
        }
        record(bytes, &mut document, &mut shared)?;
    }
    for _ in 0..bytes.int_in_range(0..=3)? {
        spoil(bytes, &mut document)?;
    }
    Ok(document)
}

/// The number of entries of each shared kind: regions, groups, instances, tags, commands, texts.
#[derive(Default)]
struct Shared([u64; 6]);

impl Shared {
    /// The number of an existing entry, or of a new one.
    fn refer(
        &mut self,
        bytes: &mut Unstructured<'_>,
        kind: usize,
        entries: &mut Vec<Entry>,
    ) -> Result<u64> {
        let count = self.0[kind];
        let number = bytes.int_in_range(0..=count.min(254))?;
        if number == count {
            // Kind and number make the name unique.
            let name = format!("{kind}-{number}").into_bytes();
            entries.push(match kind {
                0 => Entry::Region(name),
                1 => Entry::ResourceGroup(if number == 0 { Vec::new() } else { name }),
                2 => Entry::Instance(name),
                3 => Entry::Tag(name, text(bytes)?),
                4 => Entry::Command(command(bytes, name)?),
                _ => {
                    let other = [text(bytes)?, text(bytes)?, text(bytes)?];
                    let [a, b, c] = other;
                    Entry::Texts([name, a, b, c, Vec::new(), Vec::new()])
                }
            });
            self.0[kind] += 1;
        }
        Ok(number)
    }
}

/// Mostly a short text of few letters; sometimes a long one or any bytes.
fn text(bytes: &mut Unstructured<'_>) -> Result<Vec<u8>> {
    Ok(match u8::arbitrary(bytes)? {
        0..=127 => Vec::new(),
        length @ 128..=223 => "磁x".repeat(usize::from(length % 8)).into_bytes(),
        224..=227 => vec![b'x'; 128],
        228..=231 => vec![b'x'; 4_096],
        232..=235 => vec![b'x'; 24_576],
        _ => Vec::<u8>::arbitrary(bytes)?,
    })
}

/// Mostly a small number.
fn seconds(bytes: &mut Unstructured<'_>) -> Result<i64> {
    Ok(match u8::arbitrary(bytes)? {
        small @ 0..=239 => i64::from(small) - 100,
        240..=247 => i32::arbitrary(bytes)?.into(),
        _ => i64::arbitrary(bytes)?,
    })
}

fn option<'a, T>(
    bytes: &mut Unstructured<'a>,
    value: impl FnOnce(&mut Unstructured<'a>) -> Result<T>,
) -> Result<Option<T>> {
    if bool::arbitrary(bytes)? { value(bytes).map(Some) } else { Ok(None) }
}

fn command(bytes: &mut Unstructured<'_>, id: Vec<u8>) -> Result<Command> {
    let mut strings: [Vec<u8>; 13] = std::array::from_fn(|_| Vec::new());
    strings[0] = id;
    for _ in 0..bytes.int_in_range(0..=3)? {
        let at = bytes.int_in_range(1..=12)?;
        strings[at] = text(bytes)?;
    }
    Ok(Command {
        strings,
        kind: bytes.int_in_range(0..=2)?,
        mode: bytes.int_in_range(0..=4)?,
        timeout: bytes.int_in_range(0..=86_400)?,
    })
}

/// A record with its shared entries, its runs and their histories.
fn record(
    bytes: &mut Unstructured<'_>,
    document: &mut Document,
    shared: &mut Shared,
) -> Result<()> {
    let number = document.records;
    let entries = &mut document.entries;
    let [region, resource_group, command] =
        [0, 1, 4].map(|kind| shared.refer(bytes, kind, entries));
    let command = command?;
    let mut tags = Vec::new();
    for _ in 0..bytes.int_in_range(0..=3)? {
        let tag = shared.refer(bytes, 3, entries)?;
        if !tags.contains(&tag) {
            tags.push(tag);
        }
    }
    let commands = entries.iter().filter_map(|entry| match entry {
        Entry::Command(command) => Some(command.mode),
        _ => None,
    });
    let mode = commands.clone().nth(command as usize);
    let is_recurring = matches!(mode, Some(1 | 3));
    let at = entries.len();
    let mut instances = Vec::new();
    for _ in 0..=bytes.int_in_range(0..=3)? {
        let instance = shared.refer(bytes, 2, entries)?;
        if instances.contains(&instance) {
            continue;
        }
        instances.push(instance);
        let mut kept = 0;
        let mut execution = execution(bytes, shared, entries)?;
        execution.status = bytes.int_in_range(0..=11)?;
        let history = if is_recurring && bool::arbitrary(bytes)? {
            kept = bytes.int_in_range(0..=4)?;
            Some((kept + u64::from(u8::arbitrary(bytes)?), kept))
        } else {
            None
        };
        entries.push(Entry::Run(Run {
            instance,
            update_time: seconds(bytes)?,
            execution,
            creation_time: option(bytes, seconds)?,
            history,
        }));
        for _ in 0..kept {
            let mut execution = self::execution(bytes, shared, entries)?;
            execution.status = bytes.int_in_range(4..=11)?;
            entries.push(Entry::History(execution));
        }
        document.totals[1] += 1;
        document.totals[2] += kept;
    }
    let later: u64 = bytes.int_in_range(0..=40)?;
    let record = Record {
        invoke_id: format!("t-{number}").into_bytes(),
        later: if number == 0 { 999_900 + later } else { later },
        // From 100 up, and down where the time lets it.
        further: match number {
            0 => 100,
            _ if later > 0 && bool::arbitrary(bytes)? => -(number as i64),
            _ => number as i64 + 1,
        },
        region: region?,
        resource_group: resource_group?,
        command,
        tags,
        runs: instances.len() as u64,
    };
    entries.insert(at, Entry::Record(record));
    document.records += 1;
    document.totals[0] += 1;
    Ok(())
}

fn execution(
    bytes: &mut Unstructured<'_>,
    shared: &mut Shared,
    entries: &mut Vec<Entry>,
) -> Result<Execution> {
    let texts = option(bytes, |bytes| shared.refer(bytes, 5, entries))?;
    Ok(Execution {
        status: 0,
        repeats: option(bytes, u32::arbitrary)?.unwrap_or(1).into(),
        start_time: option(bytes, seconds)?,
        finish_time: option(bytes, seconds)?,
        exit_code: option(bytes, i64::arbitrary)?,
        texts,
        stop_time: option(bytes, seconds)?,
        output: option(bytes, text)?,
        dropped: option(bytes, u64::arbitrary)?,
        more_shape: 0,
    })
}

/// Makes one value invalid, or just valid.
fn spoil(bytes: &mut Unstructured<'_>, document: &mut Document) -> Result<()> {
    let count = document.entries.len();
    if count == 0 {
        document.entries.push(Entry::Raw(Vec::arbitrary(bytes)?));
        return Ok(());
    }
    let (at, other) = (bytes.choose_index(count)?, bytes.choose_index(count)?);
    let by = u64::from(u8::arbitrary(bytes)?);
    match bytes.int_in_range(0..=12)? {
        0 => document.entries.swap(at, other),
        1 => drop(document.entries.remove(at)),
        2 => document.entries.insert(other, document.entries[at].clone()),
        3 => document.entries.insert(at, Entry::Raw(Vec::arbitrary(bytes)?)),
        4 => document.totals[other % 3] ^= by,
        5 => document.records ^= by,
        6 => document.last_number = by,
        7 => document.last_write = u32::arbitrary(bytes)?,
        _ => spoil_entry(bytes, &mut document.entries[at], by)?,
    }
    Ok(())
}

fn spoil_entry(bytes: &mut Unstructured<'_>, entry: &mut Entry, by: u64) -> Result<()> {
    match entry {
        Entry::Region(name) | Entry::ResourceGroup(name) | Entry::Instance(name) => {
            *name = Vec::arbitrary(bytes)?;
        }
        Entry::Tag(key, value) => *(if by < 128 { key } else { value }) = Vec::arbitrary(bytes)?,
        Entry::Command(command) => match by % 4 {
            0 => command.strings[by as usize / 4 % 13] = Vec::arbitrary(bytes)?,
            1 => command.kind = by as u8,
            2 => command.mode = by as u8 / 4,
            _ => command.timeout = u64::arbitrary(bytes)?,
        },
        Entry::Texts(texts) => texts[by as usize % 6] = Vec::arbitrary(bytes)?,
        Entry::Record(record) => match by % 8 {
            0 => record.invoke_id = Vec::arbitrary(bytes)?,
            1 => record.later = u64::arbitrary(bytes)?,
            2 => record.further = i64::arbitrary(bytes)?,
            3 => record.region = by / 8,
            4 => record.resource_group = by / 8,
            5 => record.command = by / 8,
            6 => record.tags.push(by / 8),
            _ => record.runs = by / 8,
        },
        Entry::Run(run) => match by % 4 {
            0 => run.instance = by / 4,
            1 => run.history = option(bytes, <(u64, u64)>::arbitrary)?,
            2 => run.update_time = i64::arbitrary(bytes)?,
            _ => spoil_execution(bytes, &mut run.execution, by / 4)?,
        },
        Entry::History(execution) => spoil_execution(bytes, execution, by)?,
        Entry::Raw(raw) => *raw = Vec::arbitrary(bytes)?,
    }
    Ok(())
}

fn spoil_execution(bytes: &mut Unstructured<'_>, execution: &mut Execution, by: u64) -> Result<()> {
    match by % 5 {
        0 => execution.status = by as u8 / 4,
        1 => execution.repeats = u64::arbitrary(bytes)?,
        2 => execution.texts = Some(by),
        3 => execution.more_shape = u64::arbitrary(bytes)?,
        _ => execution.output = Some(vec![0; 24_570 + by as usize % 16]),
    }
    Ok(())
}
