"""sqnethelper 0.4.3: a command line that lists instances, and installs software on one of them."""

import base64
import json
import pathlib

from programs import INSTANCE, INSTANCES, REGION, SERVICE, Program


def instances(_path, params):
    return INSTANCES if params["Action"] == "DescribeInstances" else None


class Sqnethelper(Program):
    name = "sqnethelper"
    hosts = dict.fromkeys(SERVICE, instances)

    def setUp(self):
        super().setUp()
        settings = {"access_key": self.key, "access_secret": "secret", "region": REGION}
        directory = pathlib.Path(self.home.name, ".sqnethelper")
        directory.mkdir()
        (directory / "config.json").write_text(json.dumps(settings))

    def test_the_list_of_instances(self):
        output = self.run_to_the_end("sqnethelper", "list")
        self.assertIn(f"1. ID: {INSTANCE}, 名称: web-1, IP: 203.0.113.7, 状态: Running", output)

    def test_an_installation_that_it_waits_for(self):
        text = base64.b64encode("the service is installed".encode()).decode()
        self.will(InvocationStatus="Success", Output=text, ExitCode=0)
        output = self.run_to_the_end("sqnethelper", "addvpn", "--verbose", given="1\n")
        self.assertIn("the service is installed", output)
        self.assertIn("命令执行状态为:Success", output)
        (accepted,) = self.accepted()
        self.assertTrue(accepted["CommandContent"].endswith("install.sh | bash"), accepted)
        self.assertEqual(accepted["Timeout"], 600)

    def test_an_installation_that_fails(self):
        self.will(InvocationStatus="Failed", ExitCode=1, Output="bm8=")
        output = self.run_to_the_end("sqnethelper", "addvpn", given="1\n")
        self.assertIn("VPN安装失败! (状态: Failed)", output)
