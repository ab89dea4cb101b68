"""The types, by mypy --strict."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from readme import python_with

# The SDK has no types.
SETTINGS = """
[mypy]
[mypy-alibabacloud_ecs20140526.*,alibabacloud_tea_openapi.*]
ignore_missing_imports = True
"""


@pytest.fixture
def mypy(tmp_path):
    def run(*arguments):
        (tmp_path / "mypy.ini").write_text(SETTINGS)
        cache = Path(sys.prefix) / "mypy"
        done = subprocess.run(
            [sys.executable, "-m", "mypy", "--strict", "--cache-dir", cache, *arguments],
            cwd=tmp_path, capture_output=True, text=True, env=dict(os.environ, PYTHONPATH=""),
        )
        return done.returncode, done.stdout

    return run


def test_the_package(mypy):
    assert mypy("-p", "invodex_emulator") == (0, "Success: no issues found in 11 source files\n")


@pytest.mark.parametrize("example", ["def test_a_failed_backup", "unittest.TestCase"])
def test_the_examples_of_the_readme(mypy, tmp_path, example):
    (tmp_path / "test_backup.py").write_text(python_with(example))
    assert mypy("test_backup.py") == (0, "Success: no issues found in 1 source file\n")


def test_mistakes_are_found(mypy, tmp_path):
    (tmp_path / "mistakes.py").write_text("""
from invodex_emulator import Account, Emulator, Step

def use(account: Account, emulator: Emulator) -> None:
    account.add_outcome(name="backup", result=Step("Success"))
    account.update_run("t-1", "i-1", "Done")
    account.add_fault(cut="Halfway")
    account.set_clock(5)
    Step(output=5)
    emulator.release()
    started: str = account.reboot("i-1")
""")
    code, said = mypy("mistakes.py")
    assert code == 1
    found = [line.split(":")[1] for line in said.splitlines() if ": error: " in line]
    assert found == ["5", "6", "7", "8", "9", "10", "11"], said
