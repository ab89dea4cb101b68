//! The counts of a run. A plain run fails if one of them stays at zero.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::ops::Op;
use crate::filters::{INVOCATIONS, Kind, RESULTS, filters};

/// Every error code of a store.
const CODES: &[&str] = &[
    "MissingParameter.RegionId",
    "InvalidRegionId.NotFound",
    "RegionId.ApiNotSupported",
    "NumberExceed.Tags",
    "MissingParameter.TagKey",
    "InvalidTagKey.Malformed",
    "InvalidTagValue.Malformed",
    "Duplicate.TagKey",
    "InvalidParam.PageNumber",
    "InvalidParam.PageSize",
    "InvalidParameter.MaxResults",
    "InvalidParameter.CommandType",
    "InvalidParameter.RepeatMode",
    "InvalidParameter.InvokeStatus",
    "InvalidParameter.InvokeRecordStatus",
    "InvalidParameter.ContentEncoding",
    "InvalidParameter.Timed",
    "InvalidParameter.IncludeOutput",
    "InvalidParameter.IncludeHistory",
    "MissingParameter.InvokeId",
    "InvalidParameter.NextToken",
    "InvalidInvokeId.NotFound",
    "InvalidInstance.NotFound",
    "InvalidParameter.InvocationStatus",
    "Duplicate.InvokeId",
    "Duplicate.InstanceId",
    "MissingParameter.CommandId",
    "MissingParameter.InstanceId",
    "InvalidParameter.RegionId",
    "InvalidParameter.ResourceGroupId",
    "InvalidParameter.InvokeId",
    "InvalidParameter.CommandId",
    "InvalidParameter.CommandName",
    "InvalidParameter.CommandDescription",
    "InvalidParameter.CommandContent",
    "InvalidParameter.Parameters",
    "InvalidParameter.Frequency",
    "InvalidParameter.Timeout",
    "InvalidParameter.WorkingDir",
    "InvalidParameter.Username",
    "InvalidParameter.ContainerId",
    "InvalidParameter.ContainerName",
    "InvalidParameter.Launcher",
    "InvalidParameter.TerminationMode",
    "InvalidParameter.OssOutputDelivery",
    "InvalidParameter.InstanceId",
    "InvalidParameter.ErrorCode",
    "InvalidParameter.ErrorInfo",
    "InvalidParameter.OssOutputStatus",
    "InvalidParameter.OssOutputUri",
    "InvalidParameter.OssOutputErrorCode",
    "InvalidParameter.OssOutputErrorInfo",
];

/// The filters of an operation, as [`Coverage::filter`] counts them.
pub(crate) fn filter_names(operation: &'static str) -> impl Iterator<Item = &'static str> {
    filters(operation).map(|filter| match filter.kind {
        Kind::TagKey => "Tag.N.Key",
        Kind::TagValue => "Tag.N.Value",
        _ => filter.name,
    })
}

/// The number of requests in which a filter excluded rows, and in which it left some.
#[derive(Clone, Copy, Default, Debug)]
struct Effect {
    excluded: u64,
    matched: u64,
}

/// The counts of a run.
#[derive(Default, Debug)]
pub(crate) struct Coverage {
    pub(crate) cases: u64,
    pub(crate) queries: u64,
    pub(crate) rows: u64,
    pub(crate) history_rows: u64,
    /// Walks begun, walks finished, and pages after the first.
    pub(crate) walks: u64,
    pub(crate) ended_walks: u64,
    pub(crate) capped_walks: u64,
    pub(crate) pages: u64,
    /// Further pages: after a write, with a token whose record was removed, after a restore, and
    /// with another size than the page before.
    pub(crate) written_pages: u64,
    pub(crate) pages_behind_nothing: u64,
    pub(crate) pages_restored: u64,
    pub(crate) pages_resized: u64,
    pub(crate) retained: u64,
    pub(crate) not_retained: u64,
    pub(crate) evicted: u64,
    pub(crate) expired: u64,
    pub(crate) history_dropped: u64,
    pub(crate) output_dropped: u64,
    /// Records in restored stores, and records that the limits of those stores left out.
    pub(crate) restored: u64,
    pub(crate) left_behind: u64,
    /// Restores of an earlier archive that undid writes.
    pub(crate) taken_back: u64,
    /// Events that were read, that were missed, and that were read after the store was dropped.
    pub(crate) events: u64,
    pub(crate) missed_events: u64,
    pub(crate) events_after_the_end: u64,
    /// Subscriptions whose store was dropped.
    pub(crate) closed: u64,
    ops: BTreeMap<&'static str, u64>,
    errors: BTreeMap<String, u64>,
    filters: BTreeMap<(&'static str, &'static str), Effect>,
}

impl Coverage {
    pub(crate) fn op(&mut self, kind: &'static str) {
        *self.ops.entry(kind).or_default() += 1;
    }

    pub(crate) fn error(&mut self, code: &str) {
        *self.errors.entry(code.to_owned()).or_default() += 1;
    }

    pub(crate) fn filter(
        &mut self,
        operation: &'static str,
        name: &'static str,
        excluded: bool,
        matched: bool,
    ) {
        let effect = self.filters.entry((operation, name)).or_default();
        effect.excluded += u64::from(excluded);
        effect.matched += u64::from(matched);
    }

    /// The counts in one line.
    pub(crate) fn summary(&self) -> String {
        let ops: u64 = self.ops.values().sum();
        let errors: u64 = self.errors.values().sum();
        format!(
            "{} cases, {ops} operations, {} queries with {} rows ({} of histories), {errors} \
             errors of {} codes; {} walks, {} to their end ({} at the limit of tags), {} further \
             pages, {} of them after writes, {} behind a record that was gone, {} of a restored \
             store; {} records retained, {} not, {} evicted, {} expired, {} history records and \
             {} bytes of output dropped; restored stores began with {} records, {} were left out; \
             {} events read, {} missed",
            self.cases,
            self.queries,
            self.rows,
            self.history_rows,
            self.errors.len(),
            self.walks,
            self.ended_walks,
            self.capped_walks,
            self.pages,
            self.written_pages,
            self.pages_behind_nothing,
            self.pages_restored,
            self.retained,
            self.not_retained,
            self.evicted,
            self.expired,
            self.history_dropped,
            self.output_dropped,
            self.restored,
            self.left_behind,
            self.events,
            self.missed_events,
        )
    }

    /// The counts that are zero, one a line.
    pub(crate) fn missing(&self) -> String {
        let mut missing = String::new();
        for kind in Op::KINDS.iter().filter(|kind| !self.ops.contains_key(*kind)) {
            let _ = writeln!(missing, "operation {kind}");
        }
        for code in CODES.iter().filter(|code| !self.errors.contains_key(**code)) {
            let _ = writeln!(missing, "error {code}");
        }
        for operation in [INVOCATIONS, RESULTS] {
            for name in filter_names(operation) {
                let effect = self.filters.get(&(operation, name)).copied().unwrap_or_default();
                if effect.excluded == 0 || effect.matched == 0 {
                    let _ = writeln!(missing, "{operation} {name}: {effect:?}");
                }
            }
        }
        for (what, count) in [
            ("a row", self.rows),
            ("a row of a history", self.history_rows),
            ("a walk to its end", self.ended_walks),
            ("a walk to the limit of tags", self.capped_walks),
            ("a record not retained", self.not_retained),
            ("an evicted record", self.evicted),
            ("an expired record", self.expired),
            ("a dropped history record", self.history_dropped),
            ("dropped output", self.output_dropped),
            ("a page behind a record that was gone", self.pages_behind_nothing),
            ("a page of a restored store", self.pages_restored),
            ("a page of another size", self.pages_resized),
            ("a record in a restored store", self.restored),
            ("a record that a restored store left out", self.left_behind),
            ("a write that was taken back", self.taken_back),
            ("an event", self.events),
            ("a missed event", self.missed_events),
            ("a subscription without a store", self.closed),
            ("an event read after the store was gone", self.events_after_the_end),
            ("a write before every further page", u64::from(self.written_pages == self.pages)),
        ] {
            if count == 0 {
                let _ = writeln!(missing, "{what}");
            }
        }
        missing
    }

    /// The count of each filter and each error, one a line.
    pub(crate) fn details(&self) -> String {
        let mut details = String::new();
        for ((operation, name), Effect { excluded, matched }) in &self.filters {
            let _ = writeln!(details, "{operation} {name}: excluded {excluded}, matched {matched}");
        }
        for (kind, count) in &self.ops {
            let _ = writeln!(details, "{kind}: {count}");
        }
        for (code, count) in &self.errors {
            let _ = writeln!(details, "{code}: {count}");
        }
        details
    }
}
