import type { Emulator, OwnAccount, StartOptions } from "./index.js";

/** The part of the context of a test that is needed. `TestContext` of `node:test` has it. */
export interface Context {
  after(release: () => Promise<void> | undefined): void;
  diagnostic(message: string): void;
}

/** An emulator for the tests of a file. */
export interface TestEmulator {
  /**
   * The account of a test, which no other test has. `t` is the context that node:test gives to the
   * test's function, and to `beforeEach` and `afterEach`; the same context gets the same account. It
   * is released after the test and its `afterEach` hooks. If the test fails, the lines that the
   * emulator wrote to standard error meanwhile become diagnostics of the test.
   */
  account(t: Context): Promise<OwnAccount>;

  /** Starts the emulator, unless it has been started. `account` does so too. */
  start(): Promise<Emulator>;
}

/**
 * An emulator that starts when it is first used, and ends after the tests of the file; after those of
 * the suite, if it is called in one. To be called at the head of a file or a suite, not in a test.
 */
export function emulatorForTests(options?: StartOptions): TestEmulator;
