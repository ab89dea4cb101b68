"""A headless Chromium, driven through chromedriver (the WebDriver protocol)."""

import base64
import json
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path


# Seconds that a page may take, on a busy machine.
PATIENCE = 30


class Refused(Exception):
    """What the driver could not do."""


class Browser:
    def __init__(self, *args):
        self.profile = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        self.driver = subprocess.Popen(
            ["chromedriver", "--port=0"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        for line in self.driver.stdout:
            if "started successfully on port" in line:
                port = line.rstrip().rstrip(".").rsplit(" ", 1)[1]
                break
        self.base = f"http://127.0.0.1:{port}/session"
        # As root it does not start with its sandbox.
        args = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", *args]
        args.append(f"--user-data-dir={self.profile.name}")
        options = {"browserName": "chrome", "goog:chromeOptions": {"args": args}}
        session = self._ask("POST", "", {"capabilities": {"alwaysMatch": options}})
        self.base += "/" + session["sessionId"]
        self._ask("POST", "/timeouts", {"script": 60_000})

    def _ask(self, method, path, fields=None):
        data = None if fields is None else json.dumps(fields).encode()
        request = urllib.request.Request(self.base + path, data=data, method=method)
        try:
            with urllib.request.urlopen(request, timeout=90) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            with error:
                refused = json.load(error)["value"]
            raise Refused(f"{refused['error']}: {refused['message']}") from None

    def open(self, url):
        """Opens `url` as a user who types it."""
        self._ask("POST", "/url", {"url": url})

    def text(self):
        return self.run("done(document.documentElement.innerText)")

    def run(self, script):
        """Runs `script` in the page until it calls `done`, and returns what it gives it."""
        script = "const done = arguments[0];" + script
        return self._ask("POST", "/execute/async", {"script": script, "args": []})

    def is_true(self, expression):
        """Whether an expression becomes true soon."""
        deadline = time.monotonic() + PATIENCE
        while not self.run(f"done(Boolean({expression}))"):
            if time.monotonic() > deadline:
                return False
            time.sleep(0.05)
        return True

    def element(self, selector):
        found = self._ask("POST", "/element", {"using": "css selector", "value": selector})
        return "/element/" + next(iter(found.values()))

    def click(self, selector):
        """As a user with a mouse: the element must be seen and not be covered. A page that is live may put
        another element in its place just now; then that one is clicked."""
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                return self._ask("POST", self.element(selector) + "/click", {})
            except Refused:
                if time.monotonic() > deadline:
                    raise
            time.sleep(0.05)

    def type(self, selector, text):
        """Puts text in place of that of a field, or chooses the option of a list."""
        element = self.element(selector)
        if self._ask("GET", element + "/name") != "select":
            self._ask("POST", element + "/clear", {})
        self._ask("POST", element + "/value", {"text": text})

    def press(self, *keys):
        """Presses keys one after the other, wherever the focus is."""
        acts = [{"type": act, "value": key} for key in keys for act in ("keyDown", "keyUp")]
        self._ask("POST", "/actions", {"actions": [{"type": "key", "id": "keys", "actions": acts}]})

    def size(self, width, height):
        command = "Emulation.setDeviceMetricsOverride"
        self.tell(command, width=width, height=height, deviceScaleFactor=1, mobile=False)

    def tell(self, command, **params):
        """Sends a command of the Chrome DevTools Protocol."""
        return self._ask("POST", "/goog/cdp/execute", {"cmd": command, "params": params})

    def screenshot(self, path):
        Path(path).write_bytes(base64.b64decode(self._ask("GET", "/screenshot")))

    def close(self):
        try:
            self._ask("DELETE", "")
        finally:
            self.driver.terminate()
            self.driver.wait(timeout=30)
            self.driver.stdout.close()
            self.profile.cleanup()
