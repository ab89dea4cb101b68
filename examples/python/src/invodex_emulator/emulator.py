"""A running emulator, and the accounts that it lends."""

from __future__ import annotations

import heapq
import os
import threading
from types import TracebackType
from typing import List, Optional, Sequence, Type, Union

from . import binary as installed
from .account import Account, BaseAccount
from .control import Control
from .errors import EmulatorError
from .process import Process

# Reports of pytest show the line of the test that calls, in place of these.
__tracebackhide__ = True

#: The first access key id of an account of its own. They have exactly 16 digits.
_FIRST = 1_000_000_000_000_001
#: The number of accounts that the emulator takes beside the one of all other keys.
_ACCOUNTS = 999

Flag = Union[str, int, float, "os.PathLike[str]"]


class Emulator(BaseAccount):
    """A running emulator. It is also the account that all ordinary access keys share.

    The flags are those of the command `invodex-emulator`. Without `--listen` it takes a free port of
    127.0.0.1. `binary` is a path in place of that of the installed binary. `timeout` is the longest wait
    until it is ready, in seconds.

    A context manager that stops it:

    >>> from invodex_emulator import Emulator
    >>> with Emulator("--now", "2024-05-01T00:00:00Z", "--auto-complete", 0) as emulator:
    ...     emulator.advance_clock(60)
    '2024-05-01T00:01:00Z'

    It ends with the process that started it, also if that is killed, and with those that were forked from
    that one without an exec.
    """

    access_key_id = "test"

    #: The URL of the proxy, with the flag `--proxy`.
    proxy_url: Optional[str]

    def __init__(
        self,
        *flags: Flag,
        binary: Optional[Union[str, "os.PathLike[str]"]] = None,
        timeout: float = 30.0,
    ) -> None:
        given = [os.fspath(flag) if isinstance(flag, os.PathLike) else str(flag) for flag in flags]
        command = [os.fspath(binary or installed.find()), "--until-eof", *given]
        if not _has(given, "--listen"):
            command += ["--listen", "127.0.0.1:0"]
        scheme = "https" if _has(given, "--tls") else "http"
        ready = [f"listening on {scheme}://"]
        if _has(given, "--proxy"):
            ready.append("proxy on http://")
        self._process = Process(command, ready, timeout)
        urls = [line.split(" on ", 1)[1] for line in self._process.ready]
        self.proxy_url = urls[1] if len(urls) > 1 else None
        self._control = Control(scheme, urls[0].split("://", 1)[1], self._process.state)
        self._lending = threading.Lock()
        self._free: List[int] = []
        self._next = _FIRST

    @property
    def pid(self) -> int:
        """The id of the emulator's process."""
        return self._process.pid

    @property
    def log(self) -> List[str]:
        """The latest lines that the emulator wrote to standard error, at most 5,000: one for each error of
        the API, with the given and the allowed values; with the flag `--log text` one for each request."""
        return self.log_after(0)

    def log_position(self) -> int:
        """The place in the log after its last line, for `log_after`."""
        self._catch_up()
        return self._process.log.last

    def log_after(self, position: int) -> List[str]:
        """The lines of the log since `log_position` returned this place.

        >>> position = emulator.log_position()
        >>> run_the_program()
        >>> assert not emulator.log_after(position), "the program made no bad request"
        """
        self._catch_up()
        return self._process.log.after(position)

    def account(self) -> Account:
        """An account of its own, with the first free access key id of 1000000000000001 and so on. Release it
        after use: the emulator takes 999 of them.

        >>> account = emulator.account()
        >>> account.access_key_id
        '1000000000000001'
        >>> account.release()
        """
        with self._lending:
            if self._free:
                key_id = heapq.heappop(self._free)
            elif self._next < _FIRST + _ACCOUNTS:
                key_id = self._next
                self._next += 1
            else:
                raise EmulatorError(
                    f"{_ACCOUNTS} accounts are in use, which is the most that an emulator takes; call "
                    "release() on one that is not needed, or start another Emulator"
                )
        return Account(self._control, str(key_id), self._take_back)

    def stop(self, timeout: float = 10.0) -> None:
        """Ends the emulator, which saves its archive if it has one. After `timeout` seconds it is killed.
        Raises an `EmulatorError` with its last lines if it was killed or ended with an error, such as a
        last save that failed. Does nothing if it was stopped before."""
        self._process.stop(timeout)

    def __enter__(self) -> Emulator:
        return self

    def __exit__(
        self,
        kind: Optional[Type[BaseException]],
        error: Optional[BaseException],
        traceback: Optional[TracebackType],
    ) -> None:
        self.stop()

    def _take_back(self, key_id: str) -> None:
        with self._lending:
            heapq.heappush(self._free, int(key_id))

    def _catch_up(self) -> None:
        """Waits until the log has all lines of the requests that were answered before. The emulator writes
        them a moment after its answer, in their order: the line of one more request is the last."""
        request_id = self._control.request_id_of_a_refusal()
        if request_id is None:
            self._process.log.wait_for_end(1)
        else:
            self._process.log.take(request_id, 5)


def _has(flags: Sequence[str], name: str) -> bool:
    return any(flag == name or flag.startswith(f"{name}=") for flag in flags)
