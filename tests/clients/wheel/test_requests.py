"""Every control request, and what the API answers after it."""

import json
from datetime import datetime, timedelta, timezone

import pytest
from darabonba.exceptions import DaraException
from ecs import Ecs
from invodex_emulator import EmulatorError, Event, Fault, Loaded, Step
from Tea.exceptions import TeaException


@pytest.fixture
def ecs(invodex_emulator):
    return Ecs(invodex_emulator)


def test_the_configuration_of_the_sdk(invodex_emulator, invodex_emulator_session):
    account, emulator = invodex_emulator, invodex_emulator_session
    assert account.url == f"http://{account.endpoint}"
    assert account.endpoint == emulator.endpoint
    assert len(account.access_key_id) == 16
    assert account.sdk_config() == {
        "access_key_id": account.access_key_id,
        "access_key_secret": "secret",
        "endpoint": account.endpoint,
        "protocol": "http",
        "region_id": "cn-hangzhou",
    }
    assert emulator.sdk_config()["access_key_id"] == "test"
    assert repr(account) == f"Account(url='{account.url}', access_key_id='{account.access_key_id}')"


def test_an_outcome_with_a_result(invodex_emulator, ecs):
    invodex_emulator.add_outcome(
        command_name="backup", times=1, result=Step("Failed", exit_code=75, output=b"disk full")
    )
    invodex_emulator.add_outcome(command_name="backup", result=Step("Success", output="ätsch"))
    ids = [ecs.run_command(Name="backup") for _ in range(2)]
    invodex_emulator.advance_clock(0)
    found = [ecs.result(invoke_id) for invoke_id in ids]
    assert [(run["InvocationStatus"], run.get("ExitCode"), run["Output"]) for run in found] == [
        ("Failed", 75, "disk full"),
        ("Success", 0, "ätsch"),
    ]


@pytest.mark.parametrize(
    "choice",
    [
        {"command_content": "df -h"},
        {"content_pattern": "df*"},
        {"instance_id": "i-1"},
        {"default": True},
    ],
)
def test_the_choices_of_an_outcome(invodex_emulator, ecs, choice):
    invodex_emulator.add_outcome(**choice, result=Step("Invalid"))
    invoke_id = ecs.run_command()
    invodex_emulator.advance_clock(0)
    assert ecs.result(invoke_id)["InvocationStatus"] == "Invalid"


def test_an_outcome_of_a_command_id(invodex_emulator, ecs):
    kept = ecs.run_command(KeepCommand=True)
    (found,) = ecs.invocations(InvokeId=kept)
    with pytest.raises(EmulatorError, match="allowed any other"):
        invodex_emulator.add_outcome(command_id="", result=Step("Success"))
    invodex_emulator.add_outcome(command_id=found["CommandId"], result=Step("Success"))


def test_an_outcome_with_steps(invodex_emulator, ecs):
    steps = [
        Step("Running", delay_ms=1_000),
        Step(append="one "),
        Step("Failed", delay_ms=1_000, exit_code=3, append="two", error_info="no"),
    ]
    invodex_emulator.add_outcome(default=True, steps=steps)
    invoke_id = ecs.run_command()
    assert ecs.result(invoke_id)["InvocationStatus"] == "Pending"
    invodex_emulator.advance_clock(1)
    running = ecs.result(invoke_id)
    assert (running["InvocationStatus"], running["Output"]) == ("Running", "one ")
    assert invodex_emulator.advance_clock(1) == "2024-05-01T00:00:02Z"
    failed = ecs.result(invoke_id)
    assert (failed["ExitCode"], failed["Output"], failed["ErrorInfo"]) == (3, "one two", "no")
    assert failed["FinishedTime"] == "2024-05-01T00:00:02Z"


def test_a_run_that_is_changed(invodex_emulator, ecs):
    invoke_id = ecs.run_command()
    zone = timezone(timedelta(hours=8))
    started = datetime(2024, 5, 1, 8, 0, 5, 999_999, tzinfo=zone)
    invodex_emulator.update_run(invoke_id, "i-1", "Running", start_time=started, output="a")
    invodex_emulator.update_run(
        invoke_id,
        "i-1",
        "Failed",
        exit_code=1,
        append=b"b",
        dropped=7,
        repeats=2,
        time="2024-05-01T00:00:10Z",
        finish_time="2024-05-01T00:00:09Z",
        error_code="Mine",
        error_info="mine",
    )
    found = ecs.result(invoke_id)
    expected = {
        "InvocationStatus": "Failed",
        "StartTime": "2024-05-01T00:00:05Z",
        "FinishedTime": "2024-05-01T00:00:09Z",
        "ExitCode": 1,
        "Output": "ab",
        "Dropped": 7,
        "Repeats": 2,
        "ErrorCode": "Mine",
        "ErrorInfo": "mine",
    }
    assert {name: found[name] for name in expected} == expected
    invodex_emulator.update_run(invoke_id, "i-1", stop_time="2024-05-01T00:00:08Z")
    assert ecs.result(invoke_id)["StopTime"] == "2024-05-01T00:00:08Z"
    invodex_emulator.update_run(invoke_id, "i-1", stop_time="")
    assert ecs.result(invoke_id)["StopTime"] == ""


def test_a_recurring_task_that_is_scheduled_again(invodex_emulator, ecs):
    invoke_id = ecs.run_command(RepeatMode="Period", Frequency="rate(1h)")
    invodex_emulator.update_run(invoke_id, "i-1", "Running")
    invodex_emulator.update_run(invoke_id, "i-1", "Success", exit_code=0, reschedule=True)
    history = ecs.invocations(InvokeId=invoke_id)
    assert [found["InvocationStatus"] for found in history] == ["Scheduled"]


def test_the_clock(invodex_emulator, ecs):
    later = datetime(2024, 5, 3, tzinfo=timezone.utc)
    assert invodex_emulator.set_clock(later) == "2024-05-03T00:00:00Z"
    assert invodex_emulator.advance_clock(60) == "2024-05-03T00:01:00Z"
    ecs.run_command()
    assert invodex_emulator.set_clock("2024-05-02T00:00:00Z") == "2024-05-03T00:01:00Z"


def test_a_reset(invodex_emulator, ecs):
    ecs.run_command()
    invodex_emulator.add_fault(delay_ms=1)
    invodex_emulator.reset()
    assert (ecs.invocations(), invodex_emulator.faults()) == ([], [])
    invodex_emulator.reset(datetime(2023, 1, 1, tzinfo=timezone.utc))
    ecs.run_command()
    assert ecs.invocations()[0]["CreationTime"] == "2023-01-01T00:00:00Z"


@pytest.mark.parametrize("form", [dict, str, bytes])
def test_captured_records(invodex_emulator, ecs, form):
    ecs.run_command(Name="one")
    ecs.run_command(Name="two")
    captured = ecs.describe_invocations()
    records = captured["Invocations"]["Invocation"]
    invodex_emulator.reset()
    old = dict(records[0], InvokeId="t-old", CreationTime="2020-01-01T00:00:00Z")
    records.append(old)
    text = json.dumps(captured)
    capture = {dict: captured, str: text, bytes: text.encode()}[form]
    assert invodex_emulator.load_records(capture) == Loaded(loaded=2, not_retained=1)
    assert [found["CommandName"] for found in ecs.invocations()] == ["two", "one"]


def test_listed_instances(invodex_emulator, ecs):
    answer = {"Instances": {"Instance": [{"InstanceId": "i-1"}, {"InstanceId": "i-2"}]}}
    assert invodex_emulator.list_instances(answer) == 2
    ecs.run_command(InstanceId=["i-2"])
    with pytest.raises((TeaException, DaraException), match="InvalidInstance.NotFound"):
        ecs.run_command(InstanceId=["i-3"])
    assert invodex_emulator.list_instances(json.dumps({"Instances": {"Instance": []}})) == 0


def test_a_reboot(invodex_emulator, ecs):
    invodex_emulator.add_outcome(default=True, result=Step("Success"))
    invoke_id = ecs.run_command(RepeatMode="NextRebootOnly")
    assert ecs.result(invoke_id)["InvocationStatus"] == "Scheduled"
    assert invodex_emulator.reboot("i-2") == 0
    assert invodex_emulator.reboot("i-1") == 1
    assert ecs.result(invoke_id)["InvocationStatus"] == "Success"


def test_faults(invodex_emulator, ecs):
    invodex_emulator.add_fault(
        action="RunCommand", instance_id="i-1", from_=2, times=1, code="Throttling.User"
    )
    invodex_emulator.add_fault(
        action="DescribeInvocations", probability=1, code="Mine", status=418, message="mine"
    )
    invodex_emulator.add_fault(action="DescribeInvocationResults", cut="BeforeAction", delay_ms=1)
    ecs.run_command()
    with pytest.raises((TeaException, DaraException), match="Throttling.User"):
        ecs.run_command()
    invoke_id = ecs.run_command()
    with pytest.raises((TeaException, DaraException), match="mine"):
        ecs.invocations()
    with pytest.raises(Exception, match="(?i)connection|remote"):
        ecs.result(invoke_id)
    assert invodex_emulator.faults() == [
        Fault(3, 1, 2, 0, "RunCommand", "i-1", times=1, code="Throttling.User"),
        Fault(1, 1, 1, 0, "DescribeInvocations", None, None, 1.0, "Mine", 418, "mine"),
        Fault(1, 1, 1, 1, "DescribeInvocationResults", cut="BeforeAction"),
    ]
    invodex_emulator.clear_faults()
    assert invodex_emulator.faults() == []
    assert len(ecs.invocations()) == 2


def test_events(invodex_emulator, ecs):
    with invodex_emulator.events(timeout=10) as events:
        invoke_id = ecs.run_command(InstanceId=["i-1", "i-2"])
        invodex_emulator.update_run(invoke_id, "i-1", "Running")
        invodex_emulator.update_run(invoke_id, "i-1", "Success")
        seen = [next(events), next(events)]
    assert [(event, data["invocationStatus"]) for event, data in seen] == [
        ("progress", "Running"),
        ("task", "Success"),
    ]
    assert isinstance(seen[0], Event)
    assert all(data["invokeId"] == invoke_id for _, data in seen)
    assert list(events) == []
    events.close()


def test_events_of_cloud_monitor(invodex_emulator, ecs):
    with pytest.raises(EmulatorError, match="PlayerUid"):
        invodex_emulator.events(form="CloudMonitor")
    asked = {"form": "CloudMonitor", "player_uid": 12, "owner_id": 34}
    with invodex_emulator.events(**asked) as events:
        invodex_emulator.update_run(ecs.run_command(), "i-1", "Running")
        event = next(events)
    assert event.event == "progress"
    assert "12" in json.dumps(event.data)


def test_a_wait_for_an_event_that_does_not_come(invodex_emulator, ecs):
    with invodex_emulator.events(timeout=0.05) as events:
        with pytest.raises(EmulatorError, match="no event came within 0.05 s"):
            next(events)
        # The stream goes on.
        invodex_emulator.update_run(ecs.run_command(), "i-1", "Running")
        for _ in range(100):
            try:
                assert next(events).event == "progress"
                break
            except EmulatorError:
                continue
        else:
            pytest.fail("the event did not come")


def test_the_end_of_events_by_a_reset(invodex_emulator):
    with invodex_emulator.events(timeout=10) as events:
        invodex_emulator.reset()
        assert list(events) == []


def test_health(invodex_emulator):
    health = invodex_emulator.health()
    assert health["Status"] == "ok"
    assert health["Stores"] >= 1
    assert health["Archive"] is None
