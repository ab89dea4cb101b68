"""The engines, each with the views of a data set: a list of dicts for a query."""

import os
import re
from datetime import timezone


def statements(file):
    """The statements of a file of views, without comments."""
    with open(file, encoding="utf-8") as opened:
        text = re.sub(r"--.*", "", opened.read())
    return [statement for statement in text.split(";") if statement.strip()]


class Engine:
    def keep(self):
        """Called once when the views are there."""

    def quoted(self, text):
        """A text as a literal."""
        return "'" + text.replace("'", "''") + "'"


class DuckDb(Engine):
    name = "duckdb"

    def __init__(self):
        import duckdb

        self.version = f"DuckDB {duckdb.__version__}"
        self.connection = duckdb.connect()
        self.connection.execute("SET TimeZone = 'UTC'")

    def run(self, sql):
        relation = self.connection.sql(sql)
        # A statement that makes a view has no rows.
        return [] if relation is None else relation.to_arrow_table().to_pylist()


class DataFusion(Engine):
    name = "datafusion"

    def __init__(self):
        import datafusion

        self.version = f"DataFusion {datafusion.__version__}"
        self.context = datafusion.SessionContext()

    def run(self, sql):
        return self.context.sql(sql).to_arrow_table().to_pylist()


class Spark(Engine):
    name = "spark"

    def __init__(self):
        import pyspark
        from pyspark.sql import SparkSession

        self.version = f"Spark {pyspark.__version__}"
        builder = SparkSession.builder.master("local[2]").appName("invodex-parquet")
        for key, value in {
            "spark.ui.enabled": "false",
            "spark.ui.showConsoleProgress": "false",
            "spark.sql.session.timeZone": "UTC",
            "spark.sql.shuffle.partitions": "2",
            "spark.driver.bindAddress": "127.0.0.1",
            "spark.driver.host": "127.0.0.1",
        }.items():
            builder = builder.config(key, value)
        self.session = builder.getOrCreate()
        self.session.sparkContext.setLogLevel("ERROR")

    def quoted(self, text):
        return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"

    def keep(self):
        """Keeps both tables in memory, because a query lists and opens all files otherwise."""
        for table in ("invocations", "runs"):
            self.session.catalog.cacheTable(table)

    def run(self, sql):
        from pyspark.sql.functions import map_entries

        rows = self.session.sql(sql)
        for field in rows.schema.fields:
            if field.dataType.typeName() == "map":
                # On its way to Python a map loses its order, a list does not.
                rows = rows.withColumn(field.name, map_entries(field.name))
        return [row.asDict() for row in rows.collect()]


def open_engine(kind, views, dataset):
    """An engine in the directory of a data set, with its views."""
    os.chdir(dataset)
    engine = kind()
    for statement in statements(os.path.join(views, f"{engine.name}.sql")):
        engine.run(statement)
    engine.keep()
    return engine


def plain(value):
    """A value of an engine as all of them could give it: bytes, times in UTC, tags as pairs."""
    if isinstance(value, bytearray):
        return bytes(value)
    if isinstance(value, list):
        return [tuple(entry) for entry in value]
    if hasattr(value, "tzinfo"):
        # Spark's times have no zone; they are those of its session.
        aware = value.replace(tzinfo=timezone.utc) if value.tzinfo is None else value
        return aware.astimezone(timezone.utc)
    return value
