"""Every class of requests of the testkit, answered by the store and by each engine from the data set:
rows, their order and totals are equal."""

import base64
import json
import os
import re
import unittest
from datetime import datetime, timezone

import engines
from filters import QUERIES

WORK = os.environ["INVODEX_PARQUET_WORK"]
PACKAGE = os.environ["INVODEX_PARQUET_PACKAGE"]
VIEWS = os.path.join(PACKAGE, "sql")

# Columns that an answer does not show.
BESIDE = {
    "DescribeInvocations": {"region_id", "creation_date", "acceptance_number", "resource_group_id"},
    "InvokeInstances": {"region_id", "creation_date", "invoke_id", "instance_number"},
    "DescribeInvocationResults": {
        "region_id", "creation_date", "creation_time", "acceptance_number", "resource_group_id",
        "command_name", "instance_number", "history_position", "is_history",
    },
}
# With tags the API reaches the newest rows alone.
MOST_WITH_TAGS = 1000


def snake(name):
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def of_answer(row):
    """A row of an answer, with the names and values of the columns."""
    values = {}
    for name, value in row.items():
        if name == "InvokeInstances":
            continue
        if name == "Tags":
            value = [(tag["TagKey"], tag["TagValue"]) for tag in value["Tag"]]
        elif name in ("CommandContent", "Output"):
            value = base64.b64decode(value)
        elif name.endswith("Time"):
            value = datetime.fromisoformat(value.replace("Z", "+00:00")) if value else None
        values[snake(name)] = value
    return values


def of_engine(row, beside):
    """A row of an engine, without the columns that an answer does not show. What an answer leaves out
    while it is unset is NULL."""
    values = {name: engines.plain(value) for name, value in row.items() if name not in beside}
    left_out = [name for name in ("exit_code", "timeout") if values.get(name) is None]
    return {name: value for name, value in values.items() if name not in left_out}


class Answers:
    """The tests of one engine."""

    kind = None

    @classmethod
    def setUpClass(cls):
        cls.engine = engines.open_engine(cls.kind, VIEWS, os.path.join(WORK, "dataset"))
        with open(os.path.join(WORK, "answers.jsonl"), encoding="utf-8") as file:
            cls.questions = [json.loads(line) for line in file]
        cls.maxDiff = 2000

    def test_every_class_of_requests(self):
        counts = {"questions": 0, "ids in order": 0, "rows field by field": 0}
        differences = 0
        for question in self.questions:
            with self.subTest(question["name"], operation=question["operation"]):
                differences += 1
                counts["ids in order"] += self.check_ids(question)
                counts["rows field by field"] += self.check_rows(question)
                differences -= 1
            counts["questions"] += 1
        told = ", ".join(f"{count:,} {what}" for what, count in counts.items())
        print(f"\n{self.engine.version}: {told}, {differences} differences", flush=True)
        self.assertGreater(counts["rows field by field"], 500)

    def select(self, question, columns, rest=""):
        view, condition, order = QUERIES[question["operation"]]
        given = dict(question["pairs"])
        where = condition(given, self.engine.quoted)
        return f"SELECT {columns} FROM {view} i WHERE {where} {rest.format(order=order)}"

    def check_ids(self, question):
        """All rows by their ids, and the total."""
        columns = {
            "DescribeInvocations": ["invoke_id"],
            "DescribeInvocationResults": ["invoke_id", "instance_id", "is_history"],
        }[question["operation"]]
        found = self.engine.run(
            self.select(question, ", ".join(f"i.{column}" for column in columns), "ORDER BY {order}")
        )
        found = [[row[column] for column in columns] for row in found]
        self.assertEqual(len(found), question["matches"], "all matches")
        if any(name.startswith("Tag.") for name, _ in question["pairs"]):
            found = found[:MOST_WITH_TAGS]
        self.assertEqual(len(found), question["total"], "TotalCount")
        self.assertEqual(found, question["ids"])
        return len(found)

    def check_rows(self, question):
        """The first and the last rows, each field of them."""
        operation = question["operation"]
        for start, rows in question["rows"]:
            found = self.engine.run(
                self.select(question, "i.*", f"ORDER BY {{order}} LIMIT {len(rows)} OFFSET {start}")
            )
            self.assertEqual(len(found), len(rows))
            for row, wanted in zip(found, rows):
                self.assertEqual(of_engine(row, BESIDE[operation]), of_answer(wanted))
            if operation == "DescribeInvocations":
                self.check_instances(question, found, rows)
        return sum(len(rows) for _, rows in question["rows"])

    def check_instances(self, question, found, rows):
        """InvokeInstances of rows: all runs, or that of the instance that is asked for."""
        if not rows:
            return
        ids = ", ".join(self.engine.quoted(row["invoke_id"]) for row in found)
        instance = dict(question["pairs"]).get("InstanceId")
        only = f" AND instance_id = {self.engine.quoted(instance)}" if instance else ""
        runs = {}
        for run in self.engine.run(
            f"SELECT * FROM invoke_instances WHERE invoke_id IN ({ids}){only} ORDER BY instance_number"
        ):
            runs.setdefault(run["invoke_id"], []).append(of_engine(run, BESIDE["InvokeInstances"]))
        for row, wanted in zip(found, rows):
            wanted = [of_answer(run) for run in wanted["InvokeInstances"]["InvokeInstance"]]
            if "IncludeOutput" not in dict(question["pairs"]):
                for run in runs[row["invoke_id"]]:
                    run["output"] = b""
            self.assertEqual(runs[row["invoke_id"]], wanted)

    def test_the_question_of_the_readme(self):
        """Failures by command and day: the answer that the README shows, and a plain count of the
        store's rows."""
        with open(os.path.join(VIEWS, "failures.sql"), encoding="utf-8") as file:
            sql = file.read()
        found = [list(map(str, row.values())) for row in self.engine.run(sql)]
        with open(os.path.join(WORK, "failures.json"), encoding="utf-8") as file:
            self.assertEqual(found, json.load(file))
        with open(os.path.join(PACKAGE, "README.md"), encoding="utf-8") as file:
            readme = file.read()
        self.assertIn(sql.strip(), readme)
        shown = re.findall(r"^\| (\d{4}-\d\d-\d\d) \| (\S+) \| (\d+) \|$", readme, re.MULTILINE)
        self.assertEqual(found, [list(row) for row in shown])


class DuckDbAnswers(Answers, unittest.TestCase):
    kind = engines.DuckDb


class DataFusionAnswers(Answers, unittest.TestCase):
    kind = engines.DataFusion


class SparkAnswers(Answers, unittest.TestCase):
    kind = engines.Spark


def load_tests(loader, _tests, _pattern):
    """The engines that INVODEX_PARQUET_ENGINES names."""
    cases = {"duckdb": DuckDbAnswers, "datafusion": DataFusionAnswers, "spark": SparkAnswers}
    names = os.environ["INVODEX_PARQUET_ENGINES"].split()
    return unittest.TestSuite(loader.loadTestsFromTestCase(cases[name]) for name in names)
