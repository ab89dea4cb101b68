// The types by import: what is allowed compiles, and what is not does not.
import { test, type TestContext } from "node:test";
import { $OpenApiUtil } from "@alicloud/openapi-core";
import { Account, Emulator, EmulatorError, OwnAccount, type Outcome } from "invodex-emulator";
import { emulatorForTests } from "invodex-emulator/test";

const emulators = emulatorForTests({ flags: ["--auto-complete", 0], timeout: 5_000 });

test("types", { skip: true }, async (t: TestContext) => {
  const account: OwnAccount = await emulators.account(t);
  const emulator: Emulator = await emulators.start();
  const everyAccount: Account[] = [account, emulator];
  new $OpenApiUtil.Config(account.sdkConfig());

  await account.reset();
  await account.reset(new Date());
  const now: string = await account.setClock("2024-05-01T00:00:00Z");
  const later: string = await account.advanceClock(60);
  const { loaded, notRetained }: { loaded: number; notRetained: number } = await account.loadRecords({});
  const started: number = await account.reboot("i-1");
  const listed: number = await account.listInstances("{}");
  await account.updateRun("t-1", "i-1", { invocationStatus: "Success", output: Buffer.from("ok") });
  await account.updateRun("t-1", "i-1", { append: new Uint8Array(2), finishTime: "" });
  const outcome: Outcome = { default: true, result: { invocationStatus: "Failed", exitCode: 1 } };
  await account.addOutcome(outcome);
  const steps = [{ invocationStatus: "Running", delayMs: 5 }] as const;
  await account.addOutcome({ contentPattern: "*", steps });
  await account.addFault({ action: "RunCommand", code: "Throttling.User", times: 2 });
  const hits: number = (await account.faults())[0].hits;
  for await (const event of await account.events()) {
    if (event.event === "missed") console.log(event.data.missed);
    else console.log(event.data.invokeId.length, event.data.exitCode.length);
  }
  const form = { form: "CloudMonitor", playerUid: 1, ownerId: 2 } as const;
  for await (const event of await account.events(form)) {
    if (event.event === "task") console.log(event.data.playerUid + event.data.repeats);
  }
  const saved: number | undefined = (await account.health()).archive?.lastSave?.bytes;
  const error = new Error() as EmulatorError;
  const texts: (string | undefined)[] = [error.code, error.detail, error.message, emulator.proxy];
  console.log(everyAccount, now, later, loaded, notRetained, started, listed, hits, saved);
  console.log(texts, error.status);

  // @ts-expect-error: an unknown option
  await Emulator.start({ flag: [] });
  // @ts-expect-error: not a constructor for users
  new Emulator();
  // @ts-expect-error: not a constructor for users
  new EmulatorError("message");
  // @ts-expect-error: the shared account cannot be released
  await emulator.release();
  // @ts-expect-error: not the context of a test
  await emulators.account({});
  // @ts-expect-error: a name of the API, and not of this package
  await account.updateRun("t-1", "i-1", { InvocationStatus: "Success" });
  // @ts-expect-error: not a status
  await account.updateRun("t-1", "i-1", { invocationStatus: "Finished" });
  // @ts-expect-error: not a status with which a run ends
  await account.addOutcome({ default: true, result: { invocationStatus: "Running" } });
  // @ts-expect-error: neither steps nor a result
  await account.addOutcome({ commandName: "backup" });
  // @ts-expect-error: both
  await account.addOutcome({ default: true, steps: [], result: { invocationStatus: "Success" } });
  // @ts-expect-error: an unknown field
  await account.addFault({ actions: "RunCommand" });
  // @ts-expect-error: the accounts are missing
  await account.events({ form: "CloudMonitor" });
});
