"use strict";

/** The most lines that are kept. */
const MOST = 1000;

/** The latest lines that the emulator wrote to standard error. */
class Log {
  #lines = [];
  #dropped = 0;

  add(line) {
    this.#lines.push(line);
    if (this.#lines.length > MOST) {
      this.#lines.shift();
      this.#dropped++;
    }
  }

  /** The number of lines so far. */
  get position() {
    return this.#dropped + this.#lines.length;
  }

  /** The kept lines after the first `position` ones. */
  since(position) {
    return this.#lines.slice(Math.max(0, position - this.#dropped));
  }
}

module.exports = { Log };
