"""The engines, each with the views of a data set: a list of dicts for a query."""

import os
import re
from datetime import timezone


def statements(file):
    """The statements of a file of views, without comments."""
    with open(file, encoding="utf-8") as opened:
        text = re.sub(r"--.*", "", opened.read())
    return [statement for statement in text.split(";") if statement.strip()]


class DuckDb:
    name = "duckdb"

    def __init__(self):
        import duckdb

        self.version = f"DuckDB {duckdb.__version__}"
        self.connection = duckdb.connect()
        self.connection.execute("SET TimeZone = 'UTC'")

    def run(self, sql):
        return self.connection.execute(sql).to_arrow_table().to_pylist()


class DataFusion:
    name = "datafusion"

    def __init__(self):
        import datafusion

        self.version = f"DataFusion {datafusion.__version__}"
        self.context = datafusion.SessionContext()

    def run(self, sql):
        return self.context.sql(sql).to_arrow_table().to_pylist()


class Spark:
    name = "spark"

    def __init__(self):
        import pyspark
        from pyspark.sql import SparkSession

        self.version = f"Spark {pyspark.__version__}"
        builder = SparkSession.builder.master("local[2]").appName("invodex-parquet")
        for key, value in {
            "spark.ui.enabled": "false",
            "spark.sql.session.timeZone": "UTC",
            "spark.sql.shuffle.partitions": "4",
            "spark.driver.bindAddress": "127.0.0.1",
            "spark.driver.host": "127.0.0.1",
        }.items():
            builder = builder.config(key, value)
        self.session = builder.getOrCreate()
        self.session.sparkContext.setLogLevel("ERROR")

    def run(self, sql):
        return [row.asDict() for row in self.session.sql(sql).collect()]


def open_engine(kind, views, dataset):
    """An engine in the directory of a data set, with its views."""
    os.chdir(dataset)
    engine = kind()
    for statement in statements(os.path.join(views, f"{engine.name}.sql")):
        engine.run(statement)
    return engine


def plain(value):
    """A value of an engine as all of them could give it: bytes, times in UTC, tags as pairs."""
    if isinstance(value, bytearray):
        return bytes(value)
    if isinstance(value, dict):
        return list(value.items())
    if hasattr(value, "tzinfo"):
        # Spark's times have no zone; they are those of its session.
        aware = value.replace(tzinfo=timezone.utc) if value.tzinfo is None else value
        return aware.astimezone(timezone.utc)
    return value
