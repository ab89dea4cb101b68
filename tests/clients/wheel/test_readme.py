"""The examples of the README, exactly as they are written there."""

import subprocess
import sys
import tomllib

import invodex_emulator
import pytest
from readme import README, python_with


def test_the_test_with_pytest(pytester):
    (pytester.path / "test_backup.py").write_text(python_with("def test_a_failed_backup"))
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider")
    result.assert_outcomes(passed=1)


def test_the_test_with_unittest(tmp_path):
    (tmp_path / "test_backup.py").write_text(python_with("unittest.TestCase"))
    done = subprocess.run(
        [sys.executable, "-W", "error::ResourceWarning", "-m", "unittest", "-v"],
        cwd=tmp_path, capture_output=True, text=True,
    )
    assert done.returncode == 0, done.stderr
    assert "Ran 1 test" in done.stderr


def test_the_fixture_of_the_flags(pytester):
    pytester.makeconftest(python_with("def invodex_emulator_flags"))
    (pytester.path / "captured.json").write_text('{"Invocations": {"Invocation": []}}')
    pytester.makepyfile("def test_one(invodex_emulator): pass")
    pytester.runpytest_subprocess("-p", "no:cacheprovider").assert_outcomes(passed=1)


def test_the_settings():
    text = README.read_text()
    (found,) = [block for block in text.split("```") if block.startswith("toml\n")]
    settings = tomllib.loads(found.removeprefix("toml\n"))
    assert "invodex_emulator_flags" in settings["tool"]["pytest"]["ini_options"]


@pytest.mark.parametrize("kind", ["Account", "Emulator"])
def test_every_method_is_listed(kind):
    members = [name for name in dir(getattr(invodex_emulator, kind)) if not name.startswith("_")]
    assert len(members) > 15
    text = README.read_text()
    assert [name for name in members if f"`{name}" not in text] == []
