//! A data set as captured responses, written as a stream: any system that reads JSON can be loaded
//! with it.

use std::io::{self, Write};

use invodex::{Config, DescribeInvocationResults, InvocationView, Store};
use serde::Serialize;

use super::Dataset;

/// The rows of a response, and the records that are in memory at one time.
const PAGE: usize = 50;

/// A row with the two keys that a response of the service lacks, as the request names them.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Row<'a> {
    region_id: &'a str,
    resource_group_id: &'a str,
    #[serde(flatten)]
    row: InvocationView<'a>,
}

impl Dataset {
    /// Writes the data set as responses of DescribeInvocations: one JSON object in each line, with
    /// up to 50 records, the newest first. Together they are one list over all regions, so every
    /// record also has the keys RegionId and ResourceGroupId, which an answer of the service leaves
    /// to its request. Texts are in Base64. An Output is there as with IncludeOutput; NextToken is
    /// "", because a token belongs to a store.
    ///
    /// [`Store::import`] reads it without a difference. Cost: about 30 us and 2,400 bytes a record,
    /// and the memory of 50 records.
    ///
    /// # Errors
    ///
    /// An error of `out`.
    ///
    /// # Examples
    ///
    /// ```
    /// use invodex::{ImportOptions, Store};
    /// use invodex_testkit::dataset::Dataset;
    ///
    /// let dataset = Dataset::of(1_000);
    /// let mut captured = Vec::new();
    /// dataset.write_captured(&mut captured)?;
    ///
    /// let mut store = Store::new(dataset.config(), dataset.clock());
    /// let report = store.import(&captured, &ImportOptions::new("cn-hangzhou"))?;
    /// assert_eq!((report.loaded, report.differences.len()), (1_000, 0));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn write_captured(&self, mut out: impl Write) -> io::Result<()> {
        let total = self.options.count;
        for (at, store) in self.captured_pages().enumerate() {
            let rows = store.iter().map(|row| Row {
                region_id: row.region_id(),
                resource_group_id: row.resource_group_id(),
                row,
            });
            let rows: Vec<_> = rows.collect();
            let page = at + 1;
            write!(out, "{{\"RequestId\":\"{}\",\"PageNumber\":{page},", request_id(1, page))?;
            write!(out, "\"PageSize\":{PAGE},\"TotalCount\":{total},\"NextToken\":\"\",")?;
            out.write_all(b"\"Invocations\":{\"Invocation\":")?;
            serde_json::to_writer(&mut out, &rows)?;
            out.write_all(b"}}\n")?;
        }
        Ok(())
    }

    /// Writes the runs of the data set as responses of DescribeInvocationResults: one JSON object in
    /// each line, with up to 50 runs, in the order of [`write_captured`](Self::write_captured). Such
    /// rows lack most of a record; [`Store::import_files`] reads both files together.
    ///
    /// Cost: about 30 us and 2,000 bytes a record, and the memory of 50 records.
    ///
    /// # Errors
    ///
    /// An error of `out`.
    pub fn write_captured_results(&self, mut out: impl Write) -> io::Result<()> {
        let mut rows = Vec::new();
        let mut page = 0;
        for store in self.captured_pages() {
            for record in store.iter() {
                let request = DescribeInvocationResults::new(record.region_id())
                    .invoke_id(record.invoke_id())
                    .max_results(PAGE as u32);
                let answer = store.describe_invocation_results(&request);
                let answer = answer.expect("the request has no value that can be refused");
                for row in answer.invocation_results() {
                    rows.push(serde_json::to_string(&row)?);
                    if rows.len() == PAGE {
                        page += 1;
                        write_results(&mut out, page, &rows)?;
                        rows.clear();
                    }
                }
            }
        }
        match rows.is_empty() {
            true => Ok(()),
            false => write_results(&mut out, page + 1, &rows),
        }
    }

    /// Stores of 50 records each, in list order. The last one may have fewer.
    fn captured_pages(&self) -> impl Iterator<Item = Store> {
        let mut listed = self.listed();
        core::iter::from_fn(move || {
            let mut batch: Vec<_> = listed.by_ref().take(PAGE).map(|k| self.record(k)).collect();
            if batch.is_empty() {
                return None;
            }
            batch.reverse();
            let mut store = Store::new(Config::default(), self.clock());
            for accepted in store.accept_batch(&batch) {
                assert!(accepted.is_ok_and(|accepted| accepted.retained), "a record is refused");
            }
            Some(store)
        })
    }
}

fn write_results(out: &mut impl Write, page: usize, rows: &[String]) -> io::Result<()> {
    write!(out, "{{\"RequestId\":\"{}\",\"Invocation\":{{", request_id(2, page))?;
    write!(out, "\"PageNumber\":{page},\"PageSize\":{PAGE},\"NextToken\":\"\",")?;
    writeln!(out, "\"InvocationResults\":{{\"InvocationResult\":[{}]}}}}}}", rows.join(","))
}

/// A RequestId of its own for each page.
fn request_id(operation: u32, page: usize) -> String {
    format!("DA7A5E70-{operation:04X}-4000-8000-{page:012X}")
}
