"""Programs in environments of their own, which reach the emulator by a proxy alone."""

import json
import os
import pathlib
import subprocess
import tempfile
import threading
import unittest
import urllib.error
import urllib.parse
import urllib.request
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from emulator import Emulator

HERE = pathlib.Path(__file__).parent
INSTALLED = pathlib.Path(os.environ["INVODEX_PROGRAMS"])
REGION = "cn-hangzhou"
INSTANCE = "i-bp1c0ffee00000000001"


# The instance, as the service describes it.
INSTANCES = json.loads((HERE / "instances.json").read_text())
# The hosts that the programs know the service by.
SERVICE = f"ecs.{REGION}.aliyuncs.com", f"ecs-{REGION}.aliyuncs.com"


class Stub:
    """An HTTP server of the test's own, for a host that is not the emulator. `answer` gets the path and
    the parameters of a request, and gives the body, or None to pass the request on to `behind`."""

    # The emulator's address, which starts after the stubs.
    behind = None

    def __init__(self, answer):
        stub = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                given = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                path = urllib.parse.urlsplit(self.path)
                params = dict(urllib.parse.parse_qsl(path.query))
                params["Action"] = self.headers.get("x-acs-action", params.get("Action"))
                body = answer(path.path, params)
                status = 200
                if body is None:
                    status, body = stub.forward(self, given)
                else:
                    body = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_POST = do_GET

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = "127.0.0.1:%d" % self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def forward(self, request, body):
        headers = {name: value for name, value in request.headers.items() if name != "Connection"}
        url = f"http://{self.behind}{request.path}"
        request = urllib.request.Request(url, body or None, headers, method=request.command)
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


class Program(unittest.TestCase):
    """A program and an emulator with one instance, an account for each test."""

    # Its environment.
    name = None

    # Hosts that are not the emulator, and what answers for them.
    hosts = {}

    @classmethod
    def setUpClass(cls):
        cls.directory = INSTALLED / cls.name
        if not (cls.directory / "installed").exists():
            raise unittest.SkipTest(f"{cls.name} is not installed")
        stubs = {host: Stub(answer) for host, answer in cls.hosts.items()}
        for stub in stubs.values():
            cls.addClassCleanup(stub.stop)
        maps = [f"--proxy-map={host}={stub.address}" for host, stub in stubs.items()]
        cls.emulator = Emulator("--proxy", "127.0.0.1:0", "--tls-dir", INSTALLED, *maps)
        cls.addClassCleanup(cls.emulator.stop)
        for stub in stubs.values():
            stub.behind = cls.emulator.address

    def setUp(self):
        self.key = f"{uuid.uuid4().int % 10**16:016}"
        self.home = tempfile.TemporaryDirectory()
        self.addCleanup(self.home.cleanup)
        # It asks no host but the service and those of the test.
        self.addCleanup(lambda: self.assertNotIn("Forbidden.Host", self.emulator.said()))

    def environment(self):
        """What a program is told: its proxy and its credentials. It trusts the emulator's authority
        by the certificates of its environment: the newer SDK reads no variable for them."""
        proxy = f"http://{self.emulator.proxy}"
        return {
            "ALIBABA_CLOUD_ACCESS_KEY_ID": self.key,
            "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "secret",
            "HOME": self.home.name,
            "HTTP_PROXY": proxy,
            "HTTPS_PROXY": proxy,
            "PATH": os.environ["PATH"],
            "PYTHONIOENCODING": "utf-8",
        }

    def start(self, command, *args, stderr=subprocess.DEVNULL):
        return subprocess.Popen(
            [self.directory / "bin" / command, *args],
            env=self.environment(),
            cwd=self.home.name,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
        )

    def run_to_the_end(self, command, *args, given=""):
        """Its standard output."""
        program = self.start(command, *args, stderr=subprocess.PIPE)
        output, errors = program.communicate(given, timeout=60)
        self.assertEqual(program.returncode, 0, output + errors)
        return output

    def will(self, **last):
        """Scripts the runs on the instance: soon Running, then `last`."""
        steps = [
            {"InvocationStatus": "Running", "DelayMs": 50},
            {"DelayMs": 50} | last,
        ]
        self.emulator.control("outcomes", self.key, InstanceId=INSTANCE, Steps=steps)

    def accepted(self):
        """The invocations that the emulator holds, oldest first."""
        query = f"Action=DescribeInvocations&Version=2014-05-26&RegionId={REGION}&ContentEncoding=PlainText"
        url = f"http://{self.emulator.address}/?{query}&AccessKeyId={self.key}"
        with urllib.request.urlopen(url, timeout=10) as answer:
            return json.load(answer)["Invocations"]["Invocation"][::-1]


class Mcp:
    """A client of a server of the Model Context Protocol on the other end of a pipe."""

    def __init__(self, program):
        self.program = program
        self.id = 0
        self.ask("initialize", protocolVersion="2024-11-05", capabilities={},
                 clientInfo={"name": "tests", "version": "1"})
        self._send(method="notifications/initialized")

    def _send(self, **message):
        self.program.stdin.write(json.dumps({"jsonrpc": "2.0"} | message) + "\n")
        self.program.stdin.flush()

    def ask(self, method, **params):
        self.id += 1
        self._send(id=self.id, method=method, params=params)
        for line in self.program.stdout:
            message = json.loads(line)
            if message.get("id") == self.id:
                return message["result"]
        raise AssertionError(f"the server ended before it answered {method}")

    def call(self, tool, **arguments):
        result = self.ask("tools/call", name=tool, arguments=arguments)
        text = result["content"][0]["text"]
        if result.get("isError"):
            raise AssertionError(text)
        return json.loads(text)

    def close(self):
        self.program.stdin.close()
        self.program.wait(timeout=30)
        self.program.stdout.close()
