"""The pytest plugin: fixtures, and the emulator's lines in the report of a failed test."""

from __future__ import annotations

from typing import Generator, Iterator, List

import pytest

from .account import Account
from .emulator import Emulator

_EMULATOR: pytest.StashKey[Emulator] = pytest.StashKey()
#: The place in the log at which a test began.
_POSITION: pytest.StashKey[int] = pytest.StashKey()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addini(
        "invodex_emulator_flags",
        "Flags of the emulator that the fixtures start, as in a shell.",
        type="args",
        default=[],
    )


@pytest.fixture(scope="session")
def invodex_emulator_flags(pytestconfig: pytest.Config) -> List[str]:
    """Flags of the emulator: those of the ini option invodex_emulator_flags. Override it to compute
    them."""
    return list(pytestconfig.getini("invodex_emulator_flags"))


@pytest.fixture(scope="session")
def invodex_emulator_session(
    invodex_emulator_flags: List[str], pytestconfig: pytest.Config
) -> Iterator[Emulator]:
    """An emulator for all tests of this process."""
    with Emulator(*invodex_emulator_flags) as emulator:
        pytestconfig.stash[_EMULATOR] = emulator
        yield emulator
        del pytestconfig.stash[_EMULATOR]


@pytest.fixture
def invodex_emulator(invodex_emulator_session: Emulator) -> Iterator[Account]:
    """An account of the emulator for this test alone."""
    with invodex_emulator_session.account() as account:
        yield account


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    if _uses_emulator(item) and _EMULATOR in item.config.stash:
        item.stash[_POSITION] = item.config.stash[_EMULATOR].log_position()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.failed and _uses_emulator(item) and _EMULATOR in item.config.stash:
        # A test that started the emulator has no place: all lines are of its time.
        lines = item.config.stash[_EMULATOR].log_after(item.stash.get(_POSITION, 0))
        if lines:
            report.sections.append(("invodex-emulator", "\n".join(lines)))
    return report


def _uses_emulator(item: pytest.Item) -> bool:
    return "invodex_emulator_session" in getattr(item, "fixturenames", ())
