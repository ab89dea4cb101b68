"""lepak 0.1.14: a client for any action, which knows no host but the service's."""

import json

from programs import INSTANCE, Program

WALK = """
import json
from lepak import LepakClient

client = LepakClient("ecs", "2014-05-26")
invoked = client.call("RunCommand", {
    "Type": "RunShellScript", "CommandContent": "df -h", "InstanceId.1": "INSTANCE",
})["body"]["InvokeId"]
statuses = []
while not statuses or statuses[-1] in ("Pending", "Running"):
    body = client.call("DescribeInvocationResults", {"InvokeId": invoked})["body"]
    run = body["Invocation"]["InvocationResults"]["InvocationResult"][0]
    statuses.append(run["InvocationStatus"])
try:
    client.call("StopInvocation", {})
except Exception as error:
    refused = error.code
print(json.dumps([invoked, statuses[0], statuses[-1], run["Output"], run["ExitCode"], refused]))
"""


class Lepak(Program):
    name = "lepak"

    def test_run_poll_and_a_refusal(self):
        self.will(InvocationStatus="Success", Output="ZG9uZQ==", ExitCode=0)
        output = self.run_to_the_end("python", "-c", WALK.replace("INSTANCE", INSTANCE))
        (accepted,) = self.accepted()
        expected = [accepted["InvokeId"], "Pending", "Success", "ZG9uZQ==", 0]
        self.assertEqual(json.loads(output), expected + ["MissingParameter.InvokeId"])
