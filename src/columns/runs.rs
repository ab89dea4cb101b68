//! The runs of the invocations: one flat column, in which the runs of a record stand side by
//! side, and apart from it what most runs do not have.

use std::num::NonZeroU32;
use std::sync::Arc;

use super::fragment::push_text;
use super::packed::{Key, Packed};
use super::symbols::SymbolId;
use crate::model::{InvocationStatus, Timestamp};

/// One run: 28 bytes. There are three for each record and more, so what is small or rare is
/// packed or kept apart.
#[derive(Clone, Debug)]
pub(crate) struct Run {
    pub(crate) instance: SymbolId,
    pub(crate) update_time: Option<Timestamp>,
    pub(crate) start_time: Option<Timestamp>,
    pub(crate) finish_time: Option<Timestamp>,
    /// Status in 4 bits, Repeats in 12, ExitCode in 16.
    small: u32,
    /// Which texts of an error or of OSS delivery it has.
    pub(crate) detail: Option<NonZeroU32>,
    /// Where the rest of it is.
    pub(crate) extra: Option<NonZeroU32>,
}

/// In the bits of Repeats: it is in the extra.
const WIDE_REPEATS: u32 = (1 << 12) - 1;
/// In the bits of ExitCode: there is none.
const NO_EXIT_CODE: u32 = u16::MAX as u32;
/// In the bits of ExitCode: it is in the extra.
const WIDE_EXIT_CODE: u32 = NO_EXIT_CODE - 1;

/// Numbers of a run that do not fit into it.
pub(crate) struct Wide {
    pub(crate) repeats: Option<u32>,
    pub(crate) exit_code: Option<i64>,
}

impl Run {
    pub(crate) fn new(instance: SymbolId) -> Self {
        Run {
            instance,
            update_time: None,
            start_time: None,
            finish_time: None,
            small: 0,
            detail: None,
            extra: None,
        }
    }

    pub(crate) fn status(&self) -> InvocationStatus {
        InvocationStatus::ALL[(self.small >> 28) as usize]
    }

    pub(crate) fn repeats(&self, extra: Option<&RunExtra>) -> u32 {
        match self.small >> 16 & WIDE_REPEATS {
            WIDE_REPEATS => extra.and_then(|extra| extra.wide_repeats).unwrap_or(0),
            repeats => repeats,
        }
    }

    pub(crate) fn exit_code(&self, extra: Option<&RunExtra>) -> Option<i64> {
        match self.small & NO_EXIT_CODE {
            NO_EXIT_CODE => None,
            WIDE_EXIT_CODE => extra.and_then(|extra| extra.wide_exit_code),
            exit_code => Some(i64::from(exit_code)),
        }
    }

    /// Sets the numbers; returns those that belong to the extra.
    pub(crate) fn set_numbers(
        &mut self,
        status: InvocationStatus,
        repeats: u32,
        exit_code: Option<i64>,
    ) -> Wide {
        let narrow = |code: i64| u32::try_from(code).ok().filter(|&code| code < WIDE_EXIT_CODE);
        let exit_bits =
            exit_code.map_or(NO_EXIT_CODE, |code| narrow(code).unwrap_or(WIDE_EXIT_CODE));
        self.small = (status as u32) << 28 | repeats.min(WIDE_REPEATS) << 16 | exit_bits;
        Wide {
            repeats: Some(repeats).filter(|&repeats| repeats >= WIDE_REPEATS),
            exit_code: exit_code.filter(|_| exit_bits == WIDE_EXIT_CODE),
        }
    }
}

/// What most runs do not have.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct RunExtra {
    /// Unless it is the record's.
    pub(crate) creation_time: Option<Timestamp>,
    pub(crate) stop_time: Option<Timestamp>,
    pub(crate) wide_repeats: Option<u32>,
    /// The number of the newest history record, which is how many there ever were.
    pub(crate) history_number: u32,
    pub(crate) wide_exit_code: Option<i64>,
    pub(crate) output: Option<Arc<[u8]>>,
    pub(crate) dropped: u64,
    pub(super) history: Option<Arc<Vec<HistoryRecord>>>,
}

impl RunExtra {
    pub(crate) fn is_default(&self) -> bool {
        *self == RunExtra::default()
    }

    pub(crate) fn output(&self) -> &[u8] {
        self.output.as_deref().unwrap_or_default()
    }

    /// Ended executions of a recurring task, oldest first.
    pub(crate) fn history(&self) -> &[HistoryRecord] {
        self.history.as_ref().map_or(&[], |history| history)
    }

    pub(crate) fn history_mut(&mut self) -> &mut Vec<HistoryRecord> {
        Arc::make_mut(self.history.get_or_insert_default())
    }

    /// Heap bytes.
    pub(crate) fn bytes(&self) -> usize {
        let record_bytes = |record: &HistoryRecord| {
            size_of_val(record) + record.output.as_ref().map_or(0, |o| o.len())
        };
        self.output().len() + self.history().iter().map(record_bytes).sum::<usize>()
    }
}

/// One earlier execution of a recurring task.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct HistoryRecord {
    pub(crate) status: InvocationStatus,
    pub(crate) number: u32,
    pub(crate) start_time: Option<Timestamp>,
    pub(crate) finish_time: Option<Timestamp>,
    pub(crate) stop_time: Option<Timestamp>,
    pub(crate) repeats: u32,
    pub(crate) exit_code: Option<i64>,
    pub(crate) dropped: u64,
    pub(crate) output: Option<Arc<[u8]>>,
    pub(crate) detail: Option<NonZeroU32>,
}

/// The strings of a detail, in the order they are packed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub(crate) enum DetailField {
    ErrorCode,
    ErrorInfo,
    OssOutputStatus,
    OssOutputUri,
    OssOutputErrorCode,
    OssOutputErrorInfo,
}

/// The texts of an error and of OSS delivery. Runs that fail alike share them.
#[derive(Debug)]
pub(crate) struct Detail {
    strings: Packed<6>,
    json: Box<[u8]>,
}

impl Key for Detail {
    fn key(&self) -> &[u8] {
        self.strings.as_bytes()
    }
}

impl Detail {
    /// The JSON of a run without any of the texts.
    pub(crate) const EMPTY_JSON: &[u8] = b"\"ErrorCode\":\"\",\"ErrorInfo\":\"\",\
        \"OssOutputStatus\":\"\",\"OssOutputUri\":\"\",\"OssOutputErrorCode\":\"\",\
        \"OssOutputErrorInfo\":\"\"";

    /// Writes what identifies the detail to `key`, in the order of [`DetailField`].
    pub(crate) fn encode_key(strings: [&[u8]; 6], key: &mut Vec<u8>) {
        key.clear();
        Packed::<6>::encode(strings, key);
    }

    pub(crate) fn new(key: &[u8]) -> Self {
        let strings = Packed::<6>::from_encoded(key);
        const NAMES: [&[u8]; 6] = [
            b"\"ErrorCode\":\"",
            b"\",\"ErrorInfo\":\"",
            b"\",\"OssOutputStatus\":\"",
            b"\",\"OssOutputUri\":\"",
            b"\",\"OssOutputErrorCode\":\"",
            b"\",\"OssOutputErrorInfo\":\"",
        ];
        let mut json = Vec::new();
        for (at, name) in NAMES.iter().enumerate() {
            json.extend_from_slice(name);
            push_text(strings.get(at), &mut json);
        }
        json.push(b'"');
        Detail { strings, json: json.into_boxed_slice() }
    }

    pub(crate) fn get(&self, field: DetailField) -> &[u8] {
        self.strings.get(field as usize)
    }

    pub(crate) fn json(&self) -> &[u8] {
        &self.json
    }

    /// Heap bytes.
    pub(crate) fn bytes(&self) -> usize {
        self.strings.as_bytes().len() + self.json.len()
    }
}

/// Values in numbered places that are used again once they are free. Numbers start at 1.
#[derive(Debug)]
pub(crate) struct Slab<T> {
    places: Vec<Option<T>>,
    free: Vec<NonZeroU32>,
}

impl<T> Default for Slab<T> {
    fn default() -> Self {
        Slab { places: Vec::new(), free: Vec::new() }
    }
}

impl<T> Slab<T> {
    pub(crate) fn insert(&mut self, value: T) -> NonZeroU32 {
        if let Some(number) = self.free.pop() {
            self.places[number.get() as usize - 1] = Some(value);
            return number;
        }
        self.places.push(Some(value));
        NonZeroU32::MIN.saturating_add((self.places.len() - 1) as u32)
    }

    pub(crate) fn get(&self, number: NonZeroU32) -> Option<&T> {
        self.places[number.get() as usize - 1].as_ref()
    }

    pub(crate) fn get_mut(&mut self, number: NonZeroU32) -> Option<&mut T> {
        self.places[number.get() as usize - 1].as_mut()
    }

    pub(crate) fn remove(&mut self, number: NonZeroU32) -> Option<T> {
        let value = self.places[number.get() as usize - 1].take();
        if value.is_some() {
            self.free.push(number);
        }
        value
    }

    pub(crate) fn values(&self) -> impl Iterator<Item = &T> {
        self.places.iter().flatten()
    }

    /// Heap bytes of the places.
    pub(crate) fn table_bytes(&self) -> usize {
        self.places.capacity() * size_of::<Option<T>>() + self.free.capacity() * 4
    }
}
