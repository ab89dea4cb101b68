//! The indexed columns, and the keys under which a record is indexed.

use super::interned::ValueId;

/// An indexed column. A column and a value in it identify a posting list.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub(crate) enum IndexedColumn {
    Region,
    /// Region and Timed together, see [`region_timed`]: nearly every request names both.
    RegionTimed,
    ResourceGroup,
    CommandId,
    CommandName,
    CommandType,
    RepeatMode,
    /// The values of InvokeStatus that match the record's overall statuses.
    Status,
    /// The values of InvokeRecordStatus that match at least one of its runs.
    RunStatus,
    Instance,
    TagKey,
    TagPair,
}

impl IndexedColumn {
    pub(crate) const COUNT: usize = Self::TagPair as usize + 1;
}

/// The key of a posting list: a column and a value in it, which is an interned id or the
/// discriminant of a closed set.
pub(crate) type IndexKey = (IndexedColumn, u32);

/// The value of [`IndexedColumn::RegionTimed`].
pub(crate) fn region_timed(region: ValueId, timed: bool) -> u32 {
    2 * region + u32::from(timed)
}
