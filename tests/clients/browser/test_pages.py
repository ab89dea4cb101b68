"""A page in a browser on the same machine changes nothing in the emulator and reads nothing of it."""

import http.server
import json
import os
import socket
import threading
import unittest
import urllib.request
from pathlib import Path

from browser import Browser
from emulator import Emulator

ATTACKS = Path(__file__).with_name("attacks.js").read_text()
LIST = "/?Action=DescribeInvocations&Version=2014-05-26&RegionId=cn-hangzhou"
RUN = LIST.replace("DescribeInvocations", "RunCommand") + (
    "&Type=RunShellScript&CommandContent=df&InstanceId.1=i-1"
)


class Page(http.server.BaseHTTPRequestHandler):
    """An empty page, whatever is asked for."""

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!doctype html><title>evil</title><body>")

    def log_message(self, *_):
        pass


class Pages(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page)
        threading.Thread(target=cls.server.serve_forever, daemon=True).start()
        # Names of an attacker that lead to this machine.
        cls.browser = Browser("--host-resolver-rules=MAP *.test 127.0.0.1")

    @classmethod
    def tearDownClass(cls):
        cls.browser.close()
        cls.server.shutdown()
        cls.server.server_close()

    def setUp(self):
        self.emulator = Emulator("--now", "2024-05-01T00:00:00Z")
        self.port = self.emulator.address.rsplit(":", 1)[1]
        self.ask(RUN)
        self.before = self.state()

    def tearDown(self):
        self.emulator.stop()

    def ask(self, path):
        with urllib.request.urlopen(f"http://{self.emulator.address}{path}", timeout=10) as answer:
            return json.load(answer)

    def state(self):
        """All that an attack could change: the records and the clock."""
        now = self.emulator.control("clock", "", Advance=0)["Now"]
        rows = self.ask(LIST)["Invocations"]["Invocation"]
        return now, [(row["InvokeId"], row["CommandName"]) for row in rows]

    def assert_untouched(self):
        self.assertEqual(self.state(), self.before)

    def attack(self, target):
        return self.browser.run(f"const target = {json.dumps(target)};\n{ATTACKS}")

    def test_pages_of_other_sites(self):
        own = self.server.server_address[1]
        for page in ("127.0.0.1", "localhost", "evil.test"):
            for host in ("127.0.0.1", "localhost"):
                with self.subTest(page=page, host=host):
                    self.browser.open(f"http://{page}:{own}/")
                    self.assertEqual(self.attack(f"http://{host}:{self.port}"), [])
                    self.assert_untouched()

    def test_an_address_that_is_not_loopback(self):
        # There a browser tells less of the page.
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            try:
                probe.connect(("192.0.2.1", 9))
            except OSError:
                self.skipTest("this machine has no address but loopback")
            host = probe.getsockname()[0]
        self.emulator.stop()
        self.emulator = Emulator("--now", "2024-05-01T00:00:00Z", "--listen", "0.0.0.0:0")
        self.port = self.emulator.address.rsplit(":", 1)[1]
        self.ask(RUN)
        self.before = self.state()
        self.browser.open(f"http://evil.test:{self.server.server_address[1]}/")
        self.assertEqual(self.attack(f"http://{host}:{self.port}"), [])
        self.assert_untouched()

    def test_a_link_that_is_followed(self):
        self.browser.open(f"http://evil.test:{self.server.server_address[1]}/")
        url = json.dumps(f"http://{self.emulator.address}{RUN}")
        self.browser.run(f"location = {url}; done()")
        self.browser.run("setTimeout(done, 1000)")
        self.assert_untouched()

    def test_a_rebound_name(self):
        # The page's own name leads to the emulator: all of it is one site for the browser.
        self.browser.open(f"http://evil.test:{self.port}/_emulator/health")
        self.assertEqual(self.attack(f"http://evil.test:{self.port}"), [])
        self.assert_untouched()

    def test_the_attacks_work_where_they_are_no_attacks(self):
        # The same script in a page of the emulator itself, which the user opened.
        self.browser.open(f"http://{self.emulator.address}/_emulator/health")
        self.assertIn('"Status":"ok"', self.browser.text())
        read = self.attack(f"http://{self.emulator.address}")
        self.assertIn("events", read)
        self.assertTrue(any("RequestId" in text for text in read), read)
        # A reset took the first record.
        self.assertNotIn(self.before[1][0], self.state()[1])


if __name__ == "__main__":
    os.environ.setdefault("INVODEX_EMULATOR", "invodex-emulator")
    unittest.main()
