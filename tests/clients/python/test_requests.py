"""Every parameter that the SDKs can send."""

import base64

from case import REGION, with_both_sdks

# Taken by every action and without meaning here.
OWNERS = {"OwnerId": 1, "OwnerAccount": "a", "ResourceOwnerId": 1, "ResourceOwnerAccount": "a"}


@with_both_sdks
class Requests:
    def test_every_parameter_of_describe_invocations(self):
        one = self.run_command(
            ResourceGroupId="rg-1",
            Name="first",
            KeepCommand=True,
            InstanceId=["i-1", "i-2"],
            Tag=[{"Key": "owner", "Value": "me"}, {"Key": "empty", "Value": ""}],
        )
        self.report(one, "Running", Output=base64.b64encode(b"half").decode())
        two = self.run_command(
            Name="second", Type="RunBatScript", Frequency="rate(5m)", InstanceId=["i-3"]
        )
        command_id = self.invocation(one)["CommandId"]
        checked = {
            "ResourceGroupId": [("rg-1", [one]), ("rg-2", [])],
            "InvokeId": [(one, [one]), (two, [two]), ("t-0", [])],
            "CommandId": [(command_id, [one]), ("c-0", [])],
            "CommandName": [("first", [one]), ("First", [])],
            "CommandType": [("RunShellScript", [one]), ("RunBatScript", [])],
            "RepeatMode": [("Once", [one]), ("EveryReboot", [])],
            "Timed": [(False, [one]), (True, [two])],
            "InvokeStatus": [("Running", [one]), ("Pending", [one]), ("Finished", [])],
            "InstanceId": [("i-1", [one]), ("i-3", [two]), ("i-9", [])],
            "Tag": [
                ([{"Key": "owner"}], [one]),
                ([{"Key": "owner", "Value": "me"}, {"Key": "empty", "Value": ""}], [one]),
                ([{"Key": "owner", "Value": "you"}], []),
            ],
            "ContentEncoding": [("PlainText", [one]), ("Base64", [one])],
            "IncludeOutput": [(False, [one])],
            "MaxResults": [(50, [one])],
            "NextToken": [("", [one])],
            "PageNumber": [(1, [one]), (2, [])],
            "PageSize": [(50, [one])],
            "RegionId": [(REGION, [one]), ("cn-beijing", [])],
        }
        self.assertEqual(checked.keys() | OWNERS.keys(), self.sdk.parameters("DescribeInvocations"))
        for name, values in checked.items():
            for value, expected in values:
                with self.subTest(name=name, value=value):
                    self.assertEqual(self.ids(**{name: value}), expected)
        self.assertEqual(self.ids(**OWNERS), [one])

        # What changes the answer and not the rows.
        def shown(**params):
            body = self.call("DescribeInvocations", InvokeId=one, **params)
            row = body["Invocations"]["Invocation"][0]
            runs = row["InvokeInstances"]["InvokeInstance"]
            return row["CommandContent"], [run["Output"] for run in runs]

        self.assertEqual(shown(), ("ZGYgLWg=", ["", ""]))
        self.assertEqual(shown(IncludeOutput=True), ("ZGYgLWg=", ["aGFsZg==", ""]))
        plain = {"ContentEncoding": "PlainText", "IncludeOutput": True}
        self.assertEqual(shown(**plain), ("df -h", ["half", ""]))
        self.assertEqual(shown(InstanceId="i-1", **plain), ("df -h", ["half"]))

    def test_every_parameter_of_describe_invocation_results(self):
        one = self.run_command(
            ResourceGroupId="rg-1", InstanceId=["i-1", "i-2"], Tag=[{"Key": "a", "Value": "b"}]
        )
        two = self.run_command(Frequency="rate(5m)", InstanceId=["i-3"])
        for code in 0, 1:
            self.report(two, "Running", "i-3")
            status = "Failed" if code else "Success"
            self.report(two, status, "i-3", ExitCode=code, Reschedule=True)
        self.report(one, "Running", Output=base64.b64encode(b"half").decode())
        command_id = self.invocation(one)["CommandId"]
        all_rows = ["i-3", "i-1", "i-2"]
        checked = {
            "ResourceGroupId": [("rg-1", ["i-1", "i-2"]), ("rg-2", [])],
            "InvokeId": [(one, ["i-1", "i-2"]), (two, ["i-3"]), ("t-0", [])],
            "CommandId": [(command_id, ["i-1", "i-2"]), ("c-0", [])],
            "InstanceId": [("i-2", ["i-2"]), ("i-0", [])],
            "InvokeRecordStatus": [("Scheduled", ["i-3"]), ("Pending", ["i-2"])],
            "Tag": [([{"Key": "a", "Value": "b"}], ["i-1", "i-2"]), ([{"Key": "c"}], [])],
            "IncludeHistory": [(False, all_rows)],
            "ContentEncoding": [("PlainText", all_rows), ("Base64", all_rows)],
            "MaxResults": [(2, ["i-3", "i-1"])],
            "NextToken": [("", all_rows)],
            "PageNumber": [(1, all_rows), (2, [])],
            "PageSize": [(1, ["i-3"])],
            "RegionId": [(REGION, all_rows), ("cn-beijing", [])],
        }
        known = self.sdk.parameters("DescribeInvocationResults")
        self.assertEqual(checked.keys() | OWNERS.keys(), known)
        for name, values in checked.items():
            for value, expected in values:
                with self.subTest(name=name, value=value):
                    rows = self.results(**{name: value})
                    self.assertEqual([row["InstanceId"] for row in rows], expected)
        history = self.results(InvokeId=two, IncludeHistory=True)
        shown = [(row["InvocationStatus"], row["ExitCode"]) for row in history]
        self.assertEqual(shown, [("Scheduled", 1), ("Failed", 1), ("Success", 0)])
        # A one-time task has no history, and asking for it changes nothing.
        self.assertEqual(
            self.results(InvokeId=one, IncludeHistory=True), self.results(InvokeId=one)
        )
        outputs = {
            encoding: self.results(InvokeId=one, ContentEncoding=encoding)[0]["Output"]
            for encoding in ("PlainText", "Base64")
        }
        self.assertEqual(outputs, {"PlainText": "half", "Base64": "aGFsZg=="})

    def test_every_parameter_of_run_command(self):
        fields = {
            "CommandDescription": ("Description", "of all disks"),
            "CommandName": ("Name", "report"),
            "CommandType": ("Type", "RunPowerShellScript"),
            "ContainerId": ("ContainerId", "docker://" + "0123456789abcdef" * 4),
            "ContainerName": ("ContainerName", "first"),
            "Frequency": ("Frequency", "0 */20 * * * ?"),
            "Launcher": ("Launcher", "sh -x"),
            "OssOutputDelivery": ("OssOutputDelivery", "oss://bucket/prefix"),
            "RepeatMode": ("RepeatMode", "Period"),
            "TerminationMode": ("TerminationMode", "ProcessTree"),
            "Timed": ("Timed", True),
            "Timeout": ("Timeout", 600),
            "Username": ("Username", "root"),
            "WorkingDir": ("WorkingDir", "/home/"),
        }
        others = {
            "CommandContent": base64.b64encode(b"df {{folder}}").decode(),
            "ContentEncoding": "Base64",
            "EnableParameter": True,
            "Parameters": {"folder": "/"},
            "InstanceId": ["i-2", "i-1"],
            "ResourceGroupId": "rg-1",
            "Tag": [{"Key": "owner", "Value": "me"}],
            "KeepCommand": True,
            "ClientToken": "token-1",
        }
        unused = {"WindowsPasswordName": "name"}
        params = dict(fields.values()) | others | unused | OWNERS
        # ResourceTag stands in place of InstanceId: see test_instances.py.
        every = params.keys() | {"RegionId", "ResourceTag"}
        self.assertEqual(every, self.sdk.parameters("RunCommand"))
        invoke_id = self.run_command(**params)
        self.assertEqual(self.run_command(**params), invoke_id)
        found = self.invocation(invoke_id)
        for field, (_, value) in fields.items():
            self.assertEqual(found[field], value, field)
        self.assertEqual(found["CommandContent"], others["CommandContent"])
        self.assertEqual(found["Parameters"].replace(" ", ""), '{"folder":"/"}')
        self.assertEqual(found["Tags"]["Tag"], [{"TagKey": "owner", "TagValue": "me"}])
        runs = found["InvokeInstances"]["InvokeInstance"]
        self.assertEqual([run["InstanceId"] for run in runs], others["InstanceId"])
        body = self.call("DescribeCommands", CommandId=found["CommandId"])
        self.assertEqual(body["Commands"]["Command"][0]["Name"], "report")

    def test_commands(self):
        command = {"Name": "report", "Type": "RunShellScript", "CommandContent": "ZGYgLWg="}
        command_id = self.call("CreateCommand", **command)["CommandId"]
        (described,) = self.call("DescribeCommands")["Commands"]["Command"]
        for name, value in command.items():
            self.assertEqual(described[name], value)
        invoked = self.call("InvokeCommand", CommandId=command_id, InstanceId=["i-1"], Timeout=30)
        found = self.invocation(invoked["InvokeId"])
        self.assertEqual((found["CommandName"], found["Timeout"]), ("report", 30))
        self.call("DeleteCommand", CommandId=command_id)
        self.assert_refused("InvalidCmdId.NotFound", 404, "DeleteCommand", CommandId=command_id)
