"""alibaba-cloud-ops-mcp-server 0.9.27: makes a tool of any action, after the descriptions of actions
that it gets from a host which is not the service's."""

from programs import INSTANCE, REGION, Mcp, Program

# As much of the descriptions as it reads.
PRODUCTS = [{"code": "Ecs", "name": "ECS", "defaultVersion": "2014-05-26", "style": "RPC"}]
ACTIONS = {
    "RunCommand": {"Type": "string", "CommandContent": "string", "InstanceId": "array"},
    "DescribeInvocations": {"InvokeId": "string", "IncludeOutput": "boolean"},
    "StopInvocation": {"InvokeId": "string", "InstanceId": "array"},
}


def described(path, _params):
    parts = path.strip("/").split("/")
    if parts[-1] == "products.json":
        return PRODUCTS
    if parts[-1] == "overview.json":
        return {"apis": dict.fromkeys(ACTIONS, {})}
    fields = {"RegionId": "string"} | ACTIONS[parts[-2]]
    parameters = [
        {"name": name, "in": "query", "schema": {"type": kind}} for name, kind in fields.items()
    ]
    return {"methods": ["post"], "path": "/", "summary": parts[-2], "parameters": parameters}


class OpsMcpServer(Program):
    name = "alibaba-cloud-ops-mcp-server"
    hosts = {"api.aliyun.com": described}

    def test_run_look_and_stop_by_its_tools(self):
        tools = ["ECS_DescribeInstances", *(f"ECS_{action}" for action in ACTIONS)]
        server = Mcp(self.start(self.name, "--visible-tools", ",".join(tools)))
        self.addCleanup(server.close)
        listed = [tool["name"] for tool in server.ask("tools/list")["tools"]]
        self.assertEqual(sorted(listed), sorted(tools))

        given = {"RegionId": REGION, "InstanceId": [INSTANCE]}
        command = {"Type": "RunShellScript", "CommandContent": "df -h"}
        invoked = server.call("ECS_RunCommand", **given, **command)["body"]["InvokeId"]
        body = server.call("ECS_DescribeInvocations", RegionId=REGION, InvokeId=invoked)["body"]
        (found,) = body["Invocations"]["Invocation"]
        self.assertEqual((found["InvokeId"], found["InvocationStatus"]), (invoked, "Pending"))
        server.call("ECS_StopInvocation", **given, InvokeId=invoked)
        (run,) = self.accepted()[0]["InvokeInstances"]["InvokeInstance"]
        self.assertEqual((run["InstanceId"], run["InvocationStatus"]), (INSTANCE, "Cancelled"))
