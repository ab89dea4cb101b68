"use strict";

const { EmulatorError } = require("./errors.js");

/** The first of the access key ids that are accounts of their own. */
const FIRST = 1_000_000_000_000_001;
/** The emulator takes 1,000 accounts, one of which is that of all ordinary access keys. */
const MOST = 999;

/** The access key ids in use. One that is given back is used again. */
class Accounts {
  #taken = new Set();

  /** The first free one. */
  take() {
    for (let id = FIRST; id < FIRST + MOST; id++) {
      if (this.#taken.has(id)) continue;
      this.#taken.add(id);
      return String(id);
    }
    throw new EmulatorError(`${MOST} accounts are in use, and no more are allowed; release one first`);
  }

  give(id) {
    this.#taken.delete(Number(id));
  }
}

module.exports = { Accounts };
