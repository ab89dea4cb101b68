"""Measures the time from a request of the console to its rows, with 100,000 records in the store.

    first_row.py [RECORDS]    with INVODEX_EMULATOR, a release build

The page itself measures it, from before the request is sent until the rows stand in the document.
"""

import json
import statistics
import sys
import tempfile

from browser import Browser
from emulator import Emulator

STATUSES = ["Success", "Failed", "Running", "Pending", "Timeout", "Terminated"]
CASES = [
    ("the newest, by token", {}, "token"),
    ("the newest, by number", {}, "number"),
    ("one status", {"InvokeStatus": "Failed"}, "number"),
    ("one instance", {"InstanceId": "i-777"}, "number"),
    ("a status and a type", {"InvokeStatus": "Running", "CommandType": "RunBatScript"}, "number"),
    ("a tag", {"Tag": "team=t-3"}, "number"),
    ("nothing fits", {"CommandName": "none"}, "number"),
]
ROUNDS = 15


def capture(records):
    rows = []
    for number in range(records):
        runs = [
            {"InstanceId": f"i-{(number * 7 + at) % 1000}", "InvocationStatus": STATUSES[(number + at) % 6]}
            for at in range(3)
        ]
        rows.append({
            "InvokeId": f"t-{number:08}", "CommandId": f"c-{number % 500}", "CommandName": f"job-{number % 500}",
            "CommandType": ["RunShellScript", "RunBatScript"][number % 2], "CommandContent": "ZGYK", "RepeatMode": "Once",
            "CreationTime": f"2024-04-{1 + number % 28:02}T{number % 24:02}:00:00Z",
            "Tags": {"Tag": [{"TagKey": "team", "TagValue": f"t-{number % 10}"}]},
            "InvokeInstances": {"InvokeInstance": runs},
        })
    return {"Invocations": {"Invocation": rows}}


def main():
    records = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(capture(records), file)
        file.flush()
        emulator = Emulator("--load", file.name, "--retention-days", "0", "--capacity", str(records))
    browser = Browser()
    try:
        url = f"http://{emulator.address}/_emulator/"
        browser.open(url)
        assert browser.is_true("document.querySelectorAll('#rows tr').length === 10")
        first = "done(performance.getEntriesByName('list')[0])"
        opened = browser.run(first.replace("[0]", "[0].toJSON()"))
        print(f"page opened to first rows: {opened['startTime'] + opened['duration']:.0f} ms")
        for name, filters, mode in CASES:
            kept = "&".join(f"{key}={value}" for key, value in {**filters, "mode": mode}.items())
            browser.open("about:blank")
            browser.open(f"{url}#{kept}")
            assert browser.is_true("performance.getEntriesByName('list').length")
            script = f"""(async () => {{
                performance.clearMeasures();
                for (let round = 1; round <= {ROUNDS}; round += 1) {{
                    document.querySelector('#filters').requestSubmit();
                    while (performance.getEntriesByName('list').length < round) await new Promise((go) => setTimeout(go, 1));
                }}
                done(performance.getEntriesByName('list').map((entry) => entry.duration));
            }})()"""
            times = browser.run(script)
            print(f"{name}: median {statistics.median(times):.1f} ms, maximum {max(times):.1f} ms of {len(times)}")
    finally:
        browser.close()
        emulator.stop()


if __name__ == "__main__":
    main()
