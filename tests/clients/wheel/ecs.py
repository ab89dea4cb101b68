"""The official SDK as a client of an account."""

from alibabacloud_ecs20140526 import models
from alibabacloud_ecs20140526.client import Client
from alibabacloud_tea_openapi.models import Config
from darabonba.runtime import RuntimeOptions

REGION = "cn-hangzhou"


class Ecs:
    """Calls actions by the API's own names, once each: the SDK's retries would hide a fault."""

    def __init__(self, account, **config):
        self._client = Client(Config(**account.sdk_config(), **config))

    def run_command(self, **params):
        defaults = {"Type": "RunShellScript", "CommandContent": "df -h", "InstanceId": ["i-1"]}
        return self._call("run_command", models.RunCommandRequest, defaults | params)["InvokeId"]

    def invocations(self, **params):
        body = self._call("describe_invocations", models.DescribeInvocationsRequest, params)
        return body["Invocations"]["Invocation"]

    def describe_invocations(self, **params):
        return self._call("describe_invocations", models.DescribeInvocationsRequest, params)

    def result(self, invoke_id, **params):
        """The one result of an invocation, its output as text."""
        params |= {"InvokeId": invoke_id, "ContentEncoding": "PlainText"}
        request = models.DescribeInvocationResultsRequest
        body = self._call("describe_invocation_results", request, params)
        (found,) = body["Invocation"]["InvocationResults"]["InvocationResult"]
        return found

    def _call(self, method, request, params):
        request = request().from_map({"RegionId": REGION} | params)
        call = getattr(self._client, f"{method}_with_options")
        return call(request, RuntimeOptions(autoretry=False, read_timeout=10_000)).body.to_map()
