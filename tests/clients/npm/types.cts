// The types by require.
import invodex = require("invodex-emulator");
import tests = require("invodex-emulator/test");

export async function program(): Promise<string> {
  const emulator: invodex.Emulator = await invodex.Emulator.start();
  const shared: invodex.Account = emulator;
  const { account } = tests.emulatorForTests();
  return shared.sdkConfig().endpoint + typeof account;
}
