"""The examples of the docstrings."""

import doctest
import importlib
import json
import pkgutil

import invodex_emulator
import pytest
from ecs import Ecs
from invodex_emulator import Emulator, Step

MODULES = [
    importlib.import_module(f"invodex_emulator.{module.name}")
    for module in pkgutil.iter_modules(invodex_emulator.__path__)
]
EXAMPLES = [
    example
    for module in [invodex_emulator, *MODULES]
    for example in doctest.DocTestFinder().find(module)
    if example.examples
]
NOW = "2024-05-01T00:00:00Z"


def test_every_method_has_an_example():
    documented = {example.name.rpartition(".")[2] for example in EXAMPLES}
    methods = {name for name in vars(invodex_emulator.BaseAccount) if not name.startswith("_")}
    values = {"access_key_secret", "region_id", "endpoint", "url"}
    assert methods - values - documented == set()


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
def test_the_example(example, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with Emulator("--now", NOW) as emulator:
        for _ in range(3):
            Ecs(emulator).run_command()
        records = Ecs(emulator).describe_invocations()
        (tmp_path / "captured.json").write_text(json.dumps(records))
        # The ids are those of an emulator that was just started.
        account = emulator if example.name.endswith("Emulator.account") else emulator.account()
        example.globs = {
            "Step": Step,
            "account": account,
            "emulator": emulator,
            "invoke_id": Ecs(account).run_command(),
            "run_the_program": lambda: None,
        }
        said = []
        done = doctest.DocTestRunner().run(example, out=said.append)
        assert done.failed == 0, "".join(said)
        assert done.attempted > 0
