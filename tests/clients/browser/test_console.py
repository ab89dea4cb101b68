"""The console in a browser: a person finds, follows and changes runs."""

import base64
import json
import os
import re
import shutil
import subprocess
import unittest
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

from browser import Browser
from emulator import Emulator

NOW = "2024-05-01T00:00:00Z"
TAB, ENTER, ESCAPE, DOWN = "\ue004", "\ue007", "\ue00c", "\ue015"
ROWS = "[...document.querySelectorAll('#rows tr')]"
STATUSES = ["good", "bad", "mixed", "going", "waits", "ended"]
# Where other scripts have installed the SDKs.
TARGET = Path(os.environ["CLIENTS_TARGET"])


def rows_are(*names):
    return f"JSON.stringify({ROWS}.map((row) => row.cells[2].textContent)) === {json.dumps(json.dumps(names, separators=(',', ':')))}"


def has(selector, text):
    return f"document.querySelector({json.dumps(selector)})?.textContent.includes({json.dumps(text)})"


class Console(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.browser = Browser()

    @classmethod
    def tearDownClass(cls):
        cls.browser.close()

    def setUp(self):
        self.emulator = None
        self.browser.size(1400, 1000)

    def tearDown(self):
        self.emulator.stop()

    def start(self, *flags):
        self.emulator = Emulator("--now", NOW, *flags)

    def start_again(self, *flags):
        """Ends the emulator, and starts another one if flags are given."""
        self.emulator.stop()
        if flags:
            self.start(*flags)

    def ask(self, action, key="", **params):
        params = {"Action": action, "Version": "2014-05-26", "RegionId": "cn-hangzhou", "AccessKeyId": key, **params}
        url = f"http://{self.emulator.address}/?{urllib.parse.urlencode(params)}"
        with urllib.request.urlopen(url, timeout=10) as answer:
            return json.load(answer)

    def run_command(self, name, key="", **params):
        params = {"Type": "RunShellScript", "CommandContent": "df", "InstanceId.1": "i-1", **params}
        return self.ask("RunCommand", key, Name=name, **params)["InvokeId"]

    def open(self, kept=""):
        self.browser.open("about:blank")
        self.browser.open(f"http://{self.emulator.address}/_emulator/#{kept}")
        self.assert_becomes("document.querySelector('#live').textContent === 'live'")

    def assert_becomes(self, expression):
        if not self.browser.is_true(expression):
            self.fail(f"{expression} is not true in:\n{self.browser.text()}")

    def send(self, name, **fields):
        """Sends a control request by its form."""
        self.browser.click(f"#control-{name}")
        return self.fill(**fields)

    def fill(self, **fields):
        for field, value in fields.items():
            selector = f"#fields [name='{field.replace('__', '.')}']"
            if value is True:
                self.browser.click(selector)
            else:
                self.browser.type(selector, str(value))
        self.browser.click("#form [type=submit]")
        self.assert_becomes("document.querySelector('#done').textContent || document.querySelector('#refused').textContent")
        said = self.browser.run("done([document.querySelector('#done').textContent, document.querySelector('#refused').textContent])")
        self.browser.click("#cancel")
        return said

    def test_filters_and_both_pagings(self):
        self.start()
        for number in range(24):
            tags = {"Tag.1.Key": "team", "Tag.1.Value": "a=b"} if number % 2 else {}
            self.run_command(f"job-{number}", **{"InstanceId.1": f"i-{number % 3}", **tags})
        jobs = [f"job-{number}" for number in reversed(range(24))]
        self.open()
        self.assert_becomes(rows_are(*jobs[:10]))
        self.browser.click("#next")
        self.assert_becomes(rows_are(*jobs[10:20]))
        # A new record does not move the page of a token.
        self.run_command("late")
        self.browser.run("setTimeout(done, 2500)")
        self.assert_becomes(rows_are(*jobs[10:20]))
        self.browser.click("#next")
        self.assert_becomes(rows_are(*jobs[20:]))
        self.assertTrue(self.browser.run("done(document.querySelector('#next').disabled)"))
        self.browser.click("#previous")
        self.assert_becomes(rows_are(*jobs[10:20]))
        self.browser.click("#first")
        self.assert_becomes(rows_are("late", *jobs[:9]))

        self.browser.type("#mode", "by number")
        self.assert_becomes(has("#where", "of 3, 25 invocations"))
        self.browser.type("#number", "3" + ENTER)
        self.assert_becomes(rows_are(*jobs[19:]))
        self.browser.type("#size", "20")
        self.assert_becomes(rows_are("late", *jobs[:19]))

        filters = {"InstanceId": "i-1", "InvokeStatus": "Pending", "CommandType": "RunShellScript", "Tag": "team=a=b"}
        for name, value in filters.items():
            self.browser.type(f"#filters [name={name}]", value)
        self.browser.click("#filters button")
        self.assert_becomes(rows_are("job-19", "job-13", "job-7", "job-1"))
        # The address keeps what is shown.
        kept = self.browser.run("done(location.hash)")
        self.open(kept[1:])
        self.assert_becomes(rows_are("job-19", "job-13", "job-7", "job-1"))
        self.browser.click("#clear")
        self.assert_becomes(has("#where", "25 invocations"))

        for name, value in {"CommandName": "job-7", "Timed": "false", "RepeatMode": "Once"}.items():
            self.browser.type(f"#filters [name={name}]", value)
        self.browser.click("#filters button")
        self.assert_becomes(rows_are("job-7"))
        self.browser.type("#filters [name=RepeatMode]", "Period")
        self.assert_becomes(has("#said", "No invocation fits."))
        self.browser.type("#filters [name=Tag]", "=x")
        self.browser.click("#filters button")
        self.assert_becomes(has("#error", "allowed 1 to 64 characters"))

    def test_every_filter_of_the_query_is_a_field(self):
        self.start()
        self.open()
        fields = self.browser.run("done([...document.querySelector('#filters').elements].map((field) => field.name).filter(Boolean))")
        self.assertEqual(set(fields), {
            "RegionId", "InvokeStatus", "InvokeId", "CommandId", "CommandName", "CommandType", "RepeatMode", "Timed",
            "InstanceId", "ResourceGroupId", "Tag",
        })

    def test_a_run_is_followed_to_its_end(self):
        self.start()
        invoke = self.run_command("backup", **{"InstanceId.2": "i-2"})
        self.open()
        self.assert_becomes(has("#rows", "Pending"))
        self.browser.click("#rows button.id")
        self.assert_becomes(has("#detail", "i-2"))
        self.emulator.control("runs", "", InvokeId=invoke, InstanceId="i-1", InvocationStatus="Running")
        self.assert_becomes(f"{has('#rows', 'Running')} && {has('#detail .run', 'Running')}")
        output = "ZG9uZSDinJMK"
        for instance, code in (("i-1", 0), ("i-2", 3)):
            self.emulator.control("runs", "", InvokeId=invoke, InstanceId=instance, InvocationStatus="Running")
            self.emulator.control("runs", "", InvokeId=invoke, InstanceId=instance, Output=output, ExitCode=code,
                                  InvocationStatus="Failed" if code else "Success")
        self.assert_becomes(has("#rows .status", "PartialFailed"))
        self.assert_becomes(f"{has('#detail', 'done ✓')} && {has('#detail', 'ExitCodeNonzero')}")
        # Another run that nobody reports comes, too.
        self.run_command("later")
        self.assert_becomes(rows_are("later", "backup"))
        self.browser.click("[data-act=close]")
        self.assert_becomes("document.querySelector('#detail').hidden")

    def test_runs_and_histories_by_pages(self):
        self.start()
        many = {f"InstanceId.{number}": f"i-{number:02}" for number in range(1, 13)}
        invoke = self.run_command("wide", **many)
        self.open(f"open={invoke}")
        self.assert_becomes(f"{has('#detail', 'i-10')} && !{has('#detail', 'i-11')}")
        self.browser.click("[data-act=runs-next]")
        self.assert_becomes(f"{has('#detail', 'i-12')} && !{has('#detail', 'i-10')}")
        self.browser.click("[data-act=runs-previous]")
        self.assert_becomes(has("#detail", "i-10"))

        self.emulator.control("outcomes", "", CommandName="hourly", Result={
            "InvocationStatus": "Failed", "ExitCode": 9, "Output": "bm8="})
        task = self.run_command("hourly", RepeatMode="Period", Frequency="rate(1h)")
        self.emulator.control("clock", "", Advance=7300)
        self.open(f"Timed=true&open={task}")
        self.assert_becomes(has("#detail", "Scheduled"))
        self.browser.click("[data-act=history]")
        self.assert_becomes("document.querySelectorAll('#detail .run').length === 3")
        self.assert_becomes(f"{has('#detail', 'History of i-1')} && {has('#detail', 'Failed')}")
        self.browser.click("[data-act=runs-all]")
        self.assert_becomes("document.querySelectorAll('#detail .run').length === 1")

    def test_control_requests(self):
        self.start()
        invoke = self.run_command("backup")
        self.open(f"open={invoke}")
        self.assert_becomes(has("#detail", "i-1"))
        self.browser.click("[data-act=report]")
        self.assertIn("InvalidParameter.InvocationStatus", self.fill(InvocationStatus="Success")[1])
        self.browser.click("[data-act=report]")
        self.assertEqual(self.fill(InvocationStatus="Running")[1], "")
        self.browser.click("[data-act=report]")
        self.assertEqual(self.fill(InvocationStatus="Failed", ExitCode=7, Output="café")[1], "")
        self.assert_becomes(f"{has('#detail', 'café')} && {has('#rows', 'Failed')}")
        [row] = self.ask("DescribeInvocationResults", InvokeId=invoke)["Invocation"]["InvocationResults"]["InvocationResult"]
        self.assertEqual((row["ExitCode"], row["Output"]), (7, "Y2Fmw6k="))

        self.browser.click("[data-act=outcome]")
        done = self.fill(Times=1, Result__InvocationStatus="Failed", Result__ExitCode=75, Result__Output="busy")
        self.assertEqual(done, ["Done.", ""])
        self.run_command("backup")
        self.assert_becomes(f"{ROWS}[0].textContent.includes('Failed')")

        self.assertIn("Steps", self.send("outcomes", CommandName="x", Steps="[{]")[1])
        self.assertEqual(self.send("outcomes", CommandName="x", Steps='[{"InvocationStatus": "Running"}]')[1], "")
        self.assertIn("InvalidBody", self.send("faults", DelayMs="soon")[1])
        self.assertEqual(self.send("faults", Action="DescribeInvocations", Code="Throttling", Times=1)[1], "")
        # The page asked meanwhile, and does not use the fault up.
        self.run_command("meanwhile")
        self.assert_becomes(f"{ROWS}[0].textContent.includes('meanwhile')")
        with self.assertRaises(urllib.error.HTTPError) as refused:
            self.ask("DescribeInvocations")
        self.assertEqual(json.load(refused.exception)["Code"], "Throttling")
        refused.exception.close()
        self.browser.click("#control-faults")
        self.assert_becomes(has("#listed", '"Hits":1'))
        self.browser.click("#listed button")
        self.assert_becomes(has("#listed", "0 faults"))
        self.browser.click("#cancel")

        self.assertEqual(self.send("clock", Advance=60), ["Done. Now: 2024-05-01T00:01:00Z", ""])
        self.assertIn("Now: given", self.send("clock", Now="soon")[1])
        self.assertEqual(self.send("reboot", InstanceId="i-1"), ["Done. Started: 0", ""])
        self.browser.click("#control-records")
        record = {"InvokeId": "t-captured", "CommandId": "c-1", "CommandName": "captured", "CommandType": "RunShellScript",
                  "CreationTime": NOW, "RepeatMode": "Once",
                  "InvokeInstances": {"InvokeInstance": [{"InstanceId": "i-9", "InvocationStatus": "Success"}]}}
        self.browser.type("#fields textarea", json.dumps({"Invocations": {"Invocation": [record]}}))
        self.browser.click("#form [type=submit]")
        self.assert_becomes(has("#done", "Loaded: 1"))
        self.browser.click("#cancel")
        self.assert_becomes(has("#rows", "captured"))
        self.browser.click("#control-instances")
        self.browser.type("#fields textarea", '{"Instances": {"Instance": [{"InstanceId": "i-7"}]}}')
        self.browser.click("#form [type=submit]")
        self.assert_becomes(has("#done", "Listed: 1"))
        self.browser.click("#cancel")
        self.assertEqual(self.send("reset", Now=NOW)[1], "")
        self.assert_becomes(has("#said", "No invocation fits."))
        self.assert_becomes(has("#detail", "no such invocation"))

    def test_accounts(self):
        self.start()
        self.run_command("shared")
        self.run_command("own", key="1111111111111111")
        self.open()
        self.assert_becomes(rows_are("shared"))
        self.browser.type("#account", "1111111111111111" + ENTER + TAB)
        self.assert_becomes(rows_are("own"))
        self.assertEqual(self.send("reset")[1], "")
        self.assert_becomes(has("#said", "No invocation fits."))
        self.browser.type("#account", "12" + TAB)
        self.assert_becomes(has("#wrong", "allowed are 16 digits"))
        self.browser.type("#account", "x" + "\ue003" + TAB)
        self.assert_becomes(rows_are("shared"))

    def test_text_is_never_markup(self):
        self.start()
        evil = "<img src=x onerror=\"window.evil = 1\"><script>window.evil = 1</script>"
        invoke = self.run_command("<b>name</b>", CommandContent=f"echo '{evil}'", **{
            "InstanceId.1": "<i>i", "Tag.1.Key": "<u>", "Tag.1.Value": evil[:90]})
        self.emulator.control("runs", "", InvokeId=invoke, InstanceId="<i>i", InvocationStatus="Running")
        output = base64.b64encode(evil.encode()).decode()
        self.emulator.control("runs", "", InvokeId=invoke, InstanceId="<i>i", InvocationStatus="Failed", ExitCode=1,
                              ErrorInfo=evil, Output=output)
        self.open(f"open={invoke}&CommandName=" + urllib.parse.quote("<b>name</b>"))
        self.assert_becomes(f"[...document.querySelectorAll('#detail pre')].some((one) => one.textContent.includes({json.dumps(evil)}))")
        self.assert_becomes(has("#rows", "<b>name</b>"))
        self.browser.run("setTimeout(done, 300)")
        self.assertIsNone(self.browser.run("done(window.evil ?? null)"))
        self.assertEqual(self.browser.run("done(document.querySelectorAll('main img, main script, main b, main i, main u').length)"), 0)

    def test_the_keyboard_alone(self):
        self.start()
        for name in ("a", "b"):
            self.run_command(name)
        self.open()
        self.assert_becomes(rows_are("b", "a"))
        focused = "document.activeElement"
        for _ in range(60):
            self.browser.press(TAB)
            if self.browser.run(f"done({focused}.matches('#rows button'))"):
                break
        self.browser.press(DOWN)
        self.assert_becomes(f"{focused} === document.querySelectorAll('#rows button')[1]")
        self.browser.press(ENTER)
        self.assert_becomes("!document.querySelector('#detail').hidden")
        # It stays where it was while the list is made anew.
        self.run_command("c")
        self.assert_becomes(rows_are("c", "b", "a"))
        self.assert_becomes(f"{focused} === document.querySelectorAll('#rows button')[2]")
        self.browser.press(ESCAPE)
        self.assert_becomes("document.querySelector('#detail').hidden")
        # Everything that a mouse can do is a control that the keyboard reaches.
        clicked = "[...document.querySelectorAll('[onclick], [data-act], [data-key]')]"
        self.assertTrue(self.browser.run(f"done({clicked}.every((one) => one.tagName === 'BUTTON'))"))
        unnamed = "[...document.querySelectorAll('input, select, textarea, button')].filter((one) => " \
            "!one.labels?.length && !one.textContent.trim() && !one.ariaLabel).map((one) => one.outerHTML)"
        self.assertEqual(self.browser.run(f"done({unnamed})"), [])

    def test_narrow_dark_and_light(self):
        self.start()
        self.run_command("a-name-that-is-rather-long-for-a-narrow-window", **{"Tag.1.Key": "k" * 64, "Tag.1.Value": "v" * 128})
        self.open()
        self.browser.click("#rows button.id")
        self.browser.size(360, 700)
        self.assert_becomes("document.documentElement.scrollWidth <= innerWidth")
        self.addCleanup(self.browser.tell, "Emulation.setEmulatedMedia", features=[])
        for scheme in ("dark", "light"):
            self.browser.tell("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
            for word in [*STATUSES, "faint"]:
                with self.subTest(scheme=scheme, word=word):
                    # WCAG 2, level AA.
                    self.assertGreaterEqual(self.contrast(word), 4.5)

    def contrast(self, word):
        """The contrast of a word's colour with both backgrounds: the lesser one."""
        colours = self.browser.run(f"""
            const span = document.createElement('span');
            span.className = {json.dumps(word)};
            document.body.append(span);
            const of = (element, name) => getComputedStyle(element)[name];
            const colours = [of(span, 'color'), of(document.body, 'backgroundColor'), of(document.querySelector('header'), 'backgroundColor')];
            span.remove();
            done(colours)""")
        text, *backs = [luminance(colour) for colour in colours]
        return min((max(text, back) + 0.05) / (min(text, back) + 0.05) for back in backs)

    def test_a_server_that_goes_and_comes(self):
        self.start()
        self.run_command("before")
        self.open()
        self.assert_becomes(rows_are("before"))
        address = self.emulator.address
        self.emulator.stop()
        self.assert_becomes(f"!document.querySelector('#gone').hidden && {has('#gone', address)}")
        self.emulator = Emulator("--listen", address)
        self.assert_becomes("document.querySelector('#gone').hidden")
        self.assert_becomes(has("#said", "No invocation fits."))
        self.run_command("after")
        self.assert_becomes(rows_are("after"))
        self.assert_becomes("document.querySelector('#live').textContent === 'live'")

    def code(self, language):
        self.browser.click(f"#code-{language}")
        self.assert_becomes("document.querySelector('#copied').textContent")
        text = self.browser.run("done(document.querySelector('#text').value)")
        self.browser.click("#code form button")
        return text

    def test_the_request_as_code(self):
        self.start()
        for name in ("it's", "other"):
            self.run_command(name, key="2222222222222222", **{"Tag.1.Key": "a", "Tag.1.Value": 'b"c$d', "Tag.2.Key": "e"})
        kept = urllib.parse.urlencode({"CommandName": "it's", "Timed": "false", "Tag": 'a=b"c$d\ne', "account": "2" * 16})
        self.open(kept)
        self.assert_becomes(rows_are("it's"))
        runs = [("curl", ["sh", "-s"], {})]
        python = TARGET / "clients-python/bin/python"
        node = TARGET / "clients-node/node_modules"
        if python.exists():
            runs.append(("Python", [str(python), "-"], {}))
        if node.exists() and shutil.which("node"):
            runs.append(("Node", ["node", "-"], {"NODE_PATH": str(node)}))
        print("code tried:", ", ".join(language for language, *_ in runs))
        for language, program, environment in runs:
            with self.subTest(language=language):
                done = subprocess.run(program, input=self.code(language), capture_output=True, text=True, timeout=60,
                                      env={**os.environ, **environment})
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertIn("it's", done.stdout)
                self.assertNotIn("other", done.stdout)

    def test_it_changes_nothing_that_a_test_can_see(self):
        self.start("--seed", "7")
        self.open()
        self.run_command("first")
        self.assert_becomes(rows_are("first"))
        self.run_command("second")
        self.assert_becomes(rows_are("second", "first"))
        answers = [self.ask("DescribeInvocations")]
        self.start_again("--seed", "7")
        self.run_command("first")
        self.run_command("second")
        answers.append(self.ask("DescribeInvocations"))
        self.assertEqual(*answers)


def luminance(colour):
    """The relative luminance of `rgb(R, G, B)` in WCAG 2."""
    parts = [int(part) / 255 for part in re.findall(r"\d+", colour)[:3]]
    red, green, blue = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


if __name__ == "__main__":
    unittest.main()
