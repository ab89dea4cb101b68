// The helper for Node's test runner, by fixtures that it runs.
"use strict";

const assert = require("node:assert/strict");
const { test } = require("node:test");
const { emulatorForTests } = require("invodex-emulator/test");
const { counts, fixture, isAlive } = require("./support.js");

/** The diagnostics behind the report of a test: the lines until the next test. */
function diagnostics(out, name) {
  const lines = out.split("\n").map((line) => line.trim());
  const begin = lines.findIndex((line) => /^(not )?ok [0-9]+ - /.test(line) && line.endsWith(`- ${name}`));
  assert.notEqual(begin, -1, out);
  const rest = lines.slice(begin + 1);
  const end = rest.findIndex((line) => line.startsWith("# Subtest") || /^[0-9]+\.\.[0-9]+$/.test(line));
  return rest.slice(0, end).filter((line) => line.startsWith("# ")).map((line) => line.slice(2));
}

test("a failed test shows the emulator's lines of its time, and no other test does", async () => {
  const { code, out } = await fixture("fails.js");
  assert.equal(code, 1, out);
  assert.deepEqual(counts(out), { pass: 2, fail: 2, cancelled: 1 });
  assert.deepEqual(diagnostics(out, "passes"), []);
  const heading = "the emulator's standard error meanwhile:";
  for (const name of ["fails", "fails by a rejection", "is too late"]) {
    const [first, ...lines] = diagnostics(out, name);
    assert.equal(first, heading, out);
    assert.equal(lines.length, 2, out);
    const given = `given "${name.replaceAll(" ", "-")}"`;
    for (const line of lines) assert.ok(line.startsWith("invodex-emulator: ") && line.includes(given), line);
  }
  assert.deepEqual(diagnostics(out, "passes, too"), []);
});

test("tests that run at once have an account each, also as subtests and in hooks", async () => {
  const { code, out } = await fixture("concurrent.js");
  assert.deepEqual(counts(out), { pass: 45, fail: 0, cancelled: 0 }, out);
  assert.equal(code, 0);
});

test("1,200 tests share one emulator and recycle their accounts", async () => {
  const { code, out } = await fixture("many.js");
  const failed = () => out.split("\n").filter((line) => line.includes("not ok")).join("\n");
  assert.deepEqual(counts(out), { pass: 1502, fail: 0, cancelled: 0 }, failed());
  assert.equal(code, 0);
  const pids = new Set(out.match(/emulator [0-9]+/g));
  assert.equal(pids.size, 1);
  assert.ok(!isAlive(Number([...pids][0].split(" ")[1])), "the emulator has outlived its tests");
});

test("a suite has an emulator of its own, which ends with it", async () => {
  const { code, out } = await fixture("suites.js");
  assert.equal(code, 0, out);
});

test("an emulator that does not start fails the tests that need it, with its lines", async () => {
  const { code, out } = await fixture("no-start.js");
  assert.equal(code, 1, out);
  assert.deepEqual(counts(out), { pass: 1, fail: 2, cancelled: 0 });
  const told = out.match(/\/no\/such\/file: No such file or directory/g) ?? [];
  assert.ok(told.length >= 2, out);
});

test("account needs the context of a test", () => {
  const { account } = emulatorForTests();
  const message = "account(t) needs the context that node:test gives to the function of a test";
  assert.throws(() => account(), { name: "TypeError", message });
  assert.throws(() => account({ name: "suite" }), { name: "TypeError", message });
});
