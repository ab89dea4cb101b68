"""The control requests of an account."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass
from types import TracebackType
from typing import (
    Any,
    Callable,
    Dict,
    List,
    Literal,
    Mapping,
    NamedTuple,
    Optional,
    Sequence,
    Type,
    TypedDict,
    Union,
    cast,
)

from .control import Control
from .errors import EmulatorError
from .events import Events
from .fields import Cut, InvocationStatus, Output, Step, Time, from_api, to_api

# Reports of pytest show the line of the test that calls, in place of these.
__tracebackhide__ = True

#: An answer of the API: as a mapping, or as the JSON of one.
Answer = Union[Mapping[str, Any], str, bytes]


class SdkConfig(TypedDict):
    """The keyword arguments of the official SDK's `Config`."""

    access_key_id: str
    access_key_secret: str
    endpoint: str
    protocol: str
    region_id: str


class Loaded(NamedTuple):
    """The result of `load_records`."""

    #: The number of records that were accepted.
    loaded: int
    #: The number of those that were too old, or the oldest of a full store.
    not_retained: int


class ArchiveSave(TypedDict):
    """A save of the archive."""

    SecondsAgo: float
    Seconds: float
    Bytes: int


class ArchiveHealth(TypedDict):
    """The state of the archive."""

    Unsaved: bool
    LastSave: Optional[ArchiveSave]
    Error: Optional[str]


class Health(TypedDict):
    """The answer of `health`, by the names of the protocol."""

    RequestId: str
    Status: str
    #: The number of accounts that have a store.
    Stores: int
    #: `None` without the flag `--archive`.
    Archive: Optional[ArchiveHealth]


@dataclass(frozen=True)
class Fault:
    """A fault that was added, and its counts."""

    #: The number of requests that fitted, and of those that were hit.
    matched: int
    hits: int
    from_: int
    delay_ms: int
    action: Optional[str] = None
    instance_id: Optional[str] = None
    times: Optional[int] = None
    probability: Optional[float] = None
    code: Optional[str] = None
    status: Optional[int] = None
    message: Optional[str] = None
    cut: Optional[Cut] = None


class BaseAccount:
    """An account of the emulator: its credentials, and its control requests.

    A method raises an `EmulatorError` if the emulator refuses its request; a refused request changes
    nothing. The fields are explained in the control protocol of the emulator.
    """

    #: The access key id.
    access_key_id: str
    #: Any text will do: signatures are not checked.
    access_key_secret = "secret"
    region_id = "cn-hangzhou"
    _control: Control

    def __repr__(self) -> str:
        return f"{type(self).__name__}(url={self.url!r}, access_key_id={self.access_key_id!r})"

    @property
    def endpoint(self) -> str:
        """The address of the emulator, such as `127.0.0.1:40123`."""
        return self._control.endpoint

    @property
    def url(self) -> str:
        """The URL of the emulator, such as `http://127.0.0.1:40123`."""
        return f"{self._control.scheme}://{self.endpoint}"

    def sdk_config(self) -> SdkConfig:
        """The keyword arguments of the official SDK's `Config`.

        >>> from alibabacloud_ecs20140526.client import Client
        >>> from alibabacloud_tea_openapi.models import Config
        >>> client = Client(Config(**account.sdk_config()))
        """
        return {
            "access_key_id": self.access_key_id,
            "access_key_secret": self.access_key_secret,
            "endpoint": self.endpoint,
            "protocol": self._control.scheme,
            "region_id": self.region_id,
        }

    def reset(self, now: Optional[Time] = None) -> None:
        """Empties the store of the account: records, outcomes, faults, commands and listed instances. With
        `now` its clock then stands at that time.

        >>> account.reset("2024-05-01T00:00:00Z")
        """
        self._post("reset", {"now": now})

    def set_clock(self, time: Time) -> str:
        """Moves the clock to a time, and plays all that is due until then. Returns the store's time, which
        never goes back.

        >>> account.set_clock("2024-05-01T12:00:00Z")
        '2024-05-01T12:00:00Z'
        """
        return cast(str, self._post("clock", {"now": time})["Now"])

    def advance_clock(self, seconds: int) -> str:
        """Moves the clock forward, and plays all that is due until then: with 0 seconds, all steps of
        scripts whose pause is over. Returns the store's time.

        >>> account.advance_clock(86_400)
        '2024-05-02T00:00:00Z'
        """
        return cast(str, self._post("clock", {"advance": seconds})["Now"])

    def load_records(self, capture: Answer) -> Loaded:
        """Accepts the records of a captured answer of DescribeInvocations, all or none.

        >>> from pathlib import Path
        >>> account.load_records(Path("captured.json").read_bytes())
        Loaded(loaded=3, not_retained=0)
        """
        answer = self._send("POST", "records", _json(capture))
        return Loaded(answer["Loaded"], answer["NotRetained"])

    def update_run(
        self,
        invoke_id: str,
        instance_id: str,
        invocation_status: Optional[InvocationStatus] = None,
        *,
        exit_code: Optional[int] = None,
        output: Optional[Output] = None,
        append: Optional[Output] = None,
        dropped: Optional[int] = None,
        repeats: Optional[int] = None,
        time: Optional[Time] = None,
        start_time: Optional[Time] = None,
        finish_time: Optional[Time] = None,
        stop_time: Optional[Time] = None,
        error_code: Optional[str] = None,
        error_info: Optional[str] = None,
        reschedule: Optional[bool] = None,
    ) -> None:
        """Changes a run; the fields are those of `Step`. A run is Running before it ends.

        >>> account.update_run(invoke_id, "i-1", "Running", output="so far\\n")
        >>> account.update_run(invoke_id, "i-1", "Success", exit_code=0, append="done\\n")
        """
        self._post("runs", _arguments(locals()))

    def list_instances(self, answer: Answer) -> int:
        """Says which instances there are: those of an answer of DescribeInstances, in place of those said
        before. Every other id is unknown from then on. Returns their number.

        >>> account.list_instances({"Instances": {"Instance": [{"InstanceId": "i-1"}]}})
        1
        """
        return cast(int, self._send("POST", "instances", _json(answer))["Listed"])

    def reboot(self, instance_id: str) -> int:
        """Reboots an instance. Returns the number of executions that begin by it.

        >>> account.reboot("i-1")
        0
        """
        return cast(int, self._post("reboot", {"instance_id": instance_id})["Started"])

    def add_outcome(
        self,
        *,
        command_id: Optional[str] = None,
        command_name: Optional[str] = None,
        instance_id: Optional[str] = None,
        command_content: Optional[str] = None,
        content_pattern: Optional[str] = None,
        default: Optional[bool] = None,
        steps: Optional[Sequence[Step]] = None,
        result: Optional[Step] = None,
        times: Optional[int] = None,
    ) -> None:
        """Tells how runs go that are accepted from now on. The fields before `steps` choose the runs; either
        `steps` or `result` says how they go; `times` is the number of runs that get the outcome.

        The command `backup` fails twice, and succeeds from then on:

        >>> account.add_outcome(command_name="backup", times=2, result=Step("Failed", exit_code=75))
        >>> account.add_outcome(command_name="backup", result=Step("Success", output="done"))
        """
        self._post("outcomes", _arguments(locals()))

    def add_fault(
        self,
        *,
        action: Optional[str] = None,
        instance_id: Optional[str] = None,
        from_: Optional[int] = None,
        times: Optional[int] = None,
        probability: Optional[float] = None,
        delay_ms: Optional[int] = None,
        code: Optional[str] = None,
        status: Optional[int] = None,
        message: Optional[str] = None,
        cut: Optional[Cut] = None,
    ) -> None:
        """Spoils requests of the API from now on: with an error (`code`), a wait (`delay_ms`) or a lost
        answer (`cut`). The fields before `delay_ms` choose the requests.

        The first two runs are throttled:

        >>> account.add_fault(action="RunCommand", code="Throttling.User", times=2)
        """
        self._post("faults", _arguments(locals()))

    def faults(self) -> List[Fault]:
        """The faults in the order in which they were added, with their counts.

        >>> account.add_fault(action="RunCommand", code="Throttling.User", times=2)
        >>> [(fault.code, fault.hits) for fault in account.faults()]
        [('Throttling.User', 0)]
        """
        known = Fault.__dataclass_fields__
        answer = self._send("GET", "faults")
        return [Fault(**cast(Any, from_api(fields, known))) for fields in answer["Faults"]]

    def clear_faults(self) -> None:
        """Removes all faults.

        >>> account.clear_faults()
        """
        self._send("DELETE", "faults")

    def events(
        self,
        *,
        form: Optional[Literal["EventBridge", "CloudMonitor"]] = None,
        player_uid: Optional[int] = None,
        owner_id: Optional[int] = None,
        timeout: float = 30.0,
    ) -> Events:
        """The status changes of runs from this call on, in the form of EventBridge unless `form` says
        otherwise. CloudMonitor needs `player_uid` and `owner_id`. `timeout` is the longest wait for an event,
        in seconds.

        >>> with account.events() as events:
        ...     account.update_run(invoke_id, "i-1", "Running")
        ...     next(events).data["invocationStatus"]
        'Running'
        """
        given = {"form": form, "player_uid": player_uid, "owner_id": owner_id}
        query = {name: str(value) for name, value in to_api(given).items()}
        query["AccessKeyId"] = self._key()
        return Events(*self._control.stream("events", query), timeout)

    def health(self) -> Health:
        """Whether the emulator answers, the number of its stores, and the state of its archive.

        >>> account.health()["Status"]
        'ok'
        """
        return cast(Health, self._send("GET", "health"))

    def _key(self) -> str:
        return self.access_key_id

    def _post(self, name: str, fields: Mapping[str, object]) -> Dict[str, Any]:
        return self._send("POST", name, json.dumps(to_api(fields), allow_nan=False).encode())

    def _send(self, method: str, name: str, body: Optional[bytes] = None) -> Dict[str, Any]:
        return self._control.send(method, name, self._key(), body)


class Account(BaseAccount):
    """An account of its own, with a store that no other account sees.

    A context manager that releases it:

    >>> with emulator.account() as account:
    ...     account.add_fault(code="Throttling.User")
    """

    def __init__(self, control: Control, key_id: str, give_back: Callable[[str], None]) -> None:
        """Made by `Emulator.account`."""
        self._control, self.access_key_id = control, key_id
        self._give_back = give_back
        self._releasing = threading.Lock()
        self._is_released = False

    def release(self) -> None:
        """Empties the account and makes its id free for a later one. Does nothing if it was released
        before."""
        with self._releasing:
            if not self._is_released:
                self.reset()
                self._is_released = True
                self._give_back(self.access_key_id)

    def __enter__(self) -> Account:
        return self

    def __exit__(
        self,
        kind: Optional[Type[BaseException]],
        error: Optional[BaseException],
        traceback: Optional[TracebackType],
    ) -> None:
        self.release()

    def _key(self) -> str:
        if self._is_released:
            raise EmulatorError(
                f"the account {self.access_key_id} was released; its id may be another account's now. "
                "Take a new one with Emulator.account()"
            )
        return self.access_key_id


def _arguments(names: Mapping[str, object]) -> Dict[str, object]:
    """The arguments of a method, from its `locals()`."""
    return {name: value for name, value in names.items() if name != "self"}


def _json(answer: Answer) -> bytes:
    if isinstance(answer, str):
        return answer.encode()
    return answer if isinstance(answer, bytes) else json.dumps(answer, allow_nan=False).encode()
