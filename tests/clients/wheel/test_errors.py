"""Everything that can go wrong has one clear error."""

import http.server
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from datetime import datetime
from pathlib import Path

import invodex_emulator
import pytest
from invodex_emulator import Emulator, EmulatorError, Step


def program(path, text):
    """An executable shell script."""
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


def test_a_port_in_use():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = "127.0.0.1:{1}".format(*taken.getsockname())
        with pytest.raises(EmulatorError) as error:
            Emulator("--listen", address)
    text = str(error.value)
    assert text.startswith("the emulator did not start: it ended with exit code 2\n")
    assert f"--listen {address}: " in text and "in use" in text
    assert (error.value.status, error.value.code) == (None, None)


@pytest.mark.parametrize(
    "flags, said",
    [
        (["--load", "no-such-file"], "no-such-file: No such file"),
        (["--no-such-flag"], "--no-such-flag"),
        (["--auto-complete", "soon"], "invalid value 'soon'"),
        (["--archive", "no-such-dir/archive"], "no-such-dir"),
    ],
)
def test_flags_that_are_refused(flags, said):
    with pytest.raises(EmulatorError, match="exit code 2") as error:
        Emulator(*flags)
    assert said in str(error.value)


def test_a_flag_that_prints_something_else():
    with pytest.raises(EmulatorError, match="printed 'invodex-emulator .*' in place of 'listening on"):
        Emulator("--version")


def test_an_emulator_that_is_never_ready(tmp_path):
    pid = tmp_path / "pid"
    silent = program(tmp_path / "silent", f"echo $$ >{pid}; echo hm >&2; exec sleep 100")
    with pytest.raises(EmulatorError, match="not ready within 2 s and was killed\nhm"):
        Emulator(binary=silent, timeout=2)
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid.read_text()), 0)


def test_a_binary_that_cannot_be_run(tmp_path):
    with pytest.raises(EmulatorError, match="no-such-binary cannot be run: No such file"):
        Emulator(binary="/no-such-binary")
    plain = tmp_path / "plain"
    plain.write_text("plain")
    with pytest.raises(EmulatorError, match="plain cannot be run: Permission denied; allowed is"):
        Emulator(binary=plain)


def test_a_binary_that_is_not_installed(tmp_path):
    package = Path(invodex_emulator.__file__).parent
    shutil.copytree(package, tmp_path / "invodex_emulator")
    code = """
from invodex_emulator import Emulator, EmulatorError
try:
    Emulator()
except EmulatorError as error:
    print(error)
"""
    # The interpreter of which this environment was made has no such package.
    python = Path(sys.base_prefix) / "bin/python3"
    said = subprocess.run(
        [python, "-c", code],
        env={"PYTHONPATH": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"},
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    assert said.startswith("the binary invodex-emulator is not installed; looked for /"), said
    assert "or give binary=PATH" in said


def test_a_refused_request(invodex_emulator):
    with pytest.raises(EmulatorError) as refused:
        invodex_emulator.update_run("t-none", "i-1", "Running")
    error = refused.value
    assert (error.status, error.code) == (404, "InvalidInvokeId.NotFound")
    assert error.message in str(error) and error.detail in str(error)


@pytest.mark.parametrize(
    "call, status, said",
    [
        (lambda it: it.update_run("t-1", "i-1", "Done"), 400, 'given "Done", allowed Pending, '),
        (lambda it: it.update_run("t-1", "i-1", exit_code="x"), 400, "ExitCode"),
        (lambda it: it.add_outcome(default=True), 400, "give Steps, or Result"),
        (lambda it: it.add_outcome(result=Step("Success")), 400, "give one of CommandId"),
        (lambda it: it.add_fault(action="Fly", code="Throttling"), 400, 'given "Fly"'),
        (lambda it: it.set_clock("noon"), 400, 'given "noon"'),
        (lambda it: it.advance_clock(-1), 400, "-1"),
        (lambda it: it.advance_clock(None), 400, "InvalidBody"),
        (lambda it: it.reset("noon"), 400, 'given "noon"'),
        (lambda it: it.reboot(""), 400, "allowed is the id of an instance"),
        (lambda it: it.load_records({"a": 1}), 400, ""),
        (lambda it: it.load_records("{"), 400, "InvalidBody"),
        (lambda it: it.load_records(b" " * 1_048_577), 413, "at most 1048576 bytes"),
        (lambda it: it.list_instances({"Instances": {"Instance": [{}]}}), 400, "InstanceId"),
        (lambda it: it.events(form="Morse"), 400, "allowed EventBridge, CloudMonitor"),
    ],
)
def test_values_that_the_emulator_refuses(invodex_emulator, call, status, said):
    with pytest.raises(EmulatorError) as refused:
        call(invodex_emulator)
    assert refused.value.status == status
    assert said in str(refused.value)


@pytest.mark.parametrize(
    "call, said",
    [
        (lambda it: it.add_outcome(name="x"), "unexpected keyword argument 'name'"),
        (lambda it: it.update_run("t-1", "i-1", delay_ms=1), "unexpected keyword argument 'delay_ms'"),
        (lambda it: Step(status="Success"), "unexpected keyword argument 'status'"),
        (lambda it: it.add_fault("RunCommand"), "positional argument"),
        (lambda it: it.update_run("t-1", "i-1", output=5), "output: given 5, allowed are bytes"),
        (
            lambda it: it.add_outcome(default=True, steps=[Step("Running"), object()]),
            r"steps\[1\]: given <object",
        ),
    ],
)
def test_wrong_fields_and_types(invodex_emulator, call, said):
    with pytest.raises(TypeError, match=said):
        call(invodex_emulator)


def test_a_time_without_a_zone(invodex_emulator):
    with pytest.raises(ValueError, match="time zone, allowed is one with tzinfo=timezone.utc"):
        invodex_emulator.set_clock(datetime(2024, 5, 1))


def test_an_emulator_that_was_killed(tmp_path):
    emulator = Emulator()
    account = emulator.account()
    events = account.events()
    os.kill(emulator.pid, signal.SIGKILL)
    assert list(events) == []
    for call in emulator.health, account.reset, account.events, account.release:
        with pytest.raises(EmulatorError, match="no answer from .* has ended: signal 9"):
            call()
    assert emulator.log == []
    with pytest.raises(EmulatorError, match="the emulator ended with an error: signal 9"):
        emulator.stop()
    emulator.stop()


def test_an_emulator_that_was_ended_from_outside():
    with Emulator() as emulator:
        os.kill(emulator.pid, signal.SIGTERM)
        until = time.monotonic() + 10
        while time.monotonic() < until:
            try:
                emulator.health()
            except EmulatorError as error:
                assert "has ended: it was ended from outside" in str(error)
                break
        else:
            pytest.fail("it still answers")


def test_an_emulator_that_was_stopped():
    emulator = Emulator()
    emulator.stop()
    with pytest.raises(EmulatorError, match="the emulator was stopped"):
        emulator.reset()


def test_a_last_save_that_fails(tmp_path):
    place = tmp_path / "place"
    place.mkdir()
    emulator = Emulator("--archive", place / "archive", "--save-every", 3_600)
    emulator.add_fault(delay_ms=1)
    shutil.rmtree(place)
    with pytest.raises(EmulatorError, match="(?s)ended with an error: exit code 1\n.*archive"):
        emulator.stop()
    emulator.stop()


def test_an_emulator_that_does_not_end(tmp_path):
    stubborn = program(
        tmp_path / "stubborn", "trap '' TERM\necho listening on http://127.0.0.1:1\nexec sleep 100"
    )
    emulator = Emulator(binary=stubborn)
    with pytest.raises(EmulatorError, match="did not end within 0.1 s and was killed"):
        emulator.stop(timeout=0.1)
    with pytest.raises(ProcessLookupError):
        os.kill(emulator.pid, 0)


def test_a_server_that_is_something_else(tmp_path):
    class Other(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"hello")

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Other) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        address = "127.0.0.1:{1}".format(*server.server_address)
        # It ends with its standard input.
        other = program(tmp_path / "other", f"echo listening on http://{address}\nexec cat")
        with Emulator(binary=other) as emulator:
            with pytest.raises(EmulatorError, match="no JSON object: b'hello'"):
                emulator.health()
            # A program that ends by the signal has no handler for it.
            with pytest.raises(EmulatorError, match="signal 15"):
                emulator.stop()
        server.shutdown()
        thread.join()


def test_an_account_that_was_released(invodex_emulator_session):
    account = invodex_emulator_session.account()
    account.release()
    account.release()
    for call in account.health, account.reset, account.events:
        with pytest.raises(EmulatorError, match="was released; .* Take a new one"):
            call()


def test_too_many_accounts():
    with Emulator() as emulator:
        emulator.add_fault(delay_ms=1)
        accounts = [emulator.account() for _ in range(999)]
        for account in accounts:
            account.add_fault(delay_ms=1)
        with pytest.raises(EmulatorError, match="999 accounts are in use, .* call release"):
            emulator.account()
        accounts[500].release()
        accounts[20].release()
        again = [emulator.account() for _ in range(2)]
        assert [account.access_key_id for account in again] == [
            "1000000000000021",
            "1000000000000501",
        ]
        for account in again:
            assert account.faults() == []
            account.add_fault(delay_ms=1)
