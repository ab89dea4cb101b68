"""What the tests of both SDKs begin with."""

import sys
import unittest
import uuid

from clients import ApiError, Newer, Older
from emulator import Emulator

REGION = "cn-hangzhou"
NOW = "2024-05-01T00:00:00Z"


def with_both_sdks(checks):
    """Makes a test case of the class for each SDK."""
    module = sys.modules[checks.__module__]
    for sdk in Newer, Older:
        name = f"{checks.__name__}WithThe{sdk.__name__}Sdk"
        members = {"Sdk": sdk, "__module__": checks.__module__}
        setattr(module, name, type(name, (checks, Case, unittest.TestCase), members))
    return checks


class Case:
    """A running emulator and a client of it; the SDK is `Sdk`."""

    @classmethod
    def setUpClass(cls):
        cls.emulator = Emulator("--now", NOW, "--regions", "cn-hangzhou,cn-beijing,-cn-old")

    @classmethod
    def tearDownClass(cls):
        cls.emulator.stop()

    def setUp(self):
        # An account of its own for each test.
        self.key = f"{uuid.uuid4().int % 10**16:016}"
        self.sdk = self.Sdk(self.emulator.address, self.key)

    def call(self, action, **params):
        return self.sdk.call(action, **({"RegionId": REGION} | params))

    def run_command(self, **params):
        defaults = {"Type": "RunShellScript", "CommandContent": "df -h", "InstanceId": ["i-1"]}
        return self.call("RunCommand", **(defaults | params))["InvokeId"]

    def ids(self, **params):
        body = self.call("DescribeInvocations", **params)
        return [row["InvokeId"] for row in body["Invocations"]["Invocation"]]

    def invocation(self, invoke_id):
        body = self.call("DescribeInvocations", InvokeId=invoke_id, IncludeOutput=True)
        (found,) = body["Invocations"]["Invocation"]
        return found

    def results(self, **params):
        invocation = self.call("DescribeInvocationResults", **params)["Invocation"]
        return invocation["InvocationResults"]["InvocationResult"]

    def report(self, invoke_id, status, instance_id="i-1", **fields):
        fields |= {"InvokeId": invoke_id, "InstanceId": instance_id, "InvocationStatus": status}
        self.emulator.control("runs", self.key, **fields)

    def assert_refused(self, code, status, action, **params):
        with self.assertRaises(ApiError) as refused:
            self.call(action, **params)
        error = refused.exception
        self.assertEqual((error.code, int(error.status)), (code, status), error)
        self.assertEqual(len(error.request_id), 36)
        return error
