"""A running emulator, and its own endpoints."""

import json
import os
import queue
import subprocess
import tempfile
import threading
import urllib.error
import urllib.request


class Emulator:
    def __init__(self, *args):
        # It logs each refused request, of which the tests make many.
        self.log = tempfile.TemporaryFile("w+")
        if "--listen" not in args:
            args = ("--listen", "127.0.0.1:0", *args)
        self.process = subprocess.Popen(
            [os.environ["INVODEX_EMULATOR"], *args],
            stdout=subprocess.PIPE,
            stderr=self.log,
            text=True,
        )
        line = self.process.stdout.readline()
        prefix = "listening on http://"
        assert line.startswith(prefix), line
        self.address = line[len(prefix) :].strip()
        if "--proxy" in args:
            line = self.process.stdout.readline()
            prefix = "proxy on http://"
            assert line.startswith(prefix), line
            self.proxy = line[len(prefix) :].strip()

    def stop(self):
        """Ends it as an operator would; it saves its archive."""
        self.process.terminate()
        code = self.process.wait(timeout=10)
        self.process.stdout.close()
        with self.log:
            assert code == 0, (code, self.said())

    def said(self):
        """Its lines on standard error."""
        self.log.seek(0)
        return self.log.read()

    def control(self, name, key, **fields):
        """Posts to an endpoint of the emulator's own."""
        request = urllib.request.Request(
            f"http://{self.address}/_emulator/{name}?AccessKeyId={key}",
            data=json.dumps(fields).encode(),
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)

    def events(self, key):
        """A queue of (name, data) of what happens from now on."""
        url = f"http://{self.address}/_emulator/events?AccessKeyId={key}"
        stream = urllib.request.urlopen(url, timeout=60)
        received = queue.Queue()

        def read():
            name = None
            for line in stream:
                field, _, value = line.decode().rstrip("\n").partition(": ")
                if field == "event":
                    name = value
                elif field == "data":
                    received.put((name, json.loads(value)))

        threading.Thread(target=read, daemon=True).start()
        return received
