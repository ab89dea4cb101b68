//! The places from which pages are asked: head, middle and end of the list.
//!
//! A token depends on a key, the filters and the store's id, not on the records. A store of two
//! records that match the filters can therefore make a token for any place.

use invodex::{
    Config, DescribeInvocations, InstanceRun, Invocation, InvocationStatus, RepeatMode, Store, Tag,
    Timestamp,
};

use invodex_testkit::model::Overall;

use super::Key;
use super::wanted::Wanted;

/// A place, and the token that leads to it.
#[derive(Clone, Debug)]
pub struct Place {
    pub name: &'static str,
    /// The last row before it, if any.
    pub after: Option<Key>,
    /// The number of rows that a query with tags has returned before it.
    pub returned: usize,
    pub token: Option<String>,
}

/// The head of the list.
pub const HEAD: Place = Place { name: "head", after: None, returned: 0, token: None };

/// The number of rows behind the place named end, in a list of `count` records.
pub fn rows_at_end(count: usize) -> usize {
    count.div_ceil(64)
}

/// Head, middle and end. Only the head if no two records can match the filters, because there is no
/// token then.
pub fn places(
    pairs: &[(String, String)],
    middle: Timestamp,
    end: Timestamp,
    now: Timestamp,
) -> Vec<Place> {
    let mut places = vec![HEAD];
    for (name, time) in [("middle", middle), ("end", end)] {
        places.extend(place(pairs, name, time, now));
    }
    places
}

/// The place in front of all records older than `time`.
fn place(
    pairs: &[(String, String)],
    name: &'static str,
    time: Timestamp,
    now: Timestamp,
) -> Option<Place> {
    let wanted = Wanted::from_pairs(pairs);
    if wanted.invoke_id.is_some() {
        return None;
    }
    let mut store = Store::new(Config::default(), now);
    for invoke_id in ["t-1", "t-2"] {
        let accepted = store.accept(&example(&wanted, invoke_id, time)?).ok()?;
        if !accepted.retained {
            return None;
        }
    }
    let request = DescribeInvocations::from_pairs(pairs.iter().map(|(k, v)| (k, v)));
    let page = store.describe_invocations(&request.max_results(1)).ok()?;
    let token = page.next_token()?.as_str().to_owned();
    let returned = if wanted.tags.is_empty() { 0 } else { 1 };
    // Among records with the same time, the one accepted later comes first.
    Some(Place { name, after: Some((time, 2)), returned, token: Some(token) })
}

/// A record that matches the filters, if there can be one.
fn example(wanted: &Wanted, invoke_id: &str, time: Timestamp) -> Option<Invocation> {
    let or = |text: &Option<String>, other: &str| text.clone().unwrap_or_else(|| other.into());
    let mut record =
        Invocation::new(wanted.region_id.as_str(), invoke_id, or(&wanted.command_id, "c-1"));
    record.creation_time = Some(time);
    record.resource_group_id = or(&wanted.resource_group_id, "");
    record.command_name = or(&wanted.command_name, "");
    record.command_type = wanted.command_type.unwrap_or(record.command_type);
    for (key, value) in &wanted.tags {
        record.tags.push(Tag::new(key.as_str(), or(value, "")));
    }
    record.instances.push(InstanceRun::new(or(&wanted.instance_id, "i-1")));
    record.instances.push(InstanceRun::new("i-2"));
    let modes = [RepeatMode::Once, RepeatMode::Period, RepeatMode::NextRebootOnly];
    let modes = wanted.repeat_mode.map_or(modes.to_vec(), |mode| vec![mode]);
    for mode in modes {
        for &first in InvocationStatus::ALL {
            for &second in InvocationStatus::ALL {
                record.repeat_mode = mode;
                record.instances[0].invocation_status = first;
                record.instances[1].invocation_status = second;
                let overall = Overall::of(&record);
                if wanted.timed.is_none_or(|timed| timed == overall.timed)
                    && wanted.status.as_ref().is_none_or(|status| overall.is(status))
                {
                    return Some(record);
                }
            }
        }
    }
    None
}
