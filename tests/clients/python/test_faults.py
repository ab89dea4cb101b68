"""Faults, as the exceptions of the SDKs, and as their own retries see them."""

import unittest

from aliyunsdkcore.client import AcsClient

from case import Case, with_both_sdks
from clients import Older


@with_both_sdks
class Faults:
    def fault(self, **fields):
        self.emulator.control("faults", self.key, **fields)

    def test_a_request_is_throttled_twice(self):
        self.fault(Action="RunCommand", Code="Throttling.User", Times=2)
        self.assertEqual(self.ids(), [])
        request = {"Type": "RunShellScript", "CommandContent": "df -h", "InstanceId": ["i-1"]}
        for _ in range(2):
            self.assert_refused("Throttling.User", 400, "RunCommand", **request)
        invoke_id = self.run_command()
        self.assertEqual(self.ids(), [invoke_id])

    def test_named_errors(self):
        for code, status in [
            ("Forbidden.RAM", 403),
            ("InvalidSecurityToken.Expired", 400),
            ("ServiceUnavailable", 500),
            ("InternalError", 500),
        ]:
            self.fault(Code=code, Times=1)
            self.assert_refused(code, status, "DescribeInvocations")
        self.fault(Code="Made.Up", Status=418, Message="As the test says.", Times=1)
        error = self.assert_refused("Made.Up", 418, "DescribeInvocations")
        self.assertIn("As the test says.", error.message)

    def test_an_answer_is_lost(self):
        for number, (cut, done) in enumerate(
            [("BeforeAction", False), ("AfterAction", True), ("HalfAnswer", True)]
        ):
            self.fault(Action="RunCommand", Cut=cut, Times=1)
            with self.assertRaises(Exception) as lost:
                self.run_command(ClientToken=f"token-{number}")
            # No answer of the API: the newer SDK wraps it in an exception without a status.
            self.assertIsNone(getattr(lost.exception, "status", None))
            before = self.ids()
            # The retry gets the answer that was lost.
            again = self.run_command(ClientToken=f"token-{number}")
            self.assertEqual(self.ids(), before if done else [again, *before])
            self.assertEqual(self.ids()[0], again)


class OwnRetriesOfTheOlderSdk(Case, unittest.TestCase):
    Sdk = Older

    def test_they_outlast_the_faults(self):
        self.sdk.client = AcsClient(self.key, "secret", "cn-hangzhou", max_retry_time=3)
        self.emulator.control("faults", self.key, Cut="BeforeAction", Times=1)
        self.emulator.control("faults", self.key, Code="ServiceUnavailable", Times=1)
        self.assertEqual(self.ids(), [])
