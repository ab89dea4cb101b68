"""The life of an emulator's process, and its log."""

import http.client
import os
import signal
import socket
import subprocess
import sys
import threading
import time

import pytest
from ecs import Ecs
from invodex_emulator import Emulator, EmulatorError

NOW = "2024-05-01T00:00:00Z"

PROGRAM = """
import os, signal, sys, time
from invodex_emulator import Emulator
emulator = Emulator()
emulator.account().events()
print(emulator.pid, emulator.endpoint, flush=True)
"""


def wait_for_end(pid, endpoint):
    """Waits until the process is gone, or is one whose end nobody has asked for, and its port is free."""
    until = time.monotonic() + 10
    while time.monotonic() < until:
        try:
            with open(f"/proc/{pid}/stat") as stat:
                state = stat.read().rpartition(")")[2].split()[0]
        except FileNotFoundError:
            state = "gone"
        if state in ("gone", "Z"):
            host, port = endpoint.split(":")
            with pytest.raises(ConnectionRefusedError):
                socket.create_connection((host, int(port)))
            return
        time.sleep(0.01)
    pytest.fail(f"the emulator {pid} survives")


@pytest.mark.parametrize(
    "end",
    [
        "os.kill(os.getpid(), signal.SIGKILL)",
        "os.kill(os.getpid(), signal.SIGTERM)",
        "os.abort()",
        "os._exit(3)",
        "sys.exit(3)",
        "raise RuntimeError",
        "del emulator; time.sleep(0.2)",
        "pass",
    ],
)
def test_it_ends_with_the_process_that_started_it(end):
    program = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", PROGRAM + end], stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL, text=True, timeout=30,
    )
    pid, endpoint = program.stdout.split()
    wait_for_end(int(pid), endpoint)


def test_it_ends_with_a_process_that_is_killed_in_the_middle_of_a_request():
    # The request waits for a minute.
    code = PROGRAM + """
emulator.add_fault(delay_ms=60_000)
import urllib.request
urllib.request.urlopen(emulator.url + "/?Action=DescribeRegions&Version=2014-05-26")
"""
    program = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    pid, endpoint = program.stdout.readline().split()
    time.sleep(0.5)
    program.kill()
    program.wait()
    program.stdout.close()
    wait_for_end(int(pid), endpoint)


def test_it_ends_with_the_last_process_that_was_forked_from_the_one_that_started_it():
    code = PROGRAM + """
child = os.fork()
if child == 0:
    time.sleep(60)
print(child, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""
    program = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    pid, endpoint = program.stdout.readline().split()
    child = int(program.stdout.readline())
    program.wait()
    program.stdout.close()
    time.sleep(0.2)
    host, port = endpoint.split(":")
    socket.create_connection((host, int(port))).close()
    os.kill(child, signal.SIGKILL)
    wait_for_end(int(pid), endpoint)


def test_the_end_of_a_context():
    with Emulator() as emulator:
        assert emulator.health()["Status"] == "ok"
    wait_for_end(emulator.pid, emulator.endpoint)
    with pytest.raises(ZeroDivisionError):
        with Emulator() as emulator:
            1 / 0
    wait_for_end(emulator.pid, emulator.endpoint)


def test_several_threads_stop_it():
    emulator = Emulator()
    threads = [threading.Thread(target=emulator.stop) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    wait_for_end(emulator.pid, emulator.endpoint)


def test_ctrl_c_in_the_terminal_is_not_for_the_emulator():
    with Emulator() as emulator:
        assert os.getpgid(emulator.pid) != os.getpgid(0)


def test_flags_of_every_type(tmp_path):
    archive = tmp_path / "archive"
    with Emulator("--archive", archive, "--save-every", 0.5, "--capacity", 7, "--now", NOW) as one:
        Ecs(one).run_command(Name="kept")
        assert one.health()["Archive"]["Unsaved"] in (True, False)
    with Emulator("--archive", archive, f"--now={NOW}") as two:
        (found,) = Ecs(two).invocations()
        assert found["CommandName"] == "kept"


def test_a_port_of_its_own():
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = "127.0.0.1:{1}".format(*free.getsockname())
    with Emulator(f"--listen={address}") as emulator:
        assert emulator.endpoint == address


def test_no_proxy_is_asked(monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    with Emulator() as emulator:
        assert emulator.health()["Status"] == "ok"


def test_tls_and_proxy(tmp_path):
    with Emulator("--tls", "--tls-dir", tmp_path, "--proxy", "127.0.0.1:0", "--now", NOW) as emulator:
        assert emulator.url == f"https://{emulator.endpoint}"
        assert emulator.sdk_config()["protocol"] == "https"
        assert emulator.proxy_url.startswith("http://127.0.0.1:")
        with emulator.account() as account, account.events() as events:
            ecs = Ecs(account, ca=str(tmp_path / "ca.pem"))
            account.update_run(ecs.run_command(), "i-1", "Running")
            assert next(events).event == "progress"
        # With these flags it writes a line at start.
        assert any("ca.pem" in line for line in emulator.log)
    with Emulator() as emulator:
        assert emulator.proxy_url is None


def refuse(emulator):
    """A request that the emulator refuses with a line in its log."""
    with pytest.raises(Exception, match="MissingParam.InstanceId"):
        Ecs(emulator).run_command(InstanceId=[])


def test_the_log():
    with Emulator() as emulator:
        assert emulator.log == []
        refuse(emulator)
        (line,) = emulator.log
        assert "MissingParam.InstanceId" in line
        position = emulator.log_position()
        assert emulator.log_after(position) == []
        refuse(emulator)
        assert len(emulator.log_after(position)) == 1
        assert len(emulator.log) == 2
    assert len(emulator.log) == 2


def test_the_log_is_bounded_and_never_blocks():
    with Emulator() as emulator:
        stop = "/?Action=StopInvocation&Version=2014-05-26&RegionId=cn-hangzhou"
        connection = http.client.HTTPConnection(emulator.endpoint)
        for number in range(5_500):
            # More than a megabyte of lines, which would fill a pipe many times.
            connection.request("GET", f"{stop}&InvokeId=t-{number}")
            connection.getresponse().read()
            if number % 500 == 499:
                # The emulator drops lines when a thousand wait.
                emulator.log_position()
        connection.close()
        log = emulator.log
        assert 4_900 < len(log) <= 5_000
        assert "t-5499" in log[-1]


def test_accounts_of_several_threads():
    with Emulator() as emulator:
        seen, problems = [], []

        def use():
            try:
                for _ in range(20):
                    with emulator.account() as account:
                        seen.append(account.access_key_id)
                        account.add_fault(delay_ms=1)
                        assert len(account.faults()) == 1
            except BaseException as error:
                problems.append(error)

        threads = [threading.Thread(target=use) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert problems == []
        assert len(seen) == 160
        assert len(set(seen)) <= 8


def test_records_of_two_accounts():
    with Emulator("--now", NOW) as emulator:
        one, two = emulator.account(), emulator.account()
        Ecs(one).run_command(Name="one")
        Ecs(two).run_command(Name="two")
        Ecs(emulator).run_command(Name="shared")
        for account, name in (one, "one"), (two, "two"), (emulator, "shared"):
            assert [found["CommandName"] for found in Ecs(account).invocations()] == [name]


def test_the_signal_to_stop_is_not_an_error():
    emulator = Emulator()
    os.kill(emulator.pid, signal.SIGTERM)
    emulator.stop()
    with pytest.raises(EmulatorError):
        emulator.health()
