//! The file around the records: what it is, how its texts are written, and each record apart.

use std::borrow::Cow;
use std::cell::Cell;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::de::{DeserializeSeed, Error as _, IgnoredAny, MapAccess, SeqAccess};
use serde_json::value::RawValue;

use super::compare::compare;
use super::lenient::{AsList, AsObject, List, Object, Reason, Scalar};
use super::record::Record;
use super::spoilt;
use super::{CaptureEncoding, Difference, DifferenceKind, ImportOptions, Refusal};
use crate::error::Error;
use crate::model::{Invocation, Timestamp};
use crate::request::ContentEncoding;

/// A file, read.
pub(crate) struct Capture {
    pub(super) encoding: ContentEncoding,
    /// From the end of the list to its start.
    pub(super) invocations: Vec<Invocation>,
    /// Where each stood in the list.
    pub(super) positions: Vec<usize>,
    pub(super) differences: Vec<Difference>,
    pub(super) refusals: Vec<Refusal>,
}

/// How texts are decoded, while it is found out.
pub(super) struct Decoding {
    encoding: ContentEncoding,
    /// A text that is not Base64 says that the file is plain text.
    undecided: bool,
    is_plain: Cell<bool>,
}

impl Decoding {
    pub(super) fn decode(&self, text: Cow<'_, str>) -> Result<Vec<u8>, Reason> {
        if self.encoding == ContentEncoding::PlainText {
            return Ok(text.into_owned().into_bytes());
        }
        STANDARD.decode(text.as_bytes()).map_err(|error| {
            self.is_plain.set(self.undecided);
            format!(
                "it is not canonical Base64: {error}; if the file is plain text, say so with \
                 CaptureEncoding::PlainText"
            )
        })
    }

    /// Decodes what is not kept, for what it says of the file.
    pub(super) fn look_at(&self, text: Scalar<'_>) {
        if self.undecided
            && let Scalar::Text(text) = text
        {
            // Whether it is Base64 is all that is asked.
            let _ = self.decode(text);
        }
    }

    /// Whether all was read in vain, since the file is plain text.
    pub(super) fn is_plain(&self) -> bool {
        self.is_plain.get()
    }
}

/// What a reader needs from outside.
pub(super) struct Context<'a> {
    pub(super) options: &'a ImportOptions,
    pub(super) now: Timestamp,
    pub(super) decoding: Decoding,
}

impl Capture {
    /// Reads a file whose records get the time `now` where they have none.
    ///
    /// Usually in one pass. One that meets a text which is not Base64 begins again as plain text;
    /// one that meets what is no JSON begins again with each record apart, since a string that
    /// serde_json cannot hold (half of a surrogate pair, say) spoils only its own record.
    pub(crate) fn read(
        bytes: &[u8],
        options: &ImportOptions,
        now: Timestamp,
    ) -> Result<Self, Error> {
        // All at once is cheaper than string by string.
        let text = std::str::from_utf8(bytes).map_err(|error| {
            Error::capture(format!(
                "it is not JSON: {error}; give the response body as it was received"
            ))
        })?;
        let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
        let mut encoding = match options.encoding {
            CaptureEncoding::PlainText => ContentEncoding::PlainText,
            CaptureEncoding::Auto | CaptureEncoding::Base64 => ContentEncoding::Base64,
        };
        let mut apart = false;
        loop {
            let undecided =
                options.encoding == CaptureEncoding::Auto && encoding == ContentEncoding::Base64;
            let decoding = Decoding { encoding, undecided, is_plain: Cell::new(false) };
            let context = Context { options, now, decoding };
            let mut file = File::new(&context, apart);
            let mut json = serde_json::Deserializer::from_str(text);
            let read = AsObject(&mut file).deserialize(&mut json).and_then(|()| json.end());
            match read {
                Ok(()) => return file.finish(),
                Err(_) if context.decoding.is_plain() => encoding = ContentEncoding::PlainText,
                Err(_) if !apart => apart = true,
                Err(error) => {
                    return Err(Error::capture(format!(
                        "it is not JSON: {error}; give the response body as it was received"
                    )));
                }
            }
        }
    }
}

/// The keys beside the list that every response has.
const USUAL_KEYS: [&str; 5] = ["RequestId", "PageNumber", "PageSize", "TotalCount", "NextToken"];

/// The top level.
struct File<'a, 'de> {
    list: InvocationList<'a>,
    /// What the lists stand in stood there so often.
    lists: usize,
    /// Where something of the wrong type stands, and what it is.
    misplaced: Option<String>,
    others: Vec<(Cow<'de, str>, &'de RawValue)>,
}

impl<'a> File<'a, '_> {
    fn new(context: &'a Context<'a>, apart: bool) -> Self {
        let list = InvocationList {
            context,
            apart,
            next: 0,
            invocations: Vec::new(),
            positions: Vec::new(),
            differences: Vec::new(),
            refusals: Vec::new(),
        };
        File { list, lists: 0, misplaced: None, others: Vec::new() }
    }

    fn finish(self) -> Result<Capture, Error> {
        if self.lists != 1 || self.misplaced.is_some() {
            return Err(Error::capture(self.what_it_is()));
        }
        let mut differences: Vec<_> = self
            .others
            .into_iter()
            .map(|(key, value)| Difference {
                position: None,
                invoke_id: "".into(),
                instance: None,
                field: Cow::Owned(key.into_owned()),
                kind: DifferenceKind::Unknown,
                captured: Some(value.get().to_owned()),
                answered: None,
            })
            .collect();
        let mut list = self.list;
        differences.append(&mut list.differences);
        list.invocations.reverse();
        list.positions.reverse();
        Ok(Capture {
            encoding: list.context.decoding.encoding,
            invocations: list.invocations,
            positions: list.positions,
            differences,
            refusals: list.refusals,
        })
    }

    fn what_it_is(&self) -> String {
        let other = |name: &str| self.others.iter().find(|(key, _)| key == name);
        if let Some(misplaced) = &self.misplaced {
            return misplaced.clone();
        }
        if self.lists > 1 {
            return "it has more than one Invocations.Invocation list".into();
        }
        if other("Invocation").is_some_and(|(_, raw)| raw.get().contains("\"InvocationResults\"")) {
            return "it is a DescribeInvocationResults response".into();
        }
        if let (Some((_, code)), Some(_)) = (other("Code"), other("Message")) {
            return format!("it is an error response, with the Code {}", code.get());
        }
        let keys: Vec<_> = self.others.iter().map(|(key, _)| format!("{key:?}")).take(8).collect();
        let keys = if keys.is_empty() { "none".to_owned() } else { keys.join(", ") };
        format!("it has no Invocations.Invocation list; other keys it has: {keys}")
    }
}

impl<'de> Object<'de> for File<'_, 'de> {
    fn entry<A: MapAccess<'de>>(
        &mut self,
        key: Cow<'de, str>,
        map: &mut A,
    ) -> Result<(), A::Error> {
        if USUAL_KEYS.contains(&&*key) {
            map.next_value::<IgnoredAny>()?;
        } else if key == "Invocations" {
            map.next_value_seed(AsObject(&mut Invocations(self)))?;
        } else {
            self.others.push((key, map.next_value()?));
        }
        Ok(())
    }

    fn instead(&mut self, found: Scalar<'de>) {
        self.misplaced = Some(format!("of its top level: {}", found.fault("an object")));
    }
}

/// What stands at `Invocations`.
struct Invocations<'f, 'a, 'de>(&'f mut File<'a, 'de>);

impl<'de> Object<'de> for Invocations<'_, '_, 'de> {
    fn entry<A: MapAccess<'de>>(
        &mut self,
        key: Cow<'de, str>,
        map: &mut A,
    ) -> Result<(), A::Error> {
        if key == "Invocation" {
            self.0.lists += 1;
            map.next_value_seed(AsList(&mut AnyList(self.0)))
        } else {
            let path = Cow::Owned(format!("Invocations.{key}"));
            self.0.others.push((path, map.next_value()?));
            Ok(())
        }
    }

    fn instead(&mut self, found: Scalar<'de>) {
        self.0.misplaced = Some(format!("of Invocations: {}", found.fault("an object")));
    }
}

/// What stands at `Invocations.Invocation`.
struct AnyList<'f, 'a, 'de>(&'f mut File<'a, 'de>);

impl<'de> List<'de> for AnyList<'_, '_, 'de> {
    fn item<A: SeqAccess<'de>>(&mut self, items: &mut A) -> Result<bool, A::Error> {
        self.0.list.item(items)
    }

    fn instead(&mut self, found: Scalar<'de>) {
        self.0.misplaced = Some(format!("of Invocations.Invocation: {}", found.fault("a list")));
    }
}

/// The records so far.
struct InvocationList<'a> {
    context: &'a Context<'a>,
    /// Each record is cut out before it is read.
    apart: bool,
    /// The position of the next record.
    next: usize,
    invocations: Vec<Invocation>,
    positions: Vec<usize>,
    differences: Vec<Difference>,
    refusals: Vec<Refusal>,
}

impl InvocationList<'_> {
    fn item<'de, A: SeqAccess<'de>>(&mut self, items: &mut A) -> Result<bool, A::Error> {
        let mut record = Record::new(self.context);
        let there = if self.apart {
            let raw = items.next_element::<&RawValue>()?;
            if let Some(raw) = raw {
                let mut json = serde_json::Deserializer::from_str(raw.get());
                if let Err(error) = AsObject(&mut record).deserialize(&mut json) {
                    spoilt::refuse(&mut record, raw, &error.to_string());
                }
            }
            raw.is_some()
        } else {
            items.next_element_seed(AsObject(&mut record))?.is_some()
        };
        if self.context.decoding.is_plain() {
            return Err(A::Error::custom("plain text"));
        }
        if there {
            self.push(record);
        }
        Ok(there)
    }

    fn push(&mut self, mut record: Record<'_, '_>) {
        let position = self.next;
        self.next += 1;
        match record.complete() {
            Ok(()) => {
                compare(&record, position, &mut self.differences);
                self.invocations.push(record.invocation);
                self.positions.push(position);
            }
            Err(error) => {
                let invoke_id = record.invocation.invoke_id;
                self.refusals.push(Refusal::new(position, invoke_id, error));
            }
        }
    }
}
