"""The one exception of the package."""

from __future__ import annotations

from typing import Optional


class EmulatorError(Exception):
    """The emulator did not start, refused a control request, does not answer, or ended with an error.

    The text says what was given, what is allowed and what to do. The attributes are those of a refused
    request; they are `None` for every other problem.

    >>> from invodex_emulator import Emulator, EmulatorError
    >>> with Emulator() as emulator:
    ...     try:
    ...         emulator.set_clock("noon")
    ...     except EmulatorError as error:
    ...         print(error.status, error.code, error.detail)
    400 InvalidTime Now: given "noon", allowed is a time as 2026-03-01T00:00:00Z
    """

    #: The status of the answer, such as 400.
    status: Optional[int]
    #: The code of the error, such as `InvalidTime`.
    code: Optional[str]
    #: The message of the error.
    message: Optional[str]
    #: The given and the allowed values.
    detail: Optional[str]

    def __init__(
        self,
        text: str,
        *,
        status: Optional[int] = None,
        code: Optional[str] = None,
        message: Optional[str] = None,
        detail: Optional[str] = None,
    ) -> None:
        super().__init__(text)
        self.status, self.code, self.message, self.detail = status, code, message, detail
