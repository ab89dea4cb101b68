//! Checks after every operation that may have changed the store.

use std::collections::{BTreeMap, BTreeSet};

use proptest::test_runner::TestCaseError;
use serde_json::Value;

use super::compare::{body, same};
use super::{Check, Machine};
use crate::strategy::pools::invoke_id;

impl Machine<'_> {
    pub(super) fn check_state(&mut self) -> Check {
        let store = &self.store;
        store.internal_validate().map_err(TestCaseError::fail)?;
        same("the time", store.now(), self.now())?;
        let list = self.model.list();
        same("the length", store.len(), list.len())?;
        same("being empty", store.is_empty(), list.is_empty())?;
        if !store.iter().map(|record| record.invoke_id()).eq(list.iter().map(String::as_str)) {
            let ids: Vec<&str> = store.iter().map(|record| record.invoke_id()).collect();
            return Err(TestCaseError::fail(format!("the list {ids:?}, the model's {list:?}")));
        }
        let backwards = store.iter().rev().map(|record| record.invoke_id());
        same("the list backwards", backwards.eq(list.iter().rev().map(String::as_str)), true)?;

        let statistics = store.statistics();
        same("records", statistics.records, list.len())?;
        same("dropped history", statistics.history_dropped, self.model.history_dropped())?;
        let dropped = self.model.output_dropped();
        same("dropped output", statistics.output_bytes_dropped, dropped)?;
        self.check_subscribers()?;
        let regions = self.known.values().map(|known| known.region.as_str());
        for region in regions.collect::<BTreeSet<_>>() {
            let totals = store.totals_by_status(region).into_iter();
            let totals: BTreeMap<_, _> =
                totals.map(|(status, total)| (status.as_str(), total)).collect();
            same(format!("the totals of {region}"), totals, self.model.totals_by_status(region))?;
        }
        let gone = statistics.evicted + statistics.expired + statistics.not_retained;
        let accounted = statistics.records as u64 + gone + self.removed;
        same("accepted records and what became of them", accounted, self.accepted)?;

        let some = invoke_id((self.steps * 7 % 251) as u8);
        self.check_record(&some, &list)?;
        if let Some(some) = list.get(self.steps % list.len().max(1)) {
            self.check_record(some, &list)?;
        }
        Ok(())
    }

    /// One record by its id.
    fn check_record(&self, invoke_id: &str, list: &[String]) -> Check {
        let view = self.store.get(invoke_id);
        same(invoke_id, view.is_some(), list.iter().any(|id| id == invoke_id))?;
        let (Some(view), Some(known)) = (view, self.known.get(invoke_id)) else { return Ok(()) };
        same("RegionId", view.region_id(), &known.region)?;
        same("ResourceGroupId", view.resource_group_id(), &known.group)?;
        let pairs = [
            ("RegionId", known.region.as_str()),
            ("InvokeId", invoke_id),
            ("IncludeOutput", "true"),
        ];
        let pairs = pairs.map(|(name, value)| (name.to_owned(), value.to_owned()));
        // A region that requests may not name has no answer to compare with.
        let Ok(answer) = self.model.describe_invocations(&pairs) else { return Ok(()) };
        let row = answer.body.pointer("/Invocations/Invocation/0").unwrap_or(&Value::Null);
        let view =
            serde_json::to_value(view).map_err(|error| TestCaseError::fail(error.to_string()))?;
        body(invoke_id, &view, row)
    }
}
