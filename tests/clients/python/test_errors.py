"""Every documented error is the SDK's own exception."""

import unittest

from aliyunsdkcore.acs_exception.exceptions import ServerException
from case import REGION, Case, with_both_sdks
from clients import ApiError, Newer, Older

MANDATORY = 'The input parameter "{}" that is mandatory for processing this request is not supplied.'
# What the API says. InvalidParameter.NAME has one message for all names.
MESSAGES = {
    "Duplicate.TagKey": "The Tag.N.Key contain duplicate key.",
    "InternalError.Dispatch": "An error occurred when you dispatched the request.",
    "InvalidParam.PageNumber": "The specified parameter is invalid.",
    "InvalidParam.PageSize": "The specified parameter is invalid.",
    "InvalidRegionId.NotFound": "The RegionId provided does not exist in our records.",
    "InvalidTagKey.Malformed": "The specified Tag.n.Key is not valid.",
    "InvalidTagValue.Malformed": "The specified Tag.n.Value is not valid.",
    "MissingParameter.InvokeId": MANDATORY.format("InvokeId"),
    "MissingParameter.RegionId": MANDATORY.format("RegionId"),
    "MissingParameter.TagKey": "You must specify Tag.N.Key.",
    "NumberExceed.Tags": "The Tags parameter number is exceed.",
    "Operation.Forbidden": "The operation is not permitted.",
    "RegionId.ApiNotSupported": "The api is not supported in this region.",
}


def message(code):
    name = code.removeprefix("InvalidParameter.")
    return MESSAGES.get(code) or f"The specified parameter {name} is not valid."


@with_both_sdks
class Errors:
    def test_every_documented_error_of_the_queries(self):
        def tags(*keys, value="v"):
            return [{"Key": key, "Value": value} for key in keys]

        both = [
            ("MissingParameter.RegionId", 400, {"RegionId": ""}),
            ("InvalidRegionId.NotFound", 404, {"RegionId": "cn-nowhere"}),
            ("RegionId.ApiNotSupported", 400, {"RegionId": "cn-old"}),
            ("NumberExceed.Tags", 400, {"Tag": tags(*(f"k{n}" for n in range(21)))}),
            ("MissingParameter.TagKey", 400, {"Tag": [{"Value": "v"}]}),
            ("InvalidTagKey.Malformed", 400, {"Tag": tags("acs:k")}),
            ("InvalidTagKey.Malformed", 400, {"Tag": tags("x" * 65)}),
            ("InvalidTagValue.Malformed", 400, {"Tag": tags("k", value="http://a")}),
            ("Duplicate.TagKey", 400, {"Tag": tags("k", "k")}),
            ("InvalidParam.PageNumber", 400, {"PageNumber": 0}),
            ("InvalidParam.PageSize", 400, {"PageSize": 51}),
            ("InvalidParameter.MaxResults", 400, {"MaxResults": 51}),
            ("InvalidParameter.ContentEncoding", 400, {"ContentEncoding": "UTF-8"}),
            ("InvalidParameter.NextToken", 400, {"NextToken": "AAAA"}),
        ]
        one = [
            ("InvalidParameter.CommandType", 400, {"CommandType": "RunPython"}),
            ("InvalidParameter.RepeatMode", 400, {"RepeatMode": "Twice"}),
            ("InvalidParameter.InvokeStatus", 400, {"InvokeStatus": "Done"}),
            ("InvalidParameter.Timed", 400, {"Timed": "perhaps"}),
            ("InvalidParameter.IncludeOutput", 400, {"IncludeOutput": "perhaps"}),
            ("MissingParameter.InvokeId", 400, {"IncludeOutput": True}),
        ]
        other = [
            ("InvalidParameter.InvokeRecordStatus", 400, {"InvokeRecordStatus": "Done"}),
            ("InvalidParameter.IncludeHistory", 400, {"IncludeHistory": "perhaps"}),
            ("MissingParameter.InvokeId", 400, {"IncludeHistory": True}),
        ]
        actions = {"DescribeInvocations": both + one, "DescribeInvocationResults": both + other}
        for action, errors in actions.items():
            for code, status, params in errors:
                with self.subTest(action=action, code=code, params=params):
                    error = self.assert_refused(code, status, action, **params)
                    self.assertIn(message(code), error.message)
            for key, code, status in (
                ("forbidden", "Operation.Forbidden", 403),
                ("broken", "InternalError.Dispatch", 500),
            ):
                self.sdk = self.Sdk(self.emulator.address, key)
                with self.subTest(action=action, code=code):
                    error = self.assert_refused(code, status, action)
                    self.assertIn(message(code), error.message)
            self.sdk = self.Sdk(self.emulator.address, self.key)

    def test_errors_of_the_other_actions(self):
        once = self.run_command()
        stops = [
            ("MissingParameter.InvokeId", 400, {}),
            ("InvalidInvokeId.NotFound", 404, {"InvokeId": "t-0"}),
            ("InvalidInstance.NotFound", 404, {"InvokeId": once, "InstanceId": ["i-0"]}),
        ]
        for code, status, params in stops:
            with self.subTest(code=code):
                self.assert_refused(code, status, "StopInvocation", **params)
        runs = [
            ("CmdContent.DecodeError", 400, {"CommandContent": "%", "ContentEncoding": "Base64"}),
            ("InvalidCmdType.NotFound", 404, {"Type": "RunPython"}),
            ("MissingParam.Frequency", 403, {"RepeatMode": "Period"}),
            ("InstanceIds.ExceedLimit", 403, {"InstanceId": [f"i-{n}" for n in range(101)]}),
            ("Parameter.Disabled", 404, {"Parameters": '{"a": "b"}'}),
        ]
        for code, status, params in runs:
            with self.subTest(code=code), self.assertRaises(ApiError) as refused:
                if self.Sdk is Newer and "Parameters" in params:
                    params["Parameters"] = {"a": "b"}
                self.run_command(**params)
            self.assertEqual((refused.exception.code, refused.exception.status), (code, status))
        self.assert_refused("InvalidAction.NotFound", 404, "DescribeInstances")


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
