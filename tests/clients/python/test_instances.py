"""Listed instances: programs ask for them before they run a command."""

import json

from case import with_both_sdks

LISTED = [
    {
        "InstanceId": "i-web",
        "InstanceName": "web-1",
        "OSType": "linux",
        "VpcAttributes": {"PrivateIpAddress": {"IpAddress": ["10.0.0.1"]}},
        "Tags": {"Tag": [{"TagKey": "env", "TagValue": "prod"}]},
    },
    {"InstanceId": "i-stopped", "InstanceName": "web-2", "Status": "Stopped"},
    {"InstanceId": "i-bare", "InstanceName": "db-1", "CloudAssistantStatus": "false"},
]


@with_both_sdks
class Instances:
    def instances(self, **params):
        body = self.call("DescribeInstances", **params)
        return body["Instances"]["Instance"]

    def test_find_check_and_run(self):
        self.emulator.control("instances", self.key, Instances={"Instance": LISTED})
        ids = json.dumps(["i-web", "i-other"])
        (web,) = self.instances(InstanceIds=ids, Status="Running", InstanceName="web*")
        self.assertEqual(web["VpcAttributes"]["PrivateIpAddress"]["IpAddress"], ["10.0.0.1"])
        self.assertEqual(web["Tags"]["Tag"], [{"TagKey": "env", "TagValue": "prod"}])
        tagged = self.instances(Tag=[{"Key": "env", "Value": "prod"}])
        self.assertEqual([found["InstanceId"] for found in tagged], ["i-web"])

        body = self.call("DescribeCloudAssistantStatus", InstanceId=["i-web", "i-bare"])
        found = body["InstanceCloudAssistantStatusSet"]["InstanceCloudAssistantStatus"]
        statuses = {row["InstanceId"]: row["CloudAssistantStatus"] for row in found}
        self.assertEqual(statuses, {"i-web": "true", "i-bare": "false"})

        invoke_id = self.run_command(InstanceId=["i-web", "i-stopped", "i-bare"])
        codes = {run["InstanceId"]: run["ErrorCode"] for run in self.results(InvokeId=invoke_id)}
        aborted = {"i-stopped": "InstanceNotRunning", "i-bare": "ClientNotRunning"}
        self.assertEqual(codes, {"i-web": ""} | aborted)
        invoke_id = self.run_command(InstanceId=[], ResourceTag=[{"Key": "env"}])
        self.assertEqual([run["InstanceId"] for run in self.results(InvokeId=invoke_id)], ["i-web"])
        self.assert_refused(
            "InvalidInstance.NotFound",
            404,
            "RunCommand",
            Type="RunShellScript",
            CommandContent="df",
            InstanceId=["i-other"],
        )

    def test_both_pagings(self):
        listed = [{"InstanceId": f"i-{n:02}"} for n in range(25)]
        self.emulator.control("instances", self.key, Instances={"Instance": listed})
        pages = [self.instances(PageNumber=n, PageSize=10) for n in (1, 2, 3, 4)]
        self.assertEqual([len(page) for page in pages], [10, 10, 5, 0])
        found, token = [], None
        while token != "":
            more = {"NextToken": token} if token else {}
            body = self.call("DescribeInstances", MaxResults=10, **more)
            found += body["Instances"]["Instance"]
            token = body["NextToken"]
        self.assertEqual(found, sum(pages, []))

    def test_regions(self):
        regions = self.call("DescribeRegions")["Regions"]["Region"]
        self.assertEqual(
            [region["RegionId"] for region in regions], ["cn-hangzhou", "cn-beijing", "cn-old"]
        )
