// Both pagings to the end, the life of a run, and every documented error, with each SDK.

const assert = require("node:assert/strict");
const { randomInt } = require("node:crypto");
const { test } = require("node:test");
const { ApiError, Newer, Older } = require("./clients.js");
const errors = require("../documented-errors.json");

const address = process.env.INVODEX_ADDRESS;
const range = (n) => [...Array(n).keys()];

// A client with an account of its own.
class Account {
  constructor(Sdk) {
    this.key = range(16).map(() => randomInt(10)).join("");
    this.sdk = new Sdk(address, this.key);
  }

  call(action, params = {}) {
    return this.sdk.call(action, { RegionId: "cn-hangzhou", ...params });
  }

  async run(...instances) {
    const command = { Type: "RunShellScript", CommandContent: "df -h", InstanceId: instances };
    return (await this.call("RunCommand", command)).InvokeId;
  }

  async report(fields) {
    const answer = await fetch(`http://${address}/_emulator/runs?AccessKeyId=${this.key}`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(fields),
    });
    assert.equal(answer.status, 200, await answer.text());
  }
}

const pages = {
  DescribeInvocations: (body) => ({
    rows: body.Invocations.Invocation.map((row) => row.InvokeId),
    total: body.TotalCount,
    next: body.NextToken,
  }),
  DescribeInvocationResults: ({ Invocation: body }) => ({
    rows: body.InvocationResults.InvocationResult.map((row) => `${row.InvokeId} ${row.InstanceId}`),
    total: body.TotalCount,
    next: body.NextToken,
  }),
};

async function byNumber(account, action, size) {
  const walked = [];
  for (let number = 1; ; number++) {
    const page = pages[action](await account.call(action, { PageNumber: number, PageSize: size }));
    walked.push(...page.rows);
    if (!page.rows.length) {
      assert.equal(page.total, walked.length);
      return walked;
    }
  }
}

async function byToken(account, action, size) {
  const walked = [];
  let token = "";
  do {
    const page = pages[action](await account.call(action, { MaxResults: size, NextToken: token }));
    walked.push(...page.rows);
    token = page.next;
  } while (token);
  return walked;
}

for (const Sdk of [Newer, Older]) {
  test(`${Sdk.name}: both pagings to the end`, async () => {
    const account = new Account(Sdk);
    const accepted = [];
    for (const _ of range(23)) accepted.unshift(await account.run("i-1", "i-2"));
    const expected = {
      DescribeInvocations: accepted,
      DescribeInvocationResults: accepted.flatMap((id) => [`${id} i-1`, `${id} i-2`]),
    };
    for (const action in expected)
      for (const size of [1, 7, 23, 50])
        for (const walk of [byNumber, byToken])
          assert.deepEqual(await walk(account, action, size), expected[action], walk.name);
  });

  test(`${Sdk.name}: run, report, stop`, async () => {
    const account = new Account(Sdk);
    const InvokeId = await account.run("i-1", "i-2", "i-3");
    const report = (InstanceId, InvocationStatus, more) =>
      account.report({ InvokeId, InstanceId, InvocationStatus, ...more });
    await report("i-1", "Running");
    await report("i-1", "Success", { ExitCode: 0, Output: btoa("done") });
    await report("i-2", "Running");
    await account.call("StopInvocation", { InvokeId, InstanceId: ["i-2"] });
    await account.call("StopInvocation", { InvokeId });
    await report("i-2", "Terminated");

    const { Invocation } = (
      await account.call("DescribeInvocations", { InvokeId, IncludeOutput: true })
    ).Invocations;
    const shown = Invocation[0].InvokeInstances.InvokeInstance.map((run) => [
      run.InstanceId,
      run.InvocationStatus,
      run.InstanceInvokeStatus,
      run.Output,
    ]);
    assert.deepEqual(shown, [
      ["i-1", "Success", "Finished", btoa("done")],
      ["i-2", "Terminated", "Stopped", ""],
      ["i-3", "Cancelled", "Stopped", ""],
    ]);
    assert.deepEqual(
      [Invocation[0].InvocationStatus, Invocation[0].InvokeStatus],
      ["Success", "Finished"],
    );
  });

  test(`${Sdk.name}: every documented error is the SDK's own exception`, async () => {
    const account = new Account(Sdk);
    const id = await account.run("i-1");
    for (const { actions, params, code, status, message, key } of errors)
      for (const action of actions) {
        const sdk = key ? new Sdk(address, key) : account.sdk;
        const given = { RegionId: "cn-hangzhou", ...params };
        if (given.InvokeId === "$InvokeId") given.InvokeId = id;
        await assert.rejects(sdk.call(action, given), (error) => {
          assert.ok(error instanceof ApiError, error);
          assert.deepEqual([error.code, error.status], [code, status], action);
          assert.ok(error.message.includes(message), error.message);
          assert.equal(error.requestId.length, 36);
          return true;
        });
      }
  });
}
