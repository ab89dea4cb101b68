//! The counts of a run. A plain run fails if one of them stays at zero.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use invodex::{Invocation, OutputUpdate};

use crate::filters::{INVOCATIONS, Kind, RESULTS, filters};
use crate::strategy::Op;
use crate::strategy::pools::{CONTROLS, YEARS};

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
    "InvalidInstanceId.NotFound",
    "InstanceIds.ExceedLimit",
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
pub(super) fn filter_names(operation: &'static str) -> impl Iterator<Item = &'static str> {
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
pub struct Coverage {
    /// Cases that were run.
    pub cases: u64,
    pub(super) queries: u64,
    pub(super) rows: u64,
    pub(super) history_rows: u64,
    /// Walks begun, walks finished, and pages after the first.
    pub(super) walks: u64,
    pub(super) ended_walks: u64,
    pub(super) capped_walks: u64,
    pub(super) pages: u64,
    /// Further pages: after a write, with a token whose record was removed, after a restore, and
    /// with another size than the page before.
    pub(super) written_pages: u64,
    pub(super) pages_behind_nothing: u64,
    pub(super) pages_restored: u64,
    pub(super) pages_resized: u64,
    pub(super) retained: u64,
    pub(super) not_retained: u64,
    pub(super) evicted: u64,
    pub(super) expired: u64,
    pub(super) history_dropped: u64,
    pub(super) output_dropped: u64,
    /// Outputs of one-time tasks that came in pieces and lost their middle.
    pub(super) middles_cut: u64,
    /// Records in restored stores, and records that the limits of those stores left out.
    pub(super) restored: u64,
    pub(super) left_behind: u64,
    /// Restores of an earlier archive that undid writes.
    pub(super) taken_back: u64,
    /// Events that were read, that were missed, and that were read after the store was dropped.
    pub(super) events: u64,
    pub(super) missed_events: u64,
    pub(super) events_after_the_end: u64,
    /// Subscriptions whose store was dropped.
    pub(super) closed: u64,
    /// Retained records with each control character in their texts.
    controls: BTreeMap<char, u64>,
    /// Runs of retained records with a StartTime in each year.
    years: BTreeMap<u32, u64>,
    /// Reports of output for a run that has lost bytes: whole outputs and pieces, each without and
    /// with a number for Dropped.
    reports: [u64; 4],
    ops: BTreeMap<&'static str, u64>,
    errors: BTreeMap<String, u64>,
    filters: BTreeMap<(&'static str, &'static str), Effect>,
}

impl Coverage {
    pub(super) fn op(&mut self, kind: &'static str) {
        *self.ops.entry(kind).or_default() += 1;
    }

    pub(super) fn error(&mut self, code: &str) {
        *self.errors.entry(code.to_owned()).or_default() += 1;
    }

    /// The number of errors with this code.
    pub(super) fn errors_of(&self, code: &str) -> u64 {
        self.errors.get(code).copied().unwrap_or(0)
    }

    pub(super) fn filter(
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

    /// Counts what is rare in a record that is retained.
    pub(super) fn record(&mut self, record: &Invocation) {
        if let Some(last) = record.invoke_id.chars().last().filter(|last| last.is_control()) {
            *self.controls.entry(last).or_default() += 1;
        }
        for time in record.instances.iter().filter_map(|run| run.start_time) {
            // The years begin within a day of these seconds, and the times are not near their ends.
            *self.years.entry(1970 + time.as_secs() / 31_556_952).or_default() += 1;
        }
    }

    /// Counts a report of output for a run that has lost bytes.
    pub(super) fn report(&mut self, output: &OutputUpdate, with_number: bool) {
        let is_piece = matches!(output, OutputUpdate::Append(_));
        self.reports[usize::from(is_piece) * 2 + usize::from(with_number)] += 1;
    }

    /// The counts in one line.
    pub fn summary(&self) -> String {
        let ops: u64 = self.ops.values().sum();
        let errors: u64 = self.errors.values().sum();
        format!(
            "{} cases, {ops} operations, {} queries with {} rows ({} of histories), {errors} \
             errors of {} codes; {} walks, {} to their end ({} at the limit of tags), {} further \
             pages, {} of them after writes, {} behind a record that was gone, {} of a restored \
             store; {} records retained, {} not, {} evicted, {} expired, {} history records and \
             {} bytes of output dropped, {} outputs cut in the middle; restored stores began with {} records, {} were left out; \
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
            self.middles_cut,
            self.restored,
            self.left_behind,
            self.events,
            self.missed_events,
        )
    }

    /// The counts that are zero, one a line.
    pub fn missing(&self) -> String {
        let mut missing = String::new();
        for kind in Op::KINDS.iter().filter(|kind| !self.ops.contains_key(*kind)) {
            let _ = writeln!(missing, "operation {kind}");
        }
        for code in CODES.iter().filter(|code| !self.errors.contains_key(**code)) {
            let _ = writeln!(missing, "error {code}");
        }
        let controls = (0..CONTROLS).map(char::from);
        for control in controls.filter(|control| !self.controls.contains_key(control)) {
            let _ = writeln!(missing, "a record with the control character {control:?}");
        }
        for year in (1970..1970 + u32::from(YEARS)).filter(|year| !self.years.contains_key(year)) {
            let _ = writeln!(missing, "a run that starts in {year}");
        }
        for (report, _) in self.reports.iter().enumerate().filter(|(_, count)| **count == 0) {
            let _ = writeln!(missing, "report {report} of output for a run that has lost bytes");
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
            ("an output cut in the middle", self.middles_cut),
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
    pub fn details(&self) -> String {
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
        let _ = writeln!(details, "control characters: {:?}", self.controls);
        let _ = writeln!(details, "years: {:?}", self.years);
        let _ = writeln!(details, "reports of output: {:?}", self.reports);
        details
    }
}
