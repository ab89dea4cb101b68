// Every control request, its errors, and the accounts.
"use strict";

const assert = require("node:assert/strict");
const { after, before, test } = require("node:test");
const { setTimeout: sleep } = require("node:timers/promises");
const { Emulator, EmulatorError } = require("invodex-emulator");
const { call, names, results, run, until } = require("./support.js");

const NOW = "2024-05-01T00:00:00Z";
let emulator;

before(async () => {
  emulator = await Emulator.start();
});
after(() => emulator.stop());

/** An account for one test. */
function own(t) {
  const account = emulator.account();
  t.after(() => account.release());
  return account;
}

/** Begins a run: the first event of an account. */
async function begin(account) {
  await account.updateRun(await run(account), "i-1", { invocationStatus: "Running" });
}

/** The error of a refused request: its status and its code, and texts that it has. */
async function refused(promise, status, code, ...texts) {
  await assert.rejects(promise, (error) => {
    assert.ok(error instanceof EmulatorError, error);
    assert.deepEqual([error.status, error.code], [status, code], error.message);
    assert.ok(error.message.startsWith(`${code}: `) && error.message.endsWith(error.detail), error.message);
    for (const text of texts) assert.ok(error.detail.includes(text), error.detail);
    return true;
  });
}

test("an account has the values of an SDK's Config", (t) => {
  const account = own(t);
  assert.match(account.accessKeyId, /^1000000000000[0-9]{3}$/);
  assert.deepEqual(account.sdkConfig(), {
    accessKeyId: account.accessKeyId,
    accessKeySecret: "secret",
    endpoint: emulator.endpoint,
    protocol: "http",
    regionId: "cn-hangzhou",
  });
  assert.equal(emulator.accessKeyId, "test");
});

test("reset empties the account, and sets its clock", async (t) => {
  const account = own(t);
  await run(account);
  await account.reset();
  assert.deepEqual(await results(account), []);
  for (const now of [NOW, new Date(NOW), new Date("2024-05-01T00:00:00.999Z")]) {
    await account.reset(now);
    const id = await run(account);
    await account.updateRun(id, "i-1", { invocationStatus: "Running" });
    assert.equal((await results(account))[0].StartTime, NOW);
  }
  await refused(account.reset("today"), 400, "InvalidTime", "Now", "today");
  await refused(account.reset(new Date("today")), 400, "InvalidTime", "Now", "Invalid Date");
  assert.equal((await results(account)).length, 1);
});

test("the clock is set and moved", async (t) => {
  const account = own(t);
  await account.reset(NOW);
  assert.equal(await account.setClock("2024-05-01T00:01:00Z"), "2024-05-01T00:01:00Z");
  assert.equal(await account.setClock(new Date("2024-05-01T00:02:00Z")), "2024-05-01T00:02:00Z");
  assert.equal(await account.advanceClock(60), "2024-05-01T00:03:00Z");
  await refused(account.advanceClock(-1), 400, "InvalidBody", "Advance", "-1");
  await refused(account.advanceClock(), 400, "InvalidBody");
});

test("records are loaded from a capture, as an object or as text", async (t) => {
  const account = own(t);
  const InvokeId = await run(account, { CommandContent: "uname" });
  const { body } = await call(account, "DescribeInvocations", { InvokeId, IncludeOutput: true });
  for (const capture of [body, JSON.stringify(body), Buffer.from(JSON.stringify(body))]) {
    await account.reset();
    assert.deepEqual(await account.loadRecords(capture), { loaded: 1, notRetained: 0 });
    assert.equal((await results(account))[0].InvokeId, InvokeId);
  }
  await refused(account.loadRecords("{"), 400, "InvalidBody", "EOF");
  await assert.rejects(account.loadRecords({ Invocations: { Invocation: [{}] } }), EmulatorError);
});

test("a run is updated", async (t) => {
  const account = own(t);
  await account.reset(NOW);
  const id = await run(account);
  await account.updateRun(id, "i-1", { invocationStatus: "Running", time: new Date("2024-05-01T00:00:05Z") });
  await account.updateRun(id, "i-1", { output: "grüß " });
  await account.updateRun(id, "i-1", { append: Buffer.from("Gott\n") });
  await account.updateRun(id, "i-1", { append: new Uint8Array([0x21]), dropped: 7 });
  const end = { finishTime: "2024-05-01T00:00:09Z", exitCode: 3, errorInfo: "why", output: undefined };
  await account.updateRun(id, "i-1", { invocationStatus: "Failed", ...end });
  const [run1] = await results(account);
  assert.deepEqual(
    [run1.InvocationStatus, run1.Output, run1.Dropped, run1.ExitCode, run1.ErrorInfo],
    ["Failed", "grüß Gott\n!", 7, 3, "why"],
  );
  assert.deepEqual([run1.StartTime, run1.FinishedTime], ["2024-05-01T00:00:05Z", end.finishTime]);
});

test("a refused update names the field, the given and the allowed values, and changes nothing", async (t) => {
  const account = own(t);
  const id = await run(account);
  const update = (fields) => account.updateRun(id, "i-1", fields);
  const unknown = update({ invocationStatus: "Finished" });
  await refused(unknown, 400, "InvalidParameter.InvocationStatus", "Finished", "Success");
  await refused(update({ exitStatus: 1 }), 400, "InvalidBody", "ExitStatus", "ExitCode");
  await refused(update({ output: 1 }), 400, "InvalidBody", "Output", "1");
  await refused(update({ exitCode: "1" }), 400, "InvalidBody", "ExitCode");
  await refused(account.updateRun("t-none", "i-1", {}), 404, "InvalidInvokeId.NotFound", "t-none");
  await refused(account.updateRun(id, "i-none", {}), 404, "InvalidInstanceId.NotFound", "i-none");
  assert.equal((await results(account))[0].InvocationStatus, "Pending");
});

test("instances are listed", async (t) => {
  const account = own(t);
  const list = { Instances: { Instance: [{ InstanceId: "i-1" }, { InstanceId: "i-2", Status: "Stopped" }] } };
  assert.equal(await account.listInstances(list), 2);
  assert.equal(await account.listInstances(JSON.stringify(list)), 2);
  const { body } = await call(account, "DescribeInstances");
  assert.deepEqual(body.Instances.Instance.map(({ InstanceId, Status }) => [InstanceId, Status]), [
    ["i-1", "Running"],
    ["i-2", "Stopped"],
  ]);
  const params = { Type: "RunShellScript", CommandContent: "df", "InstanceId.1": "i-3" };
  assert.equal((await call(account, "RunCommand", params)).body.Code, "InvalidInstance.NotFound");
  await refused(account.listInstances({ Instances: {} }), 400, "InvalidBody", "Instance");
});

test("a reboot begins the runs that wait for it", async (t) => {
  const account = own(t);
  await account.addOutcome({ default: true, result: { invocationStatus: "Success", output: "up" } });
  await run(account, { RepeatMode: "NextRebootOnly" });
  assert.equal((await results(account))[0].InvocationStatus, "Scheduled");
  assert.equal(await account.reboot("i-2"), 0);
  assert.equal(await account.reboot("i-1"), 1);
  await until(async () => (await results(account))[0].Output === "up", "the end of the run");
  await refused(account.reboot(""), 400, "InvalidParameter.InstanceId", "allowed");
});

test("outcomes are scripted: a sequence, then a result, then steps, then all others", async (t) => {
  const account = own(t);
  const result = (invocationStatus, output) => ({ invocationStatus, output });
  const failed = { ...result("Failed", "no"), exitCode: 75 };
  await account.addOutcome({ commandName: "backup", times: 2, result: failed });
  await account.addOutcome({ commandName: "backup", result: result("Success", Buffer.from("yes")) });
  const steps = [{ invocationStatus: "Running", delayMs: 1, append: "zz" }];
  await account.addOutcome({ contentPattern: "*sleep*", steps });
  await account.addOutcome({ default: true, result: result("Timeout", "late") });
  for (let times = 0; times < 3; times++) await run(account, { Name: "backup" });
  await run(account, { CommandContent: "sleep 9" });
  await run(account, { CommandContent: "ls" });
  const expected = ["Timeout late", "Running zz", "Success yes", "Failed no", "Failed no"];
  const shown = async () => (await results(account)).map((run) => `${run.InvocationStatus} ${run.Output}`);
  await until(async () => (await shown()).join() === expected.join(), expected);
  const forNone = account.addOutcome({ result: result("Success") });
  await refused(forNone, 400, "MissingParameter.CommandId", "CommandName");
  const impossible = { default: true, steps: [{ invocationStatus: "Terminated" }] };
  await refused(account.addOutcome(impossible), 400, "InvalidParameter.InvocationStatus", "Terminated");
});

test("faults are added, counted and cleared", async (t) => {
  const account = own(t);
  await account.addFault({ action: "DescribeInvocations", code: "Throttling.User", times: 1 });
  await account.addFault({ action: "DescribeInvocations", delayMs: 1, probability: 1, from: 2 });
  const first = await call(account, "DescribeInvocations");
  assert.deepEqual([first.status, first.body.Code], [400, "Throttling.User"]);
  assert.equal((await call(account, "DescribeInvocations")).status, 200);
  const fault = { action: "DescribeInvocations", matched: 2, hits: 1 };
  assert.deepEqual(await account.faults(), [
    { ...fault, code: "Throttling.User", delayMs: 0, from: 1, times: 1 },
    { ...fault, delayMs: 1, from: 2, probability: 1 },
  ]);
  await account.addFault({ cut: "BeforeAction" });
  await assert.rejects(call(account, "DescribeRegions"), TypeError);
  await account.clearFaults();
  assert.deepEqual(await account.faults(), []);
  await refused(account.addFault({ code: "Busy" }), 400, "MissingParameter.Status", "Throttling.User");
});

test("events come from the time at which the stream is open; break ends it", async (t) => {
  const account = own(t);
  const events = await account.events();
  const id = await run(account);
  await account.updateRun(id, "i-1", { invocationStatus: "Running" });
  await account.updateRun(id, "i-1", { invocationStatus: "Success", exitCode: 0 });
  const seen = [];
  for await (const { event, data } of events) {
    seen.push([event, data.invokeId, data.instanceId, data.invocationStatus, data.exitCode]);
    if (data.invocationStatus === "Success") break;
  }
  assert.deepEqual(seen, [
    ["progress", id, "i-1", "Running", ""],
    ["task", id, "i-1", "Success", "0"],
  ]);
  assert.deepEqual(await events.next(), { done: true, value: undefined });
});

test("many events at once come whole, and in the order of each run", async (t) => {
  const account = own(t);
  const instances = Array.from({ length: 100 }, (_, index) => `i-${index + 1}`);
  const ids = Object.fromEntries(instances.map((id, index) => [`InstanceId.${index + 1}`, id]));
  await account.addOutcome({ default: true, result: { invocationStatus: "Success" } });
  const events = await account.events();
  // 2,000 events of some 400 bytes, which are longer together than what is read at once.
  await Promise.all(Array.from({ length: 10 }, () => run(account, { Name: "n".repeat(100), ...ids })));
  const seen = new Map();
  for (let count = 0; count < 2000; count++) {
    const { invokeId, instanceId, invocationStatus, commandName } = (await events.next()).value.data;
    assert.equal(commandName.length, 100);
    const key = `${invokeId} ${instanceId}`;
    seen.set(key, [...(seen.get(key) ?? []), invocationStatus]);
  }
  await events.return();
  assert.equal(seen.size, 1000);
  for (const statuses of seen.values()) assert.deepEqual(statuses, ["Running", "Success"]);
});

test("events have the form of Cloud Monitor if asked for", async (t) => {
  const account = own(t);
  const events = await account.events({ form: "CloudMonitor", playerUid: 11, ownerId: 22 });
  await begin(account);
  const { value } = await events.next();
  assert.deepEqual([value.event, value.data.playerUid, value.data.ownerId], ["progress", 11, 22]);
  await events.return();
  await refused(account.events({ form: "Other" }), 400, "InvalidParameter.Form", "Other", "CloudMonitor");
});

test("a reset and a release end the streams of their account, and no other", async (t) => {
  const accounts = [own(t), own(t), own(t)];
  const streams = await Promise.all(accounts.map((account) => account.events()));
  const nexts = streams.map((events) => events.next());
  await accounts[0].reset();
  await accounts[1].release();
  assert.deepEqual(await Promise.all(nexts.slice(0, 2)), Array(2).fill({ done: true, value: undefined }));
  await begin(accounts[2]);
  assert.equal((await nexts[2]).value.event, "progress");
});

test("streams that are left with break leave room for others", async (t) => {
  const account = own(t);
  // The emulator takes 64 at a time.
  for (let opened = 0; opened < 200; opened++) {
    const events = await account.events();
    await begin(account);
    for await (const { event } of events) {
      assert.equal(event, "progress");
      break;
    }
    // The emulator has to see the end of the connection.
    if (opened % 50 === 49) await sleep(50);
  }
});

test("more streams than the emulator takes are refused", async (t) => {
  const account = own(t);
  const streams = [];
  await until(async () => {
    try {
      streams.push(await account.events());
      return false;
    } catch (error) {
      await refused(Promise.reject(error), 429, "Throttling.Events", "64");
      return true;
    }
  }, "the limit");
  assert.equal(streams.length, 64);
});

test("stop ends the streams at once", async () => {
  const other = await Emulator.start();
  const next = (await other.events()).next();
  const begun = Date.now();
  await other.stop();
  assert.deepEqual(await next, { done: true, value: undefined });
  assert.ok(Date.now() - begun < 900, "it waited for the stream");
});

test("health", async () => {
  const { stores, ...health } = await emulator.health();
  assert.deepEqual(health, { status: "ok", archive: null });
  assert.ok(stores > 0);
});

test("accounts do not see each other's records, and the shared one sees none of theirs", async (t) => {
  const accounts = [own(t), own(t), emulator];
  for (const [index, account] of accounts.entries()) await run(account, { Name: `run-${index}` });
  for (const [index, account] of accounts.entries()) {
    assert.deepEqual(await names(account), [`run-${index}`]);
  }
});

test("a released account takes no request, and comes back empty", async () => {
  const account = emulator.account();
  await run(account);
  await account.addFault({ code: "Throttling" });
  await Promise.all([account.release(), account.release()]);
  const message = `the account ${account.accessKeyId} was released; take another one`;
  for (const request of [account.reset(), account.faults(), account.events()]) {
    await assert.rejects(request, { name: "EmulatorError", message });
  }
  const again = emulator.account();
  assert.equal(again.accessKeyId, account.accessKeyId);
  assert.deepEqual([await results(again), await again.faults()], [[], []]);
  await again.release();
});

test("999 accounts at a time, and recycled ones without end", async (t) => {
  const other = await Emulator.start();
  t.after(() => other.stop());
  const all = Array.from({ length: 999 }, () => other.account());
  assert.equal(new Set(all.map((account) => account.accessKeyId)).size, 999);
  for (const account of all) await run(account);
  assert.equal((await other.health()).stores, 1000);
  assert.throws(() => other.account(), {
    name: "EmulatorError",
    message: "999 accounts are in use, and no more are allowed; release one first",
  });
  await all[500].release();
  const again = other.account();
  assert.equal(again.accessKeyId, all[500].accessKeyId);
  assert.deepEqual(await results(again), []);
});
