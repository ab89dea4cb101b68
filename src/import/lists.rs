//! Opens the lists of a body or a record, which stand in wrappers, and reads tags.

use std::borrow::Cow;

use super::fields::Reader;
use super::json::{Json, Opened, Reason, Shape, is_named};
use super::object::Object;
use super::report::{Difference, DifferenceKind};
use crate::limits;
use crate::model::Tag;

/// Keys along the way to a list that are left out, with their paths and values.
pub(super) type Unknown<'de> = Vec<(Cow<'de, str>, Json<'de>)>;

/// The items of the list at the end of `path` below the value `value` at `place`; `None` when there
/// is no list, or `null` in its place. An SDK prints the list without its last wrapper.
pub(super) fn open_list<'de>(
    place: &str,
    mut value: Opened<'de>,
    path: &[&'static str],
    unknown: &mut Unknown<'de>,
    reader: &mut Reader,
) -> Result<Option<Vec<Json<'de>>>, Reason> {
    let mut place = place.to_owned();
    for (step, name) in path.iter().enumerate() {
        let entries = match value {
            Opened::Object(entries) => entries,
            Opened::List(items) if step + 1 == path.len() => {
                let captured = Some("a list".to_owned());
                let answered = Some(format!("an object with the list {name}"));
                let form = DifferenceKind::Form;
                let form = Difference::new(reader.run, place, form, captured, answered);
                reader.differences.push(form);
                return Ok(Some(items));
            }
            Opened::Scalar("null") => return Ok(None),
            other => return Err(format!("of {place}: {}", other.fault("an object"))),
        };
        let mut found = None;
        for (key, value) in entries {
            let key = key.map_err(|reason| format!("a key of {place}: {reason}"))?;
            if is_named(&key, name) {
                reader.note_key(&key, name);
                if found.replace(value).is_some() {
                    return Err(format!("{place}.{name} is given twice"));
                }
            } else if let Opened::Unread(json) = value {
                unknown.push((format!("{place}.{key}").into(), json));
            }
        }
        let Some(next) = found else { return Ok(None) };
        value = next;
        place = format!("{place}.{name}");
    }
    match value {
        Opened::List(items) => Ok(Some(items)),
        Opened::Scalar("null") => Ok(None),
        other => Err(format!("of {place}: {}", other.fault("a list"))),
    }
}

/// The items of the list `wrapper.item` of a record, such as `Tags.Tag`.
pub(super) fn items_of<'de>(
    wrapper: &'static str,
    item: &'static str,
    object: &mut Object<'de>,
    reader: &mut Reader,
) -> Vec<Json<'de>> {
    let Some(at) = object.lists.iter().position(|(name, _)| *name == wrapper) else {
        return Vec::new();
    };
    let (_, value) = object.lists.swap_remove(at);
    match open_list(wrapper, value, &[item], &mut object.unknown, reader) {
        Ok(Some(items)) => return items,
        Ok(None) => object.unset(wrapper),
        Err(reason) => reader.refuse(wrapper, reason),
    }
    Vec::new()
}

/// Reads `Tags`. Notes the tags without a TagValue, which have an empty one.
pub(super) fn read_tags(object: &mut Object<'_>, reader: &mut Reader) -> Vec<Tag> {
    let items = items_of("Tags", "Tag", object, reader);
    let mut tags = Vec::new();
    // One tag above the limit is enough to refuse the record.
    for (at, item) in items.into_iter().take(limits::TAGS + 1).enumerate() {
        match read_tag(at, item, object, reader) {
            Ok(tag) => tags.push(tag),
            Err(reason) => reader.refuse("Tags", reason),
        }
    }
    tags
}

fn read_tag<'de>(
    at: usize,
    item: Json<'de>,
    object: &mut Object<'de>,
    reader: &mut Reader,
) -> Result<Tag, Reason> {
    let fault = |reason| format!("Tags.Tag[{at}]: {reason}");
    let mut texts = [("TagKey", None), ("TagValue", None)];
    for (key, value) in Opened::object(item, &Shape(&[])).map_err(fault)? {
        let key = key.map_err(fault)?;
        let Opened::Unread(value) = value else { continue };
        let Some((name, text)) = texts.iter_mut().find(|(name, _)| is_named(&key, name)) else {
            object.unknown.push((format!("Tags.Tag[{at}].{key}").into(), value));
            continue;
        };
        reader.note_key(&key, name);
        if value.is_null() {
            continue;
        }
        let fault = |reason| format!("Tags.Tag[{at}].{key}: {reason}");
        if text.replace(value.string().map_err(fault)?).is_some() {
            return Err(fault("given twice, allowed once".into()));
        }
    }
    let [(_, key), (_, value)] = texts;
    if value.is_none() {
        let field = format!("Tags.Tag[{at}].TagValue");
        let (kind, answered) = (DifferenceKind::Omitted, Some(String::new()));
        reader.differences.push(Difference::new(None, field, kind, None, answered));
    }
    Ok(Tag { key: key.unwrap_or_default(), value: value.unwrap_or_default() })
}
