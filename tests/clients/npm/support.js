// Helpers of the tests.
"use strict";

const assert = require("node:assert/strict");
const { spawn } = require("node:child_process");
const { readFileSync, mkdtempSync, rmSync } = require("node:fs");
const { join } = require("node:path");
const { setTimeout: sleep } = require("node:timers/promises");

/** Sends a request of the API by GET, and returns the answer. */
async function call(account, action, params = {}) {
  const { accessKeyId: AccessKeyId, regionId: RegionId, url } = account;
  const query = { Action: action, Version: "2014-05-26", RegionId, AccessKeyId, ...params };
  const answer = await fetch(`${url}/?${new URLSearchParams(query)}`);
  return { status: answer.status, body: await answer.json() };
}

/** Runs a command on instance i-1, and returns the id of the invocation. */
async function run(account, params = {}) {
  const command = { Type: "RunShellScript", CommandContent: "df -h", "InstanceId.1": "i-1" };
  const { status, body } = await call(account, "RunCommand", { ...command, ...params });
  assert.equal(status, 200, JSON.stringify(body));
  return body.InvokeId;
}

/** The results of an account, from the newest on. */
async function results(account, params = {}) {
  const asked = { ContentEncoding: "PlainText", ...params };
  const { status, body } = await call(account, "DescribeInvocationResults", asked);
  assert.equal(status, 200, JSON.stringify(body));
  return body.Invocation.InvocationResults.InvocationResult;
}

/** The names of the commands that an account has run, from the newest on. */
async function names(account) {
  const { status, body } = await call(account, "DescribeInvocations");
  assert.equal(status, 200, JSON.stringify(body));
  return body.Invocations.Invocation.map((invocation) => invocation.CommandName);
}

/** Calls `condition` until it is true, for ten seconds at most. */
async function until(condition, what) {
  for (let tries = 0; tries < 1000; tries++) {
    if (await condition()) return;
    await sleep(10);
  }
  assert.fail(`not within ten seconds: ${what}`);
}

/** Whether a process runs. One that has ended and that nobody waits for does not. */
function isAlive(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return !/^[ZX]/.test(stat.slice(stat.lastIndexOf(")") + 2));
  } catch (error) {
    if (error.code !== "ENOENT" && error.code !== "ESRCH") throw error;
    return false;
  }
}

/** A directory for a test, removed after it. */
function directory(t) {
  const path = mkdtempSync(join(__dirname, "directory-"));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** Starts a program. `out` has what it prints, as it comes; `ended` is fulfilled with its end. */
function program(command, args, options = {}) {
  const env = { ...process.env, ...options.env };
  // A test runner of its own, and not a part of this one.
  delete env.NODE_TEST_CONTEXT;
  const child = spawn(command, args, { cwd: __dirname, ...options, env });
  const started = { child, out: "", ended: undefined };
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text) => (started.out += text));
  }
  started.ended = new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => resolve({ code, signal, out: started.out }));
  });
  return started;
}

/** Runs a fixture with Node's test runner, and returns its end. */
const fixture = (name) => program("node", testing(name)).ended;
const testing = (name) => ["--test", "--test-reporter=tap", join(__dirname, "fixtures", name)];

/** The numbers of tests in the report of a fixture. */
function counts(out) {
  const count = (name) => [name, Number(new RegExp(`^# ${name} ([0-9]+)$`, "m").exec(out)?.[1])];
  return Object.fromEntries(["pass", "fail", "cancelled"].map(count));
}

module.exports = { call, counts, directory, fixture, isAlive, names, program, results, run, until };
