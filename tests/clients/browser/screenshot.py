"""Takes the picture of the console for the emulator's README: `screenshot.py FILE`, with INVODEX_EMULATOR."""

import base64
import json
import sys
import urllib.parse
import urllib.request

from browser import Browser
from emulator import Emulator

COMMANDS = [
    ("disk-report", "df -h /\n", "Success", 0, "Filesystem  Size  Used Avail Use% Mounted on\n/dev/vda1    40G   11G   27G  29% /\n"),
    ("install-agent", "yum install -y agent\n", "Failed", 1, "Error: Unable to find a match: agent\n"),
    ("rotate-logs", "logrotate -f /etc/logrotate.conf\n", "Success", 0, ""),
    ("patch-kernel", "yum update -y kernel\n", "Running", None, "Downloading packages: 41 %\n"),
    ("backup-db", "pg_dump shop | zstd > /backup/shop.zst\n", "Failed", 2, "pg_dump: error: connection to server failed\n"),
]


def main():
    emulator = Emulator("--now", "2024-05-01T09:00:00Z", "--seed", "3")
    browser = Browser()
    try:
        for number in range(10):
            name, content, status, code, output = COMMANDS[number % len(COMMANDS)]
            emulator.control("clock", "", Advance=97 * number)
            params = {
                "Action": "RunCommand", "Version": "2014-05-26", "RegionId": "cn-hangzhou", "Type": "RunShellScript",
                "Name": name, "CommandContent": content, "Tag.1.Key": "team", "Tag.1.Value": ["shop", "core"][number % 2],
                "InstanceId.1": "i-web-1", "InstanceId.2": "i-web-2",
            }
            url = f"http://{emulator.address}/?{urllib.parse.urlencode(params)}"
            with urllib.request.urlopen(url, timeout=10) as answer:
                invoke = json.load(answer)["InvokeId"]
            for instance in ("i-web-1", "i-web-2"):
                run = {"InvokeId": invoke, "InstanceId": instance}
                emulator.control("runs", "", **run, InvocationStatus="Running")
                ended = {} if code is None else {"ExitCode": code}
                if name == "install-agent" and instance == "i-web-2":
                    status, ended, output = "Success", {"ExitCode": 0}, "Complete!\n"
                output64 = base64.b64encode(output.encode()).decode()
                emulator.control("runs", "", **run, InvocationStatus=status, Output=output64, **ended)
            if name == "install-agent":
                shown = invoke
        browser.size(1440, 860)
        browser.open(f"http://{emulator.address}/_emulator/#open={shown}")
        assert browser.is_true("document.querySelectorAll('#detail .run').length === 2")
        assert browser.is_true("document.querySelector('#live').textContent === 'live'")
        browser.screenshot(sys.argv[1])
    finally:
        browser.close()
        emulator.stop()


if __name__ == "__main__":
    main()
