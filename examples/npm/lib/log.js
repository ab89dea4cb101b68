"use strict";

/** The most lines that are kept. */
const MOST = 1000;

/** The latest lines that the emulator wrote to standard error, each with its number, counted from 1. */
class Log {
  /** The number of the last line; 0 if there is none. */
  last = 0;
  #lines = [];
  /** Functions that are called with each new line, and take it by returning true. */
  #takers = new Set();

  add(text) {
    const line = { number: ++this.last, text };
    for (const takes of this.#takers) if (takes(line)) return;
    this.#lines.push(line);
    if (this.#lines.length > MOST) this.#lines.shift();
  }

  /** The texts of the kept lines after the one with this number. */
  after(number) {
    return this.#lines.filter((line) => line.number > number).map((line) => line.text);
  }

  /** Waits for a line that contains `mark`, for `patience` milliseconds at most, and leaves it out. */
  async take(mark, patience) {
    const isIt = (line) => line.text.includes(mark);
    const index = this.#lines.findIndex(isIt);
    if (index >= 0) return void this.#lines.splice(index, 1);
    let takes;
    let timer;
    await new Promise((resolve) => {
      takes = (line) => isIt(line) && (resolve(), true);
      this.#takers.add(takes);
      timer = setTimeout(resolve, patience);
    });
    clearTimeout(timer);
    this.#takers.delete(takes);
  }
}

module.exports = { Log };
