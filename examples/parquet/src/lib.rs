//! Hands the records of an `invodex` store over to the engines that read Parquet: DuckDB, DataFusion,
//! Spark.
//!
//! [`export`] writes a store to a data set of two tables, `invocations` and `runs`, partitioned by
//! region and by the day of creation. [`from_archive`] and [`from_captures`] load a store that keeps
//! everything, to be exported. The command `invodex-parquet` does the same for files.
//!
//! The README has the views that answer the API's filters, and says when to hand records over. The
//! schema is in `schema.md`; [`Table::columns`] lists it.

mod batch;
mod column;
mod dataset;
mod day;
mod error;
mod export;
mod input;
mod invocations;
mod layout;
mod read;
mod record;
mod runs;
mod write;

pub use column::{Column, Kind};
pub use dataset::check_directory;
pub use error::Error;
pub use export::{Progress, Summary, export};
pub use input::{from_archive, from_captures};
pub use layout::Table;
