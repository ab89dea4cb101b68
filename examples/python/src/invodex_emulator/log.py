"""The lines that an emulator writes to standard error."""

from __future__ import annotations

import threading
from collections import deque
from typing import IO, Deque, List, Tuple


class Log:
    """The latest lines of a stream, each with its number, counted from 1. May be used by several threads."""

    #: The number of lines that are kept.
    KEPT = 5_000

    def __init__(self) -> None:
        self._lines: Deque[Tuple[int, str]] = deque(maxlen=self.KEPT)
        self._last = 0
        self._ended = False
        self._changed = threading.Condition()

    def read(self, stream: IO[bytes]) -> None:
        """Takes all lines of the stream, until it ends."""
        for line in stream:
            self._add(line.decode(errors="replace").rstrip("\n"))
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def _add(self, line: str) -> None:
        with self._changed:
            self._last += 1
            self._lines.append((self._last, line))
            self._changed.notify_all()

    @property
    def last(self) -> int:
        """The number of the last line; 0 if there is none."""
        with self._changed:
            return self._last

    def after(self, number: int) -> List[str]:
        """The kept lines with higher numbers."""
        with self._changed:
            return [line for at, line in self._lines if at > number]

    def take(self, text: str, timeout: float) -> None:
        """Waits for a line that contains the text, and removes it. Gives up when the stream ends."""
        with self._changed:
            found = self._changed.wait_for(lambda: self._find(text) or self._ended, timeout)
            if isinstance(found, tuple):
                self._lines.remove(found)

    def wait_for_end(self, timeout: float) -> None:
        """Waits until the stream has ended."""
        with self._changed:
            self._changed.wait_for(lambda: self._ended, timeout)

    def _find(self, text: str) -> Tuple[int, str] | None:
        return next((line for line in reversed(self._lines) if text in line[1]), None)
