"""Every documented error is the SDK's own exception."""

import json
import pathlib
import unittest

from aliyunsdkcore.acs_exception.exceptions import ServerException
from case import REGION, Case, with_both_sdks
from clients import Older

ERRORS = json.loads((pathlib.Path(__file__).parent.parent / "documented-errors.json").read_text())


@with_both_sdks
class Errors:
    def test_every_documented_error(self):
        once = self.run_command()
        own = self.sdk
        for documented in ERRORS:
            params = dict(documented["params"])
            if params.get("InvokeId") == "$InvokeId":
                params["InvokeId"] = once
            key, code = documented.get("key"), documented["code"]
            for action in documented["actions"]:
                self.sdk = self.Sdk(self.emulator.address, key) if key else own
                with self.subTest(action=action, code=code, params=params):
                    error = self.assert_refused(code, documented["status"], action, **params)
                    self.assertIn(documented["message"], error.message)

    def test_an_unknown_action(self):
        self.assert_refused("InvalidAction.NotFound", 404, "DescribeDisks")


class Forms(Case, unittest.TestCase):
    """Of the two SDKs the older one can post a form."""

    Sdk = Older

    def test_a_form_is_read_as_a_query_string_is(self):
        invoke_id = self.run_command(Name="a + b & ü")
        request = Older.request("DescribeInvocations")
        request.set_endpoint(self.emulator.address)
        request.set_method("POST")
        for name, value in {"CommandName": "a + b & ü", "MaxResults": 51}.items():
            request.add_body_params(name, value)
        request.add_query_param("RegionId", REGION)
        with self.assertRaises(ServerException) as refused:
            self.sdk.client.do_action_with_exception(request)
        self.assertEqual(refused.exception.get_error_code(), "InvalidParameter.MaxResults")
        request.add_body_params("MaxResults", 50)
        body = self.sdk.client.do_action_with_exception(request)
        self.assertIn(invoke_id.encode(), body)
