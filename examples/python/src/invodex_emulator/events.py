"""The stream of status changes."""

from __future__ import annotations

import json
import queue
import socket
import threading
from http.client import HTTPConnection, HTTPException, HTTPResponse
from types import TracebackType
from typing import Any, Dict, Iterator, NamedTuple, Optional, Type

from .errors import EmulatorError

# Reports of pytest show the line of the test that calls, in place of these.
__tracebackhide__ = True


class Event(NamedTuple):
    """A status change of a run."""

    #: `task` for a change that the service publishes too, else `progress`; `missed` with the number of
    #: events that were lost.
    event: str
    #: The event in the form that was asked for.
    data: Dict[str, Any]


class Events(Iterator[Event]):
    """The events from the moment on at which the stream was opened. A thread receives them, so that none
    waits for the test.

    The next event is waited for up to `timeout` seconds; then an `EmulatorError` is raised, and the stream
    stays open. It ends when it is closed, when its account is reset, and with the emulator.
    """

    def __init__(self, connection: HTTPConnection, response: HTTPResponse, timeout: float) -> None:
        self._connection, self._response = connection, response
        self._timeout = timeout
        self._received: queue.SimpleQueue[Optional[Event]] = queue.SimpleQueue()
        self._ended = False
        self._reader = threading.Thread(target=self._read, name="invodex-emulator events", daemon=True)
        self._reader.start()

    def __next__(self) -> Event:
        if self._ended:
            raise StopIteration
        try:
            event = self._received.get(timeout=self._timeout)
        except queue.Empty:
            raise EmulatorError(f"no event came within {self._timeout:g} s") from None
        if event is None:
            self._ended = True
            raise StopIteration
        return event

    def close(self) -> None:
        """Ends the stream. Does nothing if it has ended."""
        try:
            self._connection.sock.shutdown(socket.SHUT_RDWR)
        except (OSError, AttributeError):
            # The other side has ended it.
            pass
        self._reader.join()

    def __enter__(self) -> Events:
        return self

    def __exit__(
        self,
        kind: Optional[Type[BaseException]],
        error: Optional[BaseException],
        traceback: Optional[TracebackType],
    ) -> None:
        self.close()

    def _read(self) -> None:
        name = ""
        try:
            for line in self._response:
                field, _, value = line.decode().rstrip("\n").partition(": ")
                if field == "event":
                    name = value
                elif field == "data":
                    self._received.put(Event(name, json.loads(value)))
        except (OSError, ValueError, HTTPException):
            # Cut off, by `close` or with the emulator.
            pass
        finally:
            self._received.put(None)
            self._connection.close()
