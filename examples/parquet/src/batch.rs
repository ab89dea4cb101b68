//! Rows of values to batches of Arrow, and back.

use std::sync::Arc;

use arrow_array::builder::{
    ArrayBuilder, BinaryBuilder, BooleanBuilder, Int32Builder, Int64Builder, MapBuilder,
    MapFieldNames, StringBuilder, StringDictionaryBuilder, TimestampMillisecondBuilder,
};
use arrow_array::cast::AsArray;
use arrow_array::types::{Int32Type, Int64Type, TimestampMillisecondType};
use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_schema::{ArrowError, Schema};

use crate::column::{Column, Kind, UTC, Value, schema};

/// Collects rows.
pub(crate) struct Rows {
    schema: Arc<Schema>,
    columns: Vec<Builder>,
    len: usize,
    bytes: usize,
}

impl Rows {
    pub(crate) fn new(columns: &[Column]) -> Self {
        Rows {
            schema: schema(columns),
            columns: columns.iter().map(|column| Builder::new(column.kind)).collect(),
            len: 0,
            bytes: 0,
        }
    }

    pub(crate) fn schema(&self) -> &Arc<Schema> {
        &self.schema
    }

    /// Adds a row, whose values are those of the columns in order.
    pub(crate) fn push(&mut self, values: &[Value<'_>]) -> Result<(), ArrowError> {
        for (builder, value) in self.columns.iter_mut().zip(values) {
            builder.push(value)?;
            self.bytes += value.size();
        }
        self.len += 1;
        Ok(())
    }

    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// The bytes that the rows take, about.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Takes the rows out.
    pub(crate) fn finish(&mut self) -> Result<RecordBatch, ArrowError> {
        (self.len, self.bytes) = (0, 0);
        let arrays = self.columns.iter_mut().map(Builder::finish).collect();
        RecordBatch::try_new(self.schema.clone(), arrays)
    }
}

enum Builder {
    Text(StringBuilder),
    Name(StringDictionaryBuilder<Int32Type>),
    Binary(BinaryBuilder),
    Boolean(BooleanBuilder),
    Int32(Int32Builder),
    Int64(Int64Builder),
    Time(TimestampMillisecondBuilder),
    Tags(MapBuilder<StringBuilder, StringBuilder>),
}

impl Builder {
    fn new(kind: Kind) -> Self {
        match kind {
            Kind::Text => Builder::Text(StringBuilder::new()),
            Kind::Name => Builder::Name(StringDictionaryBuilder::new()),
            Kind::Binary => Builder::Binary(BinaryBuilder::new()),
            Kind::Boolean => Builder::Boolean(BooleanBuilder::new()),
            Kind::Int32 => Builder::Int32(Int32Builder::new()),
            Kind::Int64 => Builder::Int64(Int64Builder::new()),
            Kind::Time => Builder::Time(TimestampMillisecondBuilder::new().with_timezone(UTC)),
            Kind::Tags => {
                let names = MapFieldNames {
                    entry: "key_value".into(),
                    key: "key".into(),
                    value: "value".into(),
                };
                let text = |name| arrow_schema::Field::new(name, Kind::Text.arrow(), false);
                let map = MapBuilder::new(Some(names), StringBuilder::new(), StringBuilder::new());
                Builder::Tags(map.with_keys_field(text("key")).with_values_field(text("value")))
            }
        }
    }

    fn push(&mut self, value: &Value<'_>) -> Result<(), ArrowError> {
        match (self, value) {
            (Builder::Text(builder), Value::Text(text)) => builder.append_value(text),
            (Builder::Name(builder), Value::Name(name)) => {
                builder.append(name)?;
            }
            (Builder::Binary(builder), Value::Binary(bytes)) => builder.append_value(bytes),
            (Builder::Boolean(builder), Value::Boolean(value)) => builder.append_option(*value),
            (Builder::Int32(builder), Value::Int32(value)) => builder.append_option(*value),
            (Builder::Int64(builder), Value::Int64(value)) => builder.append_option(*value),
            (Builder::Time(builder), Value::Time(secs)) => {
                builder.append_option(secs.map(|secs| secs * 1_000));
            }
            (Builder::Tags(builder), Value::Tags(tags)) => {
                for (key, value) in tags {
                    builder.keys().append_value(key);
                    builder.values().append_value(value);
                }
                builder.append(true)?;
            }
            (_, value) => {
                let reason = format!("{value:?} is not of the type of its column");
                return Err(ArrowError::SchemaError(reason));
            }
        }
        Ok(())
    }

    fn finish(&mut self) -> ArrayRef {
        match self {
            Builder::Text(builder) => ArrayBuilder::finish(builder),
            Builder::Name(builder) => ArrayBuilder::finish(builder),
            Builder::Binary(builder) => ArrayBuilder::finish(builder),
            Builder::Boolean(builder) => ArrayBuilder::finish(builder),
            Builder::Int32(builder) => ArrayBuilder::finish(builder),
            Builder::Int64(builder) => ArrayBuilder::finish(builder),
            Builder::Time(builder) => ArrayBuilder::finish(builder),
            Builder::Tags(builder) => ArrayBuilder::finish(builder),
        }
    }
}

/// Reads row `at` of a batch, whose columns are `columns`.
pub(crate) fn read<'a>(columns: &[Column], batch: &'a RecordBatch, at: usize) -> Vec<Value<'a>> {
    let pairs = columns.iter().zip(batch.columns());
    pairs.map(|(column, array)| value(column.kind, array, at)).collect()
}

/// The value in row `at` of a column. The array has the type of the column: files with another schema
/// are refused when they are opened.
pub(crate) fn value(kind: Kind, array: &ArrayRef, at: usize) -> Value<'_> {
    let given = array.is_valid(at);
    match kind {
        Kind::Text => Value::Text(array.as_string::<i32>().value(at)),
        Kind::Name => {
            let names = array.as_dictionary::<Int32Type>();
            let key = names.key(at).unwrap_or_default();
            Value::Name(names.values().as_string::<i32>().value(key))
        }
        Kind::Binary => Value::Binary(array.as_binary::<i32>().value(at)),
        Kind::Boolean => Value::Boolean(given.then(|| array.as_boolean().value(at))),
        Kind::Int32 => Value::Int32(given.then(|| array.as_primitive::<Int32Type>().value(at))),
        Kind::Int64 => Value::Int64(given.then(|| array.as_primitive::<Int64Type>().value(at))),
        Kind::Time => {
            let times = array.as_primitive::<TimestampMillisecondType>();
            Value::Time(given.then(|| times.value(at) / 1_000))
        }
        Kind::Tags => {
            let map = array.as_map();
            let (keys, values) = (map.keys().as_string::<i32>(), map.values().as_string::<i32>());
            let offsets = map.value_offsets();
            let entries = offsets[at] as usize..offsets[at + 1] as usize;
            Value::Tags(entries.map(|at| (keys.value(at), values.value(at))).collect())
        }
    }
}
