// For Node's test runner: one emulator for a file of tests, and an account of its own for each test.
"use strict";

const { after } = require("node:test");
const { Emulator } = require("./lib/emulator.js");

/** `test.d.ts` documents it. */
function emulatorForTests(options) {
  let started;
  // The accounts by the context of their test: tests that run at once have one each.
  const accounts = new WeakMap();
  const start = () => (started ??= Emulator.start(options));

  after(async () => {
    // The error of a start is that of the tests that asked for it.
    const emulator = await started?.catch(() => undefined);
    await emulator?.stop();
  });

  function account(t) {
    if (typeof t?.after !== "function" || typeof t.diagnostic !== "function") {
      throw new TypeError("account(t) needs the context that node:test gives to the function of a test");
    }
    if (!accounts.has(t)) accounts.set(t, take(t));
    return accounts.get(t);
  }

  async function take(t) {
    let release;
    t.after(() => release?.());
    const emulator = await start();
    const taken = emulator.account();
    let position;
    release = async () => {
      if (!t.passed) show(await emulator.logAfter(position), t);
      await taken.release();
    };
    position = await emulator.logPosition();
    return taken;
  }

  return { account, start };
}

function show(lines, t) {
  if (!lines.length) return;
  t.diagnostic("the emulator's standard error meanwhile:");
  for (const line of lines) t.diagnostic(line);
}

module.exports = { emulatorForTests };
