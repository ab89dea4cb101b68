//! An independent writer of the archive format, written from its description alone. It makes
//! archives with valid seals and any contents.

use xxhash_rust::xxh3::xxh3_64_with_seed;

pub(crate) const HEADER: u8 = 1;
pub(crate) const DATA: u8 = 2;
pub(crate) const END: u8 = 3;

pub(crate) const PREAMBLE: &[u8] = b"\x89IVX\r\n\x1a\n\x01\0\0\0";

/// An archive as its blocks.
#[derive(Clone, Debug)]
pub(crate) struct Blocks(pub(crate) Vec<(u8, Vec<u8>)>);

impl Blocks {
    /// Splits a valid archive into its blocks.
    pub(crate) fn parse(archive: &[u8]) -> Self {
        let mut rest = archive.strip_prefix(PREAMBLE).expect("it begins as an archive does");
        let mut blocks = Vec::new();
        while let Some((&kind, behind)) = rest.split_first() {
            let (length, behind) = behind.split_first_chunk().expect("a length follows");
            let (content, behind) = behind.split_at(u32::from_le_bytes(*length) as usize);
            let (seal, behind) = behind.split_first_chunk().expect("a seal follows");
            let sealed = &rest[..5 + content.len()];
            let expected = xxh3_64_with_seed(sealed, blocks.len() as u64);
            assert_eq!(u64::from_le_bytes(*seal), expected);
            blocks.push((kind, content.to_vec()));
            rest = behind;
        }
        Blocks(blocks)
    }

    /// Seals each block for its position.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut bytes = PREAMBLE.to_vec();
        for (number, (kind, content)) in self.0.iter().enumerate() {
            let start = bytes.len();
            bytes.push(*kind);
            bytes.extend_from_slice(&(content.len() as u32).to_le_bytes());
            bytes.extend_from_slice(content);
            let seal = xxh3_64_with_seed(&bytes[start..], number as u64);
            bytes.extend_from_slice(&seal.to_le_bytes());
        }
        bytes
    }
}

/// An archive by its contents.
#[derive(Clone, Debug)]
pub(crate) struct Document {
    pub(crate) id: u64,
    pub(crate) last_number: u64,
    pub(crate) last_write: u32,
    pub(crate) records: u64,
    pub(crate) entries: Vec<Entry>,
    /// Records, runs and history records.
    pub(crate) totals: [u64; 3],
}

impl Document {
    pub(crate) fn header(&self) -> Vec<u8> {
        let mut header = self.id.to_le_bytes().to_vec();
        header.extend_from_slice(&self.last_number.to_le_bytes());
        header.extend_from_slice(&self.last_write.to_le_bytes());
        header.extend_from_slice(&self.records.to_le_bytes());
        header
    }

    pub(crate) fn blocks(&self) -> Blocks {
        let data = self.entries.iter().flat_map(Entry::bytes).collect();
        let end = self.totals.iter().flat_map(|total| total.to_le_bytes()).collect();
        Blocks(vec![(HEADER, self.header()), (DATA, data), (END, end)])
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.blocks().bytes()
    }
}

/// An entry by its fields.
#[derive(Clone, Debug)]
pub(crate) enum Entry {
    Region(Vec<u8>),
    ResourceGroup(Vec<u8>),
    Instance(Vec<u8>),
    Tag(Vec<u8>, Vec<u8>),
    Command(Command),
    Texts([Vec<u8>; 6]),
    Record(Record),
    Run(Run),
    History(Execution),
    /// Any bytes.
    Raw(Vec<u8>),
}

#[derive(Clone, Debug)]
pub(crate) struct Command {
    /// In the order of the format; number 3 is the content.
    pub(crate) strings: [Vec<u8>; 13],
    pub(crate) kind: u8,
    pub(crate) mode: u8,
    pub(crate) timeout: u64,
}

#[derive(Clone, Debug)]
pub(crate) struct Record {
    pub(crate) invoke_id: Vec<u8>,
    pub(crate) later: u64,
    pub(crate) further: i64,
    pub(crate) region: u64,
    pub(crate) resource_group: u64,
    pub(crate) command: u64,
    pub(crate) tags: Vec<u64>,
    pub(crate) runs: u64,
}

#[derive(Clone, Debug)]
pub(crate) struct Run {
    pub(crate) instance: u64,
    pub(crate) update_time: i64,
    pub(crate) execution: Execution,
    pub(crate) creation_time: Option<i64>,
    /// The number of history records there ever were, and of those that follow.
    pub(crate) history: Option<(u64, u64)>,
}

/// Times count from the record's CreationTime.
#[derive(Clone, Debug, Default)]
pub(crate) struct Execution {
    pub(crate) status: u8,
    pub(crate) repeats: u64,
    pub(crate) start_time: Option<i64>,
    pub(crate) finish_time: Option<i64>,
    pub(crate) exit_code: Option<i64>,
    pub(crate) texts: Option<u64>,
    pub(crate) stop_time: Option<i64>,
    pub(crate) output: Option<Vec<u8>>,
    pub(crate) dropped: Option<u64>,
    /// Further bits of the shape.
    pub(crate) more_shape: u64,
}

pub(crate) fn number(mut value: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let group = (value % 128) as u8;
        value /= 128;
        if value == 0 {
            bytes.push(group);
            return bytes;
        }
        bytes.push(group + 128);
    }
}

pub(crate) fn signed(value: i64) -> Vec<u8> {
    number(if value < 0 { !(value as u64) * 2 + 1 } else { value as u64 * 2 })
}

pub(crate) fn bytes(bytes: &[u8]) -> Vec<u8> {
    [number(bytes.len() as u64), bytes.to_vec()].concat()
}

impl Entry {
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let (kind, fields) = match self {
            Entry::Region(text) => (1, bytes(text)),
            Entry::ResourceGroup(text) => (2, bytes(text)),
            Entry::Instance(text) => (3, bytes(text)),
            Entry::Tag(key, value) => (4, [bytes(key), bytes(value)].concat()),
            Entry::Command(command) => {
                let strings = command.strings.iter().flat_map(|string| bytes(string));
                let settings = [command.kind, command.mode].into_iter();
                (5, strings.chain(settings).chain(number(command.timeout)).collect())
            }
            Entry::Texts(strings) => (6, strings.iter().flat_map(|string| bytes(string)).collect()),
            Entry::Record(record) => (7, record.bytes()),
            Entry::Run(run) => (8, run.bytes()),
            Entry::History(execution) => (9, execution.bytes(0)),
            Entry::Raw(bytes) => return bytes.clone(),
        };
        [vec![kind], fields].concat()
    }
}

impl Record {
    fn bytes(&self) -> Vec<u8> {
        let mut out = bytes(&self.invoke_id);
        out.extend(number(self.later));
        out.extend(signed(self.further));
        for value in [self.region, self.resource_group, self.command, self.tags.len() as u64] {
            out.extend(number(value));
        }
        out.extend(self.tags.iter().flat_map(|&tag| number(tag)));
        out.extend(number(self.runs));
        out
    }
}

impl Run {
    fn bytes(&self) -> Vec<u8> {
        let mut shape = 0;
        shape |= if self.creation_time.is_some() { 128 } else { 0 };
        shape |= if self.history.is_some() { 256 } else { 0 };
        let mut out = number(self.instance);
        out.extend(signed(self.update_time));
        out.extend(self.execution.bytes(shape));
        out.extend(self.creation_time.into_iter().flat_map(signed));
        if let Some((ever, kept)) = self.history {
            out.extend(number(ever));
            out.extend(number(kept));
        }
        out
    }
}

impl Execution {
    fn bytes(&self, mut shape: u64) -> Vec<u8> {
        let has = [
            self.start_time.is_some(),
            self.finish_time.is_some(),
            self.exit_code.is_some(),
            self.texts.is_some(),
            self.stop_time.is_some(),
            self.output.is_some(),
            self.dropped.is_some(),
        ];
        shape |= has.iter().enumerate().map(|(bit, &has)| u64::from(has) << bit).sum::<u64>();
        let mut out = vec![self.status];
        out.extend(number(shape | self.more_shape));
        out.extend(number(self.repeats));
        out.extend(self.start_time.into_iter().flat_map(signed));
        out.extend(self.finish_time.into_iter().flat_map(signed));
        out.extend(self.exit_code.into_iter().flat_map(signed));
        out.extend(self.texts.into_iter().flat_map(number));
        out.extend(self.stop_time.into_iter().flat_map(signed));
        out.extend(self.output.iter().flat_map(|output| bytes(output)));
        out.extend(self.dropped.into_iter().flat_map(number));
        out
    }
}

/// A valid archive of one record with everything. The constants below are the positions of its
/// entries.
pub(crate) fn sound() -> Document {
    let text = |text: &str| text.as_bytes().to_vec();
    Document {
        id: 7,
        last_number: 9,
        last_write: 1_000_000,
        records: 1,
        entries: vec![
            Entry::Region(text("cn-hangzhou")),
            Entry::ResourceGroup(text("")),
            Entry::Command(Command {
                strings: [
                    "c-1", "name", "about", "df -h", "{}", "rate(1h)", "/root", "root", "", "",
                    "me", "Process", "",
                ]
                .map(text),
                kind: 2,
                mode: 1,
                timeout: 60,
            }),
            Entry::Tag(text("env"), text("prod")),
            Entry::Record(Record {
                invoke_id: text("t-1"),
                later: 1_000_000,
                further: 5,
                region: 0,
                resource_group: 0,
                command: 0,
                tags: vec![0],
                runs: 1,
            }),
            Entry::Instance(text("i-1")),
            Entry::Texts(["ExitCodeNonzero", "not 0", "", "", "", ""].map(text)),
            Entry::Run(Run {
                instance: 0,
                update_time: 30,
                execution: Execution {
                    status: 1,
                    repeats: 2,
                    start_time: Some(20),
                    finish_time: Some(30),
                    exit_code: Some(-3),
                    texts: Some(0),
                    stop_time: Some(25),
                    output: Some(vec![0xff, b'o']),
                    dropped: Some(u64::MAX),
                    more_shape: 0,
                },
                creation_time: Some(1),
                history: Some((5, 1)),
            }),
            Entry::History(Execution {
                status: 5,
                repeats: 1,
                start_time: Some(2),
                finish_time: Some(3),
                exit_code: Some(1),
                texts: Some(0),
                ..Execution::default()
            }),
        ],
        totals: [1, 1, 1],
    }
}

pub(crate) const COMMAND: usize = 2;
pub(crate) const TAG: usize = 3;
pub(crate) const RECORD: usize = 4;
pub(crate) const INSTANCE: usize = 5;
pub(crate) const TEXTS: usize = 6;
pub(crate) const RUN: usize = 7;
pub(crate) const HISTORY: usize = 8;

/// The fields of the entry at a position in [`sound`].
macro_rules! fields {
    ($name:ident, $variant:ident, $type:ty) => {
        impl Document {
            pub(crate) fn $name(&mut self, at: usize) -> &mut $type {
                match &mut self.entries[at] {
                    Entry::$variant(fields) => fields,
                    other => panic!("entry {at} is {other:?}"),
                }
            }
        }
    };
}
fields!(command, Command, Command);
fields!(record, Record, Record);
fields!(run, Run, Run);
fields!(history, History, Execution);
fields!(texts, Texts, [Vec<u8>; 6]);
