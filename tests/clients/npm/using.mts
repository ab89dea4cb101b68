// `await using` of an emulator, an account and a stream of events.
import assert from "node:assert/strict";
import { Emulator, EmulatorError, type OwnAccount } from "invodex-emulator";

let kept: OwnAccount;
{
  await using emulator = await Emulator.start();
  console.log(`emulator ${emulator.pid}`);
  {
    await using account = emulator.account();
    await using events = await account.events();
    assert.equal(typeof events.next, "function");
    kept = account;
  }
  await assert.rejects(kept.reset(), EmulatorError);
  assert.equal(emulator.account().accessKeyId, kept.accessKeyId);
}
