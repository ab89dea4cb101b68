"""The pytest plugin, in sessions of its own."""

import os
import re

import pytest

REFUSED = """
    def refused(account, instance_id):
        url = f"{account.url}/?Action=StopInvocation&Version=2014-05-26&RegionId=cn-hangzhou"
        url += f"&AccessKeyId={account.access_key_id}&InvokeId={instance_id}"
        with pytest.raises(urllib.error.HTTPError) as error:
            urllib.request.urlopen(url)
        error.value.close()
"""


@pytest.fixture
def session(pytester):
    """Runs pytest on a file with this text, in a process of its own."""

    def run(text, *arguments):
        head = "import os, pathlib, pytest, urllib.error, urllib.request\n"
        pytester.makepyfile(head + re.sub("^    ", "", text, flags=re.MULTILINE))
        return pytester.runpytest_subprocess("-p", "no:cacheprovider", *arguments)

    return run


def test_1200_accounts(session):
    result = session("""
    @pytest.mark.parametrize("number", range(1_200))
    def test_one(invodex_emulator, number):
        assert invodex_emulator.faults() == []
        invodex_emulator.add_fault(delay_ms=number + 1)
        assert len(invodex_emulator.faults()) == 1
    """)
    result.assert_outcomes(passed=1_200)


def test_two_tests_do_not_see_each_others_records(session):
    result = session("""
    CAPTURE = {"Invocations": {"Invocation": [{"InvokeId": "t-%s", "CommandType": "RunShellScript",
        "CommandId": "c-1", "CreationTime": "2024-05-01T00:00:00Z", "InvokeInstances": {"InvokeInstance": [
        {"InstanceId": "i-1", "InvocationStatus": "Pending"}]}}]}}

    @pytest.fixture
    def second(invodex_emulator_session):
        with invodex_emulator_session.account() as account:
            yield account

    def count(account):
        url = f"{account.url}/?Action=DescribeInvocations&Version=2014-05-26&RegionId=cn-hangzhou"
        with urllib.request.urlopen(f"{url}&AccessKeyId={account.access_key_id}") as answer:
            return answer.read().count(b'"InvokeId":"t-')

    @pytest.mark.parametrize("number", range(3))
    def test_one(invodex_emulator, second, number):
        capture = str(CAPTURE).replace("%s", str(number)).replace("'", '"')
        assert (count(invodex_emulator), count(second)) == (0, 0)
        invodex_emulator.load_records(capture)
        assert (count(invodex_emulator), count(second)) == (1, 0)
    """, "-o", "invodex_emulator_flags=--now 2024-05-01T00:00:00Z")
    result.assert_outcomes(passed=3)


def test_the_report_of_a_failed_test(session):
    result = session(REFUSED + """
    def test_passes(invodex_emulator):
        refused(invodex_emulator, "t-passes")

    def test_fails(invodex_emulator):
        refused(invodex_emulator, "t-fails")
        print("printed")
        assert False

    def test_fails_by_the_session(invodex_emulator_session):
        refused(invodex_emulator_session, "t-session")
        assert False

    @pytest.fixture
    def broken(invodex_emulator):
        refused(invodex_emulator, "t-before")
        yield
        refused(invodex_emulator, "t-after")
        assert False

    def test_is_torn_down(broken):
        pass

    def test_is_quiet(invodex_emulator):
        assert False

    def test_is_without():
        assert False
    """)
    result.assert_outcomes(passed=2, failed=4, errors=1)
    text = result.stdout.str()
    reports = dict(re.findall(r"^_+ (?:ERROR at \w+ of )?(\w+) _+$(.*?)(?=^[_=]{5})", text, re.M | re.S))
    sections = {
        name: re.findall(r"t-\w+", report.partition("- invodex-emulator -")[2])
        for name, report in reports.items()
    }
    assert sections == {
        "test_fails": ["t-fails"],
        "test_fails_by_the_session": ["t-session"],
        "test_is_torn_down": ["t-before", "t-after"],
        "test_is_quiet": [],
        "test_is_without": [],
    }
    assert text.count("- invodex-emulator -") == 3
    assert "InvalidInvokeId.NotFound" in reports["test_fails"]


def test_the_first_test_fails(session):
    result = session(REFUSED + """
    def test_fails(invodex_emulator):
        refused(invodex_emulator, "t-fails")
        assert False
    """)
    result.assert_outcomes(failed=1)
    result.stdout.re_match_lines([r"-+ invodex-emulator -+", r".*InvalidInvokeId.NotFound.*t-fails.*"])


def test_the_requests_of_a_failed_test(session):
    result = session(REFUSED + """
    def test_passes(invodex_emulator):
        refused(invodex_emulator, "t-passes")

    def test_fails(invodex_emulator):
        invodex_emulator.add_fault(delay_ms=1)
        refused(invodex_emulator, "t-fails")
        assert False
    """, "-o", "invodex_emulator_flags=--log text")
    result.assert_outcomes(passed=1, failed=1)
    lines = result.stdout.str().partition("- invodex-emulator -")[2].splitlines()[1:3]
    assert re.search(" 200 POST /_emulator/faults 1000000000000001 ", lines[0]), lines
    assert re.search(" 404 StopInvocation 1000000000000001 .*t-fails", lines[1]), lines


def test_flags_of_the_configuration(session, pytester):
    pytester.makeini("[pytest]\ninvodex_emulator_flags = --now '2023-01-01T00:00:00Z' --seed 1\n")
    text = """
    def test_one(invodex_emulator, invodex_emulator_flags):
        assert invodex_emulator_flags == ["--now", "2023-01-01T00:00:00Z", "--seed", "1"]
        assert invodex_emulator.advance_clock(0) == "2023-01-01T00:00:00Z"
    """
    session(text).assert_outcomes(passed=1)


def test_flags_of_a_fixture(session, pytester):
    pytester.makeconftest("""
        import pytest

        @pytest.fixture(scope="session")
        def invodex_emulator_flags(tmp_path_factory):
            return ["--now", "2022-01-01T00:00:00Z", "--archive", tmp_path_factory.mktemp("it") / "archive"]
    """)
    text = """
    def test_one(invodex_emulator):
        assert invodex_emulator.advance_clock(0) == "2022-01-01T00:00:00Z"
        assert invodex_emulator.health()["Archive"] is not None
    """
    session(text).assert_outcomes(passed=1)


def test_flags_that_are_refused(session):
    text = "    def test_one(invodex_emulator): pass"
    result = session(text, "-o", "invodex_emulator_flags=--load no-such-file")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*EmulatorError: the emulator did not start: *exit code 2"])
    result.stdout.fnmatch_lines(["*no-such-file*"])


def test_an_emulator_that_ends_between_two_tests(session):
    result = session("""
    def test_one(invodex_emulator_session):
        os.kill(invodex_emulator_session.pid, 9)

    def test_two(invodex_emulator):
        invodex_emulator.reset()
    """)
    result.assert_outcomes(passed=1, failed=1, errors=1)
    result.stdout.fnmatch_lines(["*EmulatorError: no answer from *: the emulator has ended: signal 9"])


def test_the_emulator_starts_with_the_first_test_that_needs_it_and_ends_with_the_session(session, pytester):
    result = session("""
    def children():
        return pathlib.Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()

    def test_without():
        assert children() == []

    def test_with(invodex_emulator_session):
        assert children() == [str(invodex_emulator_session.pid)]
        pathlib.Path("pid").write_text(children()[0])

    def test_again(invodex_emulator_session):
        assert children() == [pathlib.Path("pid").read_text()]
    """)
    result.assert_outcomes(passed=3)
    pid = (pytester.path / "pid").read_text()
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid), 0)


def test_an_emulator_for_each_worker_of_xdist(session, pytester):
    result = session(REFUSED + """
    @pytest.mark.parametrize("number", range(40))
    def test_one(invodex_emulator, invodex_emulator_session, worker_id, number):
        pathlib.Path(f"{worker_id}-{invodex_emulator_session.pid}").touch()
        assert invodex_emulator.faults() == []
        invodex_emulator.add_fault(delay_ms=1, action="RunCommand")
        assert len(invodex_emulator.faults()) == 1

    def test_fails(invodex_emulator):
        refused(invodex_emulator, "t-fails")
        assert False
    """, "-n", "2")
    result.assert_outcomes(passed=40, failed=1)
    result.stdout.re_match_lines([r"-+ invodex-emulator -+", r".*t-fails.*"])
    seen = [path.name.split("-") for path in pytester.path.glob("gw*-*")]
    assert sorted(worker for worker, _ in seen) == ["gw0", "gw1"]
    assert len({pid for _, pid in seen}) == 2
