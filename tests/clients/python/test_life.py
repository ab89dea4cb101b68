"""What happens to runs and to the emulator."""

import base64
import os
import tempfile
import time

from case import NOW, with_both_sdks
from emulator import Emulator


@with_both_sdks
class Life:
    def test_run_report_stop_and_events(self):
        events = self.emulator.events(self.key)
        one = self.run_command(InstanceId=["i-1", "i-2", "i-3"])
        self.report(one, "Running")
        self.report(one, "Success", Output=base64.b64encode(b"done").decode())
        self.report(one, "Running", "i-2")
        self.call("StopInvocation", InvokeId=one, InstanceId=["i-2"])
        self.call("StopInvocation", InvokeId=one)
        self.report(one, "Terminated", "i-2")
        found = self.invocation(one)
        statuses = {
            run["InstanceId"]: (run["InvocationStatus"], run["InstanceInvokeStatus"])
            for run in found["InvokeInstances"]["InvokeInstance"]
        }
        expected = {
            "i-1": ("Success", "Finished"),
            "i-2": ("Terminated", "Stopped"),
            "i-3": ("Cancelled", "Stopped"),
        }
        self.assertEqual(statuses, expected)
        self.assertEqual((found["InvocationStatus"], found["InvokeStatus"]), ("Success", "Finished"))
        seen = [events.get(timeout=10) for _ in range(6)]
        self.assertEqual(
            [(name, data["instanceId"], data["invocationStatus"]) for name, data in seen],
            [
                ("progress", "i-1", "Running"),
                ("task", "i-1", "Success"),
                ("progress", "i-2", "Running"),
                ("progress", "i-2", "Stopping"),
                ("task", "i-3", "Cancelled"),
                ("task", "i-2", "Terminated"),
            ],
        )
        self.assertTrue(all(data["invokeId"] == one for _, data in seen))

    def test_a_scripted_outcome(self):
        steps = [
            {"InvocationStatus": "Running"},
            {"InvocationStatus": "Failed", "DelayMs": 20, "ExitCode": 3, "Output": "bm8="},
        ]
        self.emulator.control("outcomes", self.key, CommandName="breaks", Steps=steps)
        invoke_id = self.run_command(Name="breaks")
        until = time.monotonic() + 10
        while self.invocation(invoke_id)["InvocationStatus"] != "Failed":
            self.assertLess(time.monotonic(), until)
            time.sleep(0.01)
        (run,) = self.results(InvokeId=invoke_id)
        self.assertEqual((run["ExitCode"], run["Output"]), (3, "bm8="))

    def test_the_clock(self):
        one = self.run_command()
        day = 86_400
        self.assertEqual(self.emulator.control("clock", self.key, Advance=day)["Now"][:10], "2024-05-02")
        two = self.run_command()
        self.assertEqual(self.invocation(two)["CreationTime"], "2024-05-02T00:00:00Z")
        self.emulator.control("clock", self.key, Now="2024-05-29T00:00:01Z")
        self.assertEqual(self.ids(), [two])
        self.assertEqual(self.ids(InvokeId=one), [])
        self.emulator.control("reset", self.key)
        self.assertEqual(self.ids(), [])

    def test_a_restart_in_the_middle_of_a_walk(self):
        with tempfile.TemporaryDirectory() as directory:
            args = ["--now", NOW, "--archive", os.path.join(directory, "archive")]
            first = Emulator(*args)
            self.sdk = self.Sdk(first.address, self.key)
            accepted = [self.run_command() for _ in range(5)]
            accepted.reverse()
            page = self.call("DescribeInvocations", MaxResults=2)
            walked = [row["InvokeId"] for row in page["Invocations"]["Invocation"]]
            first.stop()

            second = Emulator(*args)
            self.sdk = self.Sdk(second.address, self.key)
            # A new record is before the walk's place.
            self.run_command()
            while page["NextToken"]:
                page = self.call("DescribeInvocations", MaxResults=2, NextToken=page["NextToken"])
                walked += [row["InvokeId"] for row in page["Invocations"]["Invocation"]]
            second.stop()
        self.assertEqual(walked, accepted)
