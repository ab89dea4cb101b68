//! The indexed columns, and the keys under which a record is indexed.

use super::interned::ValueId;
use crate::model::Invocation;

/// An indexed column. A column and a value in it identify a posting list. The columns of single texts
/// come first, see [`TEXTS`](Self::TEXTS).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[repr(u8)]
pub(crate) enum IndexedColumn {
    Region,
    ResourceGroup,
    CommandId,
    CommandName,
    Instance,
    TagKey,
    /// Region and Timed together, see [`region_timed`]: nearly every request names both.
    RegionTimed,
    CommandType,
    RepeatMode,
    /// The values of InvokeStatus that match the record's overall statuses.
    Status,
    /// The values of InvokeRecordStatus that match at least one of its runs.
    RunStatus,
    TagPair,
}

impl IndexedColumn {
    pub(crate) const COUNT: usize = Self::TagPair as usize + 1;

    /// The columns of single texts. Their values are interned texts, which the table holds by column.
    pub(crate) const TEXTS: [Self; 6] = [
        Self::Region,
        Self::ResourceGroup,
        Self::CommandId,
        Self::CommandName,
        Self::Instance,
        Self::TagKey,
    ];
}

const _: () = {
    let texts = IndexedColumn::TEXTS;
    assert!(texts.len() == IndexedColumn::RegionTimed as usize, "TEXTS ends before RegionTimed");
    let mut at = 0;
    while at < texts.len() {
        assert!(texts[at] as usize == at, "TEXTS is in the order of the columns");
        at += 1;
    }
};

/// A text of the run settings that has an index.
pub(super) struct IndexedSetting {
    pub(super) column: IndexedColumn,
    /// The text of a record in the column.
    pub(super) text: fn(&Invocation) -> &str,
}

/// All such texts.
pub(super) const INDEXED_SETTINGS: [IndexedSetting; 1] =
    [IndexedSetting { column: IndexedColumn::CommandId, text: |record| &record.command_id }];

/// The key of a posting list: a column and a value in it, which is an interned id or the
/// discriminant of a closed set.
pub(crate) type IndexKey = (IndexedColumn, u32);

/// The value of [`IndexedColumn::RegionTimed`].
pub(crate) fn region_timed(region: ValueId, timed: bool) -> u32 {
    2 * region + u32::from(timed)
}
