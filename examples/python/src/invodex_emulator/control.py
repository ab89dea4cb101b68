"""Sends control requests over HTTP."""

from __future__ import annotations

import json
import ssl
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from typing import Any, Callable, Dict, Mapping, Optional, Tuple
from urllib.parse import urlencode

from .errors import EmulatorError

# Reports of pytest show the line of the test that calls, in place of these.
__tracebackhide__ = True

#: Timeout of a request. A move of the clock over a long time takes the longest.
_TIMEOUT = 60.0


class Control:
    """Sends control requests to one emulator, each on a connection of its own. No proxy is asked."""

    def __init__(self, scheme: str, endpoint: str, state: Callable[[], str]) -> None:
        """`state` says why the emulator does not answer."""
        self.scheme, self.endpoint = scheme, endpoint
        self._state = state
        self._tls: Optional[ssl.SSLContext] = None
        if scheme == "https":
            # The other end is the process that was started here.
            self._tls = ssl.create_default_context()
            self._tls.check_hostname = False
            self._tls.verify_mode = ssl.CERT_NONE

    def send(
        self, method: str, name: str, access_key_id: str, body: Optional[bytes] = None
    ) -> Dict[str, Any]:
        """The answer to a request under `/_emulator/`. Raises an error if it is refused."""
        connection, response = self._request(
            method, f"/_emulator/{name}", {"AccessKeyId": access_key_id}, body
        )
        try:
            answer = response.read()
        except (OSError, HTTPException) as error:
            raise self._no_answer(error) from error
        finally:
            connection.close()
        return _read(response.status, answer)

    def stream(self, name: str, query: Mapping[str, str]) -> Tuple[HTTPConnection, HTTPResponse]:
        """The answer to a GET under `/_emulator/`, to be read as it comes, without a timeout."""
        connection, response = self._request("GET", f"/_emulator/{name}", query)
        if response.status != 200:
            try:
                _read(response.status, response.read())
            finally:
                connection.close()
        connection.sock.settimeout(None)
        return connection, response

    def request_id_of_a_refusal(self) -> Optional[str]:
        """The RequestId of a refused request to the API, for which the emulator writes a line to standard
        error. `None` if it does not answer."""
        try:
            connection, response = self._request("GET", "/no-path-of-the-api", {})
        except EmulatorError:
            return None
        connection.close()
        return response.headers.get("x-acs-request-id")

    def _request(
        self, method: str, path: str, query: Mapping[str, str], body: Optional[bytes] = None
    ) -> Tuple[HTTPConnection, HTTPResponse]:
        connection = self._connection()
        headers = {} if body is None else {"Content-Type": "application/json"}
        try:
            connection.request(method, f"{path}?{urlencode(query)}", body, headers)
            return connection, connection.getresponse()
        except (OSError, HTTPException) as error:
            connection.close()
            raise self._no_answer(error) from error

    def _connection(self) -> HTTPConnection:
        if self._tls is None:
            return HTTPConnection(self.endpoint, timeout=_TIMEOUT)
        return HTTPSConnection(self.endpoint, timeout=_TIMEOUT, context=self._tls)

    def _no_answer(self, error: Exception) -> EmulatorError:
        return EmulatorError(f"no answer from {self.endpoint} ({error}): {self._state()}")


def _read(status: int, answer: bytes) -> Dict[str, Any]:
    try:
        fields = json.loads(answer)
    except ValueError:
        fields = None
    if not isinstance(fields, dict):
        raise EmulatorError(
            f"status {status} with a body that is no JSON object: {answer[:200]!r}", status=status
        )
    if status == 200:
        return fields
    code, message, detail = (fields.get(name) for name in ("Code", "Message", "Recommend"))
    raise EmulatorError(
        f"{code} ({status}): {message} {detail}",
        status=status,
        code=code,
        message=message,
        detail=detail,
    )
