"use strict";

const { Account, OwnAccount } = require("./account.js");
const { Accounts } = require("./accounts.js");
const { Connection } = require("./connection.js");
const { EmulatorProcess } = require("./process.js");

/** The access key id of the account that all ordinary keys share. */
const SHARED = "test";
/** The longest time of a timer, in milliseconds. */
const LONGEST = 2 ** 31 - 1;

/** A running emulator. `index.d.ts` documents the methods. */
class Emulator extends Account {
  #process;
  #connection;
  #accounts = new Accounts();

  static async start(options = {}) {
    const { flags, timeout } = checked(options);
    const given = (name) => flags.some((flag) => flag === name || flag.startsWith(`${name}=`));
    const listen = given("--listen") ? [] : ["--listen", "127.0.0.1:0"];
    const process = new EmulatorProcess([...listen, ...flags]);
    return new Emulator(process, await process.ready(timeout, given("--proxy")));
  }

  constructor(process, urls) {
    if (!(process instanceof EmulatorProcess)) {
      throw new TypeError("new Emulator() starts nothing; use await Emulator.start({ flags: [...] })");
    }
    const connection = new Connection(process, urls.listening);
    super(connection, urls.listening, SHARED);
    this.#process = process;
    this.#connection = connection;
    this.proxy = urls.proxy;
  }

  get pid() {
    return this.#process.pid;
  }

  get log() {
    return this.#process.log.after(0);
  }

  async logPosition() {
    await this.#catchUp();
    return this.#process.log.last;
  }

  async logAfter(position) {
    await this.#catchUp();
    return this.#process.log.after(position);
  }

  account() {
    const id = this.#accounts.take();
    return new OwnAccount(this.#connection, this.url, id, () => this.#release(id));
  }

  async #catchUp() {
    await this.#process.catchUp(() => this.#connection.refused());
  }

  async #release(id) {
    if (!this.#process.end) await this.#connection.request("POST", "reset", id);
    this.#accounts.give(id);
  }

  async stop() {
    // An open stream would hold up the end for a second.
    this.#connection.closeStreams();
    await this.#process.stop();
  }

  [Symbol.asyncDispose]() {
    return this.stop();
  }
}

/** The options of a start. A wrong one is the caller's error. */
function checked({ flags = [], timeout = 30_000, ...others }) {
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) {
    throw new TypeError(`unknown option ${JSON.stringify(unknown)}; allowed are flags and timeout`);
  }
  if (!Array.isArray(flags)) {
    throw new TypeError(`flags: given ${JSON.stringify(flags)}, allowed is a list of arguments`);
  }
  if (!(timeout > 0 && timeout <= LONGEST)) {
    throw new TypeError(`timeout: given ${timeout}, allowed are milliseconds above 0, up to ${LONGEST}`);
  }
  return { flags: flags.map(String), timeout };
}

module.exports = { Emulator };
