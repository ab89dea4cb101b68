//! Roaring bitmaps alone: one set for each value of each column. The sets of a request are ANDed,
//! the smallest first, and the page is read back from its position.

use std::collections::HashMap;

use roaring::RoaringBitmap;

use crate::record::Record;
use crate::request::{Found, Query};
use crate::support::Key;

type Sets = HashMap<String, RoaringBitmap>;

#[derive(Default)]
pub struct Roaring {
    keys: Vec<Key>,
    region: Sets,
    timed: [RoaringBitmap; 2],
    group: Sets,
    invoke_id: HashMap<String, u32>,
    command_id: Sets,
    command_name: Sets,
    command_type: Sets,
    repeat_mode: Sets,
    status: Sets,
    instance: Sets,
    tag_key: Sets,
    tag_pair: HashMap<String, Sets>,
}

fn add(sets: &mut Sets, value: &str, row: u32) {
    match sets.get_mut(value) {
        Some(set) => set.insert(row),
        None => sets.entry(value.to_owned()).or_default().insert(row),
    };
}

impl Roaring {
    /// Takes the records in list order, from the oldest.
    pub fn new(records: &[Record]) -> Self {
        let mut index = Roaring::default();
        for (row, record) in records.iter().enumerate() {
            let row = row as u32;
            index.keys.push(record.key);
            add(&mut index.region, &record.region_id, row);
            index.timed[usize::from(record.timed)].insert(row);
            add(&mut index.group, &record.resource_group_id, row);
            index.invoke_id.insert(record.invoke_id.clone(), row);
            add(&mut index.command_id, &record.command_id, row);
            add(&mut index.command_name, &record.command_name, row);
            add(&mut index.command_type, record.command_type.as_str(), row);
            add(&mut index.repeat_mode, record.repeat_mode.as_str(), row);
            add(&mut index.status, record.invocation_status.as_str(), row);
            add(&mut index.status, record.invoke_status.as_str(), row);
            for run in &record.invoke_instances.invoke_instance {
                add(&mut index.instance, &run.instance_id, row);
            }
            for tag in &record.tags.tag {
                add(&mut index.tag_key, &tag.tag_key, row);
                let values = index.tag_pair.entry(tag.tag_key.clone()).or_default();
                add(values, &tag.tag_value, row);
            }
        }
        index
    }

    /// The sets of a request's filters, the smallest first. `None` when a value is unknown.
    fn sets(&self, query: &Query) -> Option<Vec<&RoaringBitmap>> {
        let wanted = &query.wanted;
        let mut sets = vec![self.region.get(&wanted.region_id)?];
        sets.extend(wanted.timed.map(|timed| &self.timed[usize::from(timed)]));
        let texts = [
            (&self.group, wanted.resource_group_id.as_deref()),
            (&self.command_id, wanted.command_id.as_deref()),
            (&self.command_name, wanted.command_name.as_deref()),
            (&self.command_type, wanted.command_type.map(|value| value.as_str())),
            (&self.repeat_mode, wanted.repeat_mode.map(|value| value.as_str())),
            (&self.status, wanted.status.as_deref()),
            (&self.instance, wanted.instance_id.as_deref()),
        ];
        for (column, value) in texts {
            if let Some(value) = value {
                sets.push(column.get(value)?);
            }
        }
        for (key, value) in &wanted.tags {
            sets.push(match value {
                None => self.tag_key.get(key)?,
                Some(value) => self.tag_pair.get(key)?.get(value)?,
            });
        }
        sets.sort_unstable_by_key(|set| set.len());
        Some(sets)
    }

    pub fn find(&self, query: &Query) -> Found {
        let Some(sets) = self.sets(query) else { return Found::default() };
        let below = match query.after {
            None => self.keys.len(),
            Some(after) => self.keys.partition_point(|&key| key < after),
        } as u32;
        if let Some(invoke_id) = &query.wanted.invoke_id {
            let row = self.invoke_id.get(invoke_id).copied();
            let row = row.filter(|&row| row < below && sets.iter().all(|set| set.contains(row)));
            return Found { rows: row.into_iter().collect(), more: false };
        }
        let both: RoaringBitmap;
        let matches = match *sets.as_slice() {
            [] => return Found::default(),
            [one] => one,
            [first, second, ref others @ ..] => {
                both = others.iter().fold(first & second, |mut both, set| {
                    both &= *set;
                    both
                });
                &both
            }
        };
        let most = query.rows();
        let mut behind = matches.range(..below).rev();
        let rows: Vec<u32> = behind.by_ref().take(most).collect();
        let more = behind.next().is_some() && query.may_go_on(rows.len());
        Found { rows, more }
    }

    pub fn total(&self, query: &Query) -> u64 {
        let Some(sets) = self.sets(query) else { return 0 };
        if query.wanted.invoke_id.is_some() {
            return self.find(query).rows.len() as u64;
        }
        query.reach(match *sets.as_slice() {
            [] => 0,
            [one] => one.len(),
            [first, second] => first.intersection_len(second),
            [first, second, ref others @ .., last] => {
                let all = others.iter().fold(first & second, |mut all, set| {
                    all &= *set;
                    all
                });
                all.intersection_len(last)
            }
        })
    }
}
