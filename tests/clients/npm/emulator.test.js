// The start and the end of an emulator, and what it says meanwhile.
"use strict";

const assert = require("node:assert/strict");
const { execFileSync } = require("node:child_process");
const { readFileSync, readdirSync, rmSync } = require("node:fs");
const http = require("node:http");
const { join } = require("node:path");
const { json } = require("node:stream/consumers");
const { test } = require("node:test");
const tls = require("node:tls");
const { Emulator, EmulatorError } = require("invodex-emulator");
const { call, counts, directory, fixture, isAlive, program, results, run, until } = require("./support.js");

/** An emulator for one test. */
async function emulator(t, ...flags) {
  const started = await Emulator.start({ flags });
  t.after(() => started.stop().catch(() => {}));
  return started;
}

/** The error with which a start is refused. */
async function refusal(flags, options = {}) {
  const error = await Emulator.start({ flags, ...options }).then(
    (started) => started.stop().then(() => assert.fail("it started")),
    (error) => error,
  );
  assert.ok(error instanceof EmulatorError, error);
  return error.message;
}

/** The ids of the processes that run with an argument. */
function processesOf(argument) {
  const commandOf = (pid) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
    } catch {
      // It has ended meanwhile.
      return [];
    }
  };
  const pids = readdirSync("/proc").filter((name) => /^[0-9]+$/.test(name));
  return pids.filter((pid) => commandOf(pid).includes(argument));
}

test("it is ready after its start, and gone after its stop", async (t) => {
  const started = await emulator(t);
  assert.match(started.url, /^http:\/\/127\.0\.0\.1:[0-9]+$/);
  assert.equal(started.url, `http://${started.endpoint}`);
  assert.equal((await started.health()).status, "ok");
  assert.deepEqual(started.log, []);
  assert.equal(started.proxy, undefined);
  assert.ok(isAlive(started.pid));
  await Promise.all([started.stop(), started.stop()]);
  await started.stop();
  assert.ok(!isAlive(started.pid));
  await assert.rejects(started.health(), {
    name: "EmulatorError",
    message: "the emulator does not answer: it ended with exit code 0",
  });
});

test("a port in use, a missing file and a wrong flag are told in the emulator's words", async (t) => {
  const { endpoint } = await emulator(t);
  const inUse = await refusal(["--listen", endpoint]);
  assert.ok(inUse.startsWith("the emulator did not start, and ended with exit code 2:\n"), inUse);
  assert.ok(inUse.includes(`--listen ${endpoint}: Address already in use`), inUse);
  assert.match(await refusal(["--load", "/no/such/file"]), /\/no\/such\/file: No such file or directory/);
  assert.match(await refusal(["--no-such-flag"]), /unexpected argument '--no-such-flag'/);
  assert.equal(await refusal(["--version"]), "the emulator did not start, and ended with exit code 0");
});

test("one that is not ready in time is ended", async (t) => {
  // Nobody ever writes to this pipe, from which it reads.
  const pipe = join(directory(t), "pipe");
  execFileSync("mkfifo", [pipe]);
  const error = await refusal(["--load", pipe], { timeout: 200 });
  assert.equal(error, "the emulator was not ready within 200 ms");
  assert.deepEqual(processesOf(pipe), []);
});

test("a stopped one does not reach another one on its port", async (t) => {
  const first = await emulator(t);
  await first.stop();
  const second = await emulator(t, "--listen", first.endpoint);
  await run(second);
  await assert.rejects(first.reset(), { name: "EmulatorError", message: /it ended with exit code 0$/ });
  assert.equal((await results(second)).length, 1);
});

test("wrong options are the caller's error", async () => {
  for (const [options, message] of [
    [{ flag: [] }, 'unknown option "flag"; allowed are flags and timeout'],
    [{ flags: "--tls" }, 'flags: given "--tls", allowed is a list of arguments'],
    [{ timeout: "soon" }, "timeout: given soon, allowed are milliseconds above 0, up to 2147483647"],
    [{ timeout: Infinity }, "timeout: given Infinity, allowed are milliseconds above 0, up to 2147483647"],
  ]) {
    await assert.rejects(Emulator.start(options), { name: "TypeError", message });
  }
  assert.throws(() => new Emulator(), /^TypeError: new Emulator\(\) starts nothing; use await Emulator/);
});

test("flags may be numbers", async (t) => {
  const started = await emulator(t, "--auto-complete", 0);
  await run(started);
  await until(async () => (await results(started))[0].InvocationStatus === "Success", "the end of a run");
});

test("an archive is saved at its stop; a save that fails is an error, once", async (t) => {
  const path = directory(t);
  const flags = ["--archive", join(path, "archive"), "--save-every", "3600"];
  const first = await emulator(t, ...flags);
  const id = await run(first);
  await first.stop();
  const second = await emulator(t, ...flags);
  assert.equal((await results(second))[0].InvokeId, id);
  await run(second);
  rmSync(path, { recursive: true });
  await assert.rejects(second.stop(), (error) => {
    assert.ok(error instanceof EmulatorError);
    assert.match(error.message, /^the emulator ended with exit code 1:\n.*No such file or directory/s);
    return true;
  });
  await second.stop();
});

test("a killed emulator is told by every request, by open events and by stop", async (t) => {
  const started = await emulator(t);
  const account = started.account();
  const next = (await account.events()).next();
  process.kill(started.pid, "SIGKILL");
  await assert.rejects(next, { name: "EmulatorError", message: /^the emulator does not answer/ });
  const message = "the emulator does not answer: it was ended by SIGKILL";
  await until(
    () => started.health().catch((error) => error instanceof EmulatorError && error.message === message),
    message,
  );
  await account.release();
  await assert.rejects(started.stop(), { name: "EmulatorError", message: /was ended by SIGKILL/ });
});

test("its lines never block it, and the latest are kept", async (t) => {
  const started = await emulator(t);
  const before = await started.logPosition();
  // Each is refused with a line, of 200 KB and more in all.
  const refused = () => call(started, "DescribeInvocations", { InvokeStatus: "x".repeat(50) });
  for (let many = 0; many < 30; many++) await Promise.all(Array.from({ length: 50 }, refused));
  const end = await started.logPosition();
  // The position counts the line of the request that finds out the position.
  assert.equal(end - before, 1501);
  // That line may have taken the place of another one before it was left out.
  assert.ok([999, 1000].includes(started.log.length), started.log.length);
  assert.deepEqual(await started.logAfter(end), []);
  assert.deepEqual(await started.logAfter(0), started.log);
  await refused();
  assert.deepEqual(await started.logAfter(end), started.log.slice(-1));
  assert.match(started.log[0], /^invodex-emulator: .*InvokeStatus/);
});

test("a log of requests has no line of the package's own", async (t) => {
  const started = await emulator(t, "--log", "text");
  const account = started.account();
  const position = await started.logPosition();
  await Promise.all([call(account, "DescribeRegions"), call(account, "DescribeCommands")]);
  const lines = (await started.logAfter(position)).map((line) => line.split(" ").slice(1, 4).join(" "));
  const { accessKeyId } = account;
  assert.deepEqual(lines.sort(), [
    `200 DescribeCommands ${accessKeyId}`,
    `200 DescribeRegions ${accessKeyId}`,
  ]);
});

test("HTTPS, and a proxy", async (t) => {
  const path = directory(t);
  const started = await emulator(t, "--tls", "--proxy=127.0.0.1:0", "--tls-dir", path);
  assert.match(started.url, /^https:\/\/127\.0\.0\.1:[0-9]+$/);
  assert.match(started.proxy, /^http:\/\/127\.0\.0\.1:[0-9]+$/);
  assert.equal(started.sdkConfig().protocol, "https");
  assert.equal((await started.health()).status, "ok");
  const ca = readFileSync(join(path, "ca.pem"));
  const host = "ecs.cn-hangzhou.aliyuncs.com";
  const { socket } = await new Promise((resolve, reject) => {
    const tunnel = http.request(started.proxy, { method: "CONNECT", path: `${host}:443` });
    tunnel.on("connect", (_, socket) => resolve({ socket })).on("error", reject).end();
  });
  const answer = await new Promise((resolve, reject) => {
    const createConnection = () => tls.connect({ socket, ca, servername: host });
    const path = "/?Action=DescribeRegions&Version=2014-05-26";
    http.get({ createConnection, host, path }, resolve).on("error", reject);
  });
  assert.ok((await json(answer)).Regions);
  socket.destroy();
});

/** The process id that a program prints. */
async function printedPid(started) {
  await until(() => /^emulator [0-9]+$/m.test(started.out), `a process id in ${started.out}`);
  return Number(/^emulator ([0-9]+)$/m.exec(started.out)[1]);
}

for (const [end, code, signal] of [
  ["SIGKILL", null, "SIGKILL"],
  ["exit", 7, null],
  ["throw", 1, null],
  ["return", 0, null],
]) {
  test(`it ends with a process that ends by ${end}`, async () => {
    const started = program("node", [join(__dirname, "fixtures", "leaves.js"), end]);
    const pid = await printedPid(started);
    if (end === "SIGKILL") started.child.kill("SIGKILL");
    const ended = await started.ended;
    assert.deepEqual([ended.code, ended.signal], [code, signal], ended.out);
    await until(() => !isAlive(pid), "the end of the emulator");
  });
}

test("a test process ends although its emulator was not stopped", async () => {
  const { code, out } = await fixture("not-stopped.js");
  assert.equal(code, 0, out);
  assert.deepEqual(counts(out), { pass: 1, fail: 0, cancelled: 0 });
});

test("`await using` stops it", async () => {
  const { code, out } = await program("node", [join(__dirname, "compiled", "using.mjs")]).ended;
  assert.equal(code, 0, out);
  const pid = await printedPid({ out });
  assert.ok(!isAlive(pid));
});
