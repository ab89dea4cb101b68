"""An emulator of the command executions of the Alibaba Cloud ECS API, for tests.

>>> from invodex_emulator import Emulator, Step
>>> with Emulator() as emulator:
...     emulator.add_outcome(command_name="backup", result=Step("Failed", exit_code=75))

The package starts the emulator that is in its wheel, sends its control requests, and has fixtures for
pytest.
"""

from .account import (
    Account,
    Answer,
    ArchiveHealth,
    ArchiveSave,
    BaseAccount,
    Fault,
    Health,
    Loaded,
    SdkConfig,
)
from .emulator import Emulator, Flag
from .errors import EmulatorError
from .events import Event, Events
from .fields import Cut, InvocationStatus, Output, Step, Time

__all__ = [
    "Account",
    "Answer",
    "ArchiveHealth",
    "ArchiveSave",
    "BaseAccount",
    "Cut",
    "Emulator",
    "EmulatorError",
    "Event",
    "Events",
    "Fault",
    "Flag",
    "Health",
    "InvocationStatus",
    "Loaded",
    "Output",
    "SdkConfig",
    "Step",
    "Time",
]
