"""A headless Chromium, driven through chromedriver (the WebDriver protocol)."""

import json
import subprocess
import tempfile
import urllib.request


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
        with urllib.request.urlopen(request, timeout=90) as answer:
            return json.load(answer)["value"]

    def open(self, url):
        """Opens `url` as a user who types it."""
        self._ask("POST", "/url", {"url": url})

    def text(self):
        return self.run("done(document.documentElement.innerText)")

    def run(self, script):
        """Runs `script` in the page until it calls `done`, and returns what it gives it."""
        script = "const done = arguments[0];" + script
        return self._ask("POST", "/execute/async", {"script": script, "args": []})

    def close(self):
        try:
            self._ask("DELETE", "")
        finally:
            self.driver.terminate()
            self.driver.wait(timeout=30)
            self.driver.stdout.close()
            self.profile.cleanup()
