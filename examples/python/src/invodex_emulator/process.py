"""The process of an emulator: its start, its end, and what it writes."""

from __future__ import annotations

import subprocess
import threading
from typing import IO, List, Optional, Sequence, cast

from .errors import EmulatorError
from .log import Log

# Reports of pytest show the line of the test that calls, in place of these.
__tracebackhide__ = True

#: The number of lines of the log that an error shows.
_SHOWN = 20


class Process:
    """A started emulator. It ends with the process that started it, however that ends: its standard input
    is a pipe, of which only that process has the other end."""

    #: The lines that it prints when it is ready.
    ready: List[str]

    def __init__(self, command: Sequence[str], ready_lines: Sequence[str], timeout: float) -> None:
        """Starts it and waits until it has printed lines that begin with `ready_lines`."""
        self.log = Log()
        self._stopping = threading.Lock()
        self._stopped = False
        try:
            self._popen = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                # Ctrl-C in a terminal is for the tests, which stop the emulator when they are done.
                start_new_session=True,
            )
        except OSError as error:
            raise EmulatorError(
                f"{command[0]} cannot be run: {error.strerror}; allowed is the path of the binary "
                "invodex-emulator"
            ) from error
        stderr = self._pipe(self._popen.stderr)
        threading.Thread(
            target=self.log.read, args=(stderr,), name="invodex-emulator stderr", daemon=True
        ).start()
        try:
            self.ready = self._wait_until_ready(ready_lines, timeout)
        except BaseException:
            self._popen.kill()
            self._close()
            raise

    @property
    def pid(self) -> int:
        """The id of the process."""
        return self._popen.pid

    def stop(self, timeout: float) -> None:
        """Ends it as an operator would, with SIGTERM. Does nothing if it was stopped before."""
        with self._stopping:
            if self._stopped:
                return
            self._stopped = True
            self._popen.terminate()
            try:
                problem = self._code_text(self._popen.wait(timeout))
            except subprocess.TimeoutExpired:
                self._popen.kill()
                problem = f"it did not end within {timeout:g} s and was killed"
            except BaseException:
                self._popen.kill()
                raise
            finally:
                self._close()
            if problem:
                raise EmulatorError(self._with_lines(f"the emulator ended with an error: {problem}"))

    def state(self) -> str:
        """Says why it does not answer, with its last lines."""
        if self._stopped:
            return "the emulator was stopped"
        try:
            # Its port is closed just before it ends.
            code = self._popen.wait(2)
        except subprocess.TimeoutExpired:
            return self._with_lines("the emulator runs, but did not answer")
        self.log.wait_for_end(1)
        return self._with_lines(
            f"the emulator has ended: {self._code_text(code) or 'it was ended from outside'}"
        )

    def _wait_until_ready(self, ready_lines: Sequence[str], timeout: float) -> List[str]:
        late = threading.Event()

        def give_up() -> None:
            late.set()
            self._popen.kill()

        timer = threading.Timer(timeout, give_up)
        timer.start()
        stdout, lines = self._pipe(self._popen.stdout), []
        try:
            for start in ready_lines:
                line = stdout.readline().decode(errors="replace").rstrip("\n")
                if not line.startswith(start):
                    break
                lines.append(line)
        finally:
            timer.cancel()
            timer.join()
        if len(lines) == len(ready_lines) and not late.is_set():
            return lines
        if late.is_set():
            problem = f"it was not ready within {timeout:g} s and was killed"
        elif line:
            problem = f"it printed {line!r} in place of {ready_lines[len(lines)]!r} and an address"
        else:
            problem = f"it ended with exit code {self._popen.wait()}"
        self._popen.kill()
        self._popen.wait()
        self.log.wait_for_end(1)
        raise EmulatorError(self._with_lines(f"the emulator did not start: {problem}"))

    def _with_lines(self, text: str) -> str:
        return "\n".join([text, *self.log.after(0)[-_SHOWN:]])

    def _close(self) -> None:
        """Frees the pipes of the process, which has ended or ends now."""
        self._popen.wait()
        self.log.wait_for_end(1)
        for pipe in (self._popen.stdin, self._popen.stdout, self._popen.stderr):
            self._pipe(pipe).close()

    @staticmethod
    def _code_text(code: int) -> Optional[str]:
        if code == 0:
            return None
        return f"signal {-code}" if code < 0 else f"exit code {code}"

    @staticmethod
    def _pipe(pipe: Optional[IO[bytes]]) -> IO[bytes]:
        return cast("IO[bytes]", pipe)
