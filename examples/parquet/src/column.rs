//! Columns and their values. A table is declared once, as a list of columns, each with the value that
//! it takes from a row; schema, builders, digest and documentation follow from the list.

use std::sync::Arc;

use arrow_schema::{DataType, Field, Fields, Schema, TimeUnit};
use invodex::Timestamp;

/// The zone of every time.
pub(crate) const UTC: &str = "UTC";

/// A column of a table.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// The name: that of the API's field in snake_case, where there is one.
    pub name: &'static str,
    /// The type.
    pub kind: Kind,
    /// Whether a value may be NULL.
    pub nullable: bool,
    /// The meaning, in Markdown.
    pub doc: &'static str,
}

/// The type of a column.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// A text; an unset one is empty, as in the API.
    Text,
    /// One of a closed set of names, as a dictionary.
    Name,
    /// Bytes as they are, in no encoding.
    Binary,
    /// A truth value.
    Boolean,
    /// An integer of 32 bits.
    Int32,
    /// An integer of 64 bits.
    Int64,
    /// A time in UTC. The API has whole seconds; Parquet's coarsest unit is the millisecond.
    Time,
    /// Tags: a map from key to value.
    Tags,
}

impl Kind {
    /// The type as a Parquet file has it.
    #[must_use]
    pub fn parquet(self) -> &'static str {
        match self {
            Kind::Text => "STRING",
            Kind::Name => "STRING, dictionary",
            Kind::Binary => "BINARY",
            Kind::Boolean => "BOOLEAN",
            Kind::Int32 => "INT32",
            Kind::Int64 => "INT64",
            Kind::Time => "TIMESTAMP(MILLIS, UTC)",
            Kind::Tags => "MAP(STRING, STRING)",
        }
    }

    pub(crate) fn arrow(self) -> DataType {
        match self {
            Kind::Text => DataType::Utf8,
            Kind::Name => DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8)),
            Kind::Binary => DataType::Binary,
            Kind::Boolean => DataType::Boolean,
            Kind::Int32 => DataType::Int32,
            Kind::Int64 => DataType::Int64,
            Kind::Time => DataType::Timestamp(TimeUnit::Millisecond, Some(UTC.into())),
            Kind::Tags => {
                let entry = Fields::from(vec![
                    Field::new("key", DataType::Utf8, false),
                    Field::new("value", DataType::Utf8, false),
                ]);
                DataType::Map(
                    Arc::new(Field::new("key_value", DataType::Struct(entry), false)),
                    false,
                )
            }
        }
    }
}

/// The schema of a file with these columns.
pub(crate) fn schema(columns: &[Column]) -> Arc<Schema> {
    let field = |column: &Column| Field::new(column.name, column.kind.arrow(), column.nullable);
    Arc::new(Schema::new(columns.iter().map(field).collect::<Vec<_>>()))
}

/// The position of a column. `name` is one of `columns`: a test of each table looks up those that the
/// code names.
pub(crate) fn position(columns: &[Column], name: &str) -> usize {
    columns.iter().position(|column| column.name == name).unwrap_or(usize::MAX)
}

/// A value of a row, borrowed from the store or from a file.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Value<'a> {
    Text(&'a str),
    Name(&'a str),
    Binary(&'a [u8]),
    Boolean(Option<bool>),
    Int32(Option<i32>),
    Int64(Option<i64>),
    /// Seconds since 1970.
    Time(Option<i64>),
    Tags(Vec<(&'a str, &'a str)>),
}

impl Value<'_> {
    /// The bytes that the value takes, about.
    pub(crate) fn size(&self) -> usize {
        match self {
            Value::Text(text) | Value::Name(text) => text.len() + 4,
            Value::Binary(bytes) => bytes.len() + 4,
            Value::Tags(tags) => tags.iter().map(|(key, value)| key.len() + value.len() + 8).sum(),
            _ => 8,
        }
    }

    /// Appends bytes that no other value of the same column has.
    pub(crate) fn write_canonical(&self, out: &mut Vec<u8>) {
        fn bytes(out: &mut Vec<u8>, bytes: &[u8]) {
            out.extend((bytes.len() as u64).to_le_bytes());
            out.extend(bytes);
        }
        fn number(out: &mut Vec<u8>, number: Option<i64>) {
            out.push(u8::from(number.is_some()));
            out.extend(number.unwrap_or(0).to_le_bytes());
        }
        match self {
            Value::Text(text) | Value::Name(text) => bytes(out, text.as_bytes()),
            Value::Binary(binary) => bytes(out, binary),
            Value::Boolean(value) => number(out, value.map(i64::from)),
            Value::Int32(value) => number(out, value.map(i64::from)),
            Value::Int64(value) | Value::Time(value) => number(out, *value),
            Value::Tags(tags) => {
                number(out, Some(tags.len() as i64));
                for (key, value) in tags {
                    bytes(out, key.as_bytes());
                    bytes(out, value.as_bytes());
                }
            }
        }
    }
}

/// The seconds of a time.
pub(crate) fn secs(time: Option<Timestamp>) -> Option<i64> {
    time.map(|time| i64::from(time.as_secs()))
}

/// A number that the API writes without a sign. Parquet's INT64 has one, and engines differ in how
/// they read one without; a number from 2^63 on, which no byte count reaches, becomes 2^63 - 1.
pub(crate) fn signed(number: u64) -> Option<i64> {
    Some(i64::try_from(number).unwrap_or(i64::MAX))
}

/// Declares the columns of a table: `COLUMNS`, and `values`, which appends the values of a row in the
/// same order.
macro_rules! columns {
    ($row:ident: $type:ty; $(#[doc = $doc:literal] $name:ident: $need:ident $kind:ident = $value:expr;)+) => {
        /// The columns of the table, in the order of the files.
        pub(crate) const COLUMNS: &[crate::column::Column] = &[$(crate::column::Column {
            name: stringify!($name),
            kind: crate::column::Kind::$kind,
            nullable: crate::column::columns!(@$need),
            doc: $doc.trim_ascii(),
        }),+];

        pub(crate) fn values<'a>($row: &$type, out: &mut Vec<crate::column::Value<'a>>) {
            out.clear();
            $(out.push(crate::column::Value::$kind($value));)+
        }
    };
    (@required) => { false };
    (@optional) => { true };
}
pub(crate) use columns;
