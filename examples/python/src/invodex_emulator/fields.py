"""The fields of control requests, and their translation to the names and values of the protocol."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Dict, Literal, Mapping, Optional, Union

# Reports of pytest show the line of the test that calls, in place of these.
__tracebackhide__ = True

#: A status of a run.
InvocationStatus = Literal[
    "Pending",
    "Scheduled",
    "Running",
    "Stopping",
    "Success",
    "Failed",
    "Invalid",
    "Aborted",
    "Error",
    "Timeout",
    "Cancelled",
    "Terminated",
]

#: The moment at which a fault cuts the connection.
Cut = Literal["BeforeAction", "AfterAction", "HalfAnswer"]

#: A time: a datetime with a time zone, of which whole seconds count, or a text as
#: `2024-05-01T00:00:00Z`.
Time = Union[datetime, str]

#: The output of a run: bytes, or a text that is sent as UTF-8.
Output = Union[bytes, str]


@dataclass(frozen=True)
class Step:
    """A change of a run in the script of an outcome. A field that is `None` is not sent.

    >>> from invodex_emulator import Step
    >>> failed = Step("Failed", exit_code=75, output="disk full")
    >>> later = Step("Running", delay_ms=100)
    """

    #: A status of a run; the same again changes only other fields.
    invocation_status: Optional[InvocationStatus] = None
    #: Pause before the change, in milliseconds.
    delay_ms: Optional[int] = None
    exit_code: Optional[int] = None
    #: All output, in place of that before.
    output: Optional[Output] = None
    #: More output; not beside `output`.
    append: Optional[Output] = None
    #: Bytes of output that were lost before.
    dropped: Optional[int] = None
    repeats: Optional[int] = None
    #: Time of the change.
    time: Optional[Time] = None
    #: An empty text unsets a time.
    start_time: Optional[Time] = None
    finish_time: Optional[Time] = None
    stop_time: Optional[Time] = None
    error_code: Optional[str] = None
    error_info: Optional[str] = None
    #: Ends the execution of a recurring task with this status, and schedules the next one.
    reschedule: Optional[bool] = None


def to_api(fields: Mapping[str, object]) -> Dict[str, object]:
    """The fields that are not `None`, with the names and the values of the protocol."""
    return {_name(name): _value(name, value) for name, value in fields.items() if value is not None}


def from_api(fields: Mapping[str, object], known: Mapping[str, object]) -> Dict[str, object]:
    """The values of the fields of the protocol that have one of these names."""
    return {name: fields[_name(name)] for name in known if _name(name) in fields}


def _name(name: str) -> str:
    # `from_` is From: the word alone is a keyword.
    return "".join(part.capitalize() for part in name.split("_"))


def _value(name: str, value: object) -> object:
    if name in ("output", "append"):
        return _base64(name, value)
    if isinstance(value, datetime):
        return _time(name, value)
    if isinstance(value, Step):
        return to_api(vars(value))
    if isinstance(value, (list, tuple)):
        return [_value(f"{name}[{at}]", item) for at, item in enumerate(value)]
    if isinstance(value, (str, int, float)):
        return value
    raise TypeError(
        f"{name}: given {value!r}, allowed are a text, a number, a bool, a datetime, a Step and a list "
        "of Steps"
    )


def _base64(name: str, value: object) -> str:
    if isinstance(value, str):
        value = value.encode()
    if not isinstance(value, bytes):
        raise TypeError(f"{name}: given {value!r}, allowed are bytes and a text")
    return base64.b64encode(value).decode()


def _time(name: str, value: datetime) -> str:
    if value.tzinfo is None:
        raise ValueError(
            f"{name}: given {value!r} without a time zone, allowed is one with tzinfo=timezone.utc or "
            "another, or a text as 2024-05-01T00:00:00Z"
        )
    return value.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
