"""The wheel itself, in environments that have nothing else."""

import os
import platform
import re
import subprocess
import sys
import tomllib
import venv
import zipfile
from email.parser import Parser
from pathlib import Path

import pytest

WHEEL = Path(os.environ["INVODEX_WHEEL"])
ROOT = Path(__file__).parents[3]

USE = """
from invodex_emulator import Emulator
with Emulator() as emulator:
    print(emulator.health()["Status"])
"""


def pip_install(python, *arguments):
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", python, "install"]
    subprocess.run([*pip, "--quiet", "--no-index", *arguments, WHEEL], check=True)


def test_what_is_in_it():
    with zipfile.ZipFile(WHEEL) as wheel:
        names = wheel.namelist()
        metadata = Parser().parsestr(wheel.read(next(it for it in names if it.endswith("METADATA"))).decode())
        entry_points = wheel.read(next(it for it in names if it.endswith("entry_points.txt"))).decode()
    source = ROOT / "examples/python/src"
    modules = {str(path.relative_to(source)) for path in source.glob("invodex_emulator/*.py")}
    version = metadata["Version"]
    assert {it for it in names if not it.startswith(f"invodex_emulator-{version}.")} == (
        modules | {"invodex_emulator/py.typed"}
    )
    inside = f"invodex_emulator-{version}"
    assert f"{inside}.data/scripts/invodex-emulator" in names
    assert {f"{inside}.dist-info/licenses/LICENSE-{it}" for it in ("MIT", "APACHE")} <= set(names)
    with open(ROOT / "examples/emulator/Cargo.toml", "rb") as manifest:
        assert version == tomllib.load(manifest)["package"]["version"]
    assert metadata["License-Expression"] == "MIT OR Apache-2.0"
    assert metadata["Requires-Python"] == ">=3.9"
    assert metadata.get_all("Requires-Dist") is None
    assert metadata.get_payload().strip() == (ROOT / "examples/python/README.md").read_text().strip()
    assert "[pytest11]\ninvodex_emulator=invodex_emulator.pytest_plugin" in entry_points.replace(" ", "")
    tag = rf"manylinux\w+_{platform.machine()}"
    assert re.fullmatch(rf"invodex_emulator-.*-py3-none-({tag}\.)+whl", WHEEL.name)


@pytest.fixture
def python(tmp_path):
    """The interpreter of an empty environment."""
    venv.create(tmp_path / "environment", with_pip=False)
    return tmp_path / "environment/bin/python"


def test_it_needs_nothing_else(python):
    pip_install(python)
    done = subprocess.run([python, "-c", USE], check=True, capture_output=True, text=True)
    assert done.stdout == "ok\n"
    command = python.parent / "invodex-emulator"
    said = subprocess.run([command, "--version"], check=True, capture_output=True, text=True).stdout
    assert said.startswith(f"invodex-emulator {WHEEL.name.split('-')[1]}"), said


def test_a_folder_of_its_own(python, tmp_path):
    folder = tmp_path / "folder"
    pip_install(python, "--target", folder)
    done = subprocess.run(
        [python, "-c", USE], check=True, capture_output=True, text=True, env={"PYTHONPATH": str(folder)}
    )
    assert done.stdout == "ok\n"
