"use strict";

const { spawn } = require("node:child_process");
const { createInterface } = require("node:readline");
const { binary, cannotRun } = require("./binary.js");
const { EmulatorError } = require("./errors.js");
const { Log } = require("./log.js");

/** The pause between SIGTERM and SIGKILL, in milliseconds. */
const PATIENCE = 10_000;
/** The longest wait for a line that the emulator writes right after its answer. */
const LINE_PATIENCE = 1_000;

/**
 * The process of an emulator. Its standard input is a pipe on which nothing is ever written: the
 * kernel closes it with this process, however that ends, and the emulator then ends as well. Neither
 * the emulator nor its pipes keep this process alive.
 */
class EmulatorProcess {
  log = new Log();
  /** How it ended: `{code, signal}`, or `{error}` if it could not be run. */
  end = undefined;
  #child;
  #ended;
  #isStopped = false;

  constructor(flags) {
    const child = spawn(binary(), ["--until-eof", ...flags], { stdio: "pipe" });
    child.stdin.on("error", () => {});
    createInterface({ input: child.stderr }).on("line", (line) => this.log.add(line));
    this.#child = child;
    this.#ended = new Promise((resolve) => {
      child.on("error", (error) => resolve({ error }));
      // Not `exit`, after which lines may still come.
      child.on("close", (code, signal) => resolve({ code, signal }));
    }).then((end) => (this.end = end));
  }

  get pid() {
    return this.#child.pid;
  }

  /**
   * Waits until the emulator listens, and returns the URLs that it prints: its own, and that of its
   * proxy if it has one.
   */
  async ready(timeout, hasProxy) {
    let timer;
    const late = new Promise((resolve) => (timer = setTimeout(resolve, timeout)));
    try {
      const urls = await Promise.race([this.#urls(hasProxy), this.#ended, late]);
      if (this.end?.error) throw cannotRun(this.end.error);
      if (this.end) throw this.#failure(`did not start, and ${this.#ending()}`);
      if (!urls) throw this.#failure(`was not ready within ${timeout} ms`);
      this.#setRef("unref");
      return urls;
    } catch (error) {
      this.#child.kill("SIGKILL");
      await this.#ended;
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  #urls(hasProxy) {
    return new Promise((resolve) => {
      const urls = {};
      createInterface({ input: this.#child.stdout }).on("line", (line) => {
        const [, name, url] = line.match(/^(listening|proxy) on (https?:\/\/.+)$/) ?? [];
        urls[name] = url;
        if (urls.listening && (urls.proxy || !hasProxy)) resolve(urls);
      });
    });
  }

  /** Ends the emulator as an operator would. Only the first call tells of a bad end. */
  async stop() {
    const isFirst = !this.#isStopped;
    this.#isStopped = true;
    this.#setRef("ref");
    let wasKilled = false;
    const timer = setTimeout(() => {
      wasKilled = this.#child.kill("SIGKILL");
    }, PATIENCE);
    if (!this.end) this.#child.kill("SIGTERM");
    const { code } = await this.#ended;
    clearTimeout(timer);
    if (!isFirst || code === 0) return;
    if (wasKilled) throw this.#failure(`did not end within ${PATIENCE} ms, and was killed`);
    throw this.#failure(this.#ending());
  }

  /**
   * Waits until the log has all lines of the requests that were answered. They come in the order of the
   * requests, so that of one more refused request is the last: `refused` makes it and returns its id.
   */
  async catchUp(refused) {
    // One that has ended answers none, and all of its lines have come.
    const id = await refused().catch(() => undefined);
    if (id) await this.log.take(id, LINE_PATIENCE);
  }

  /** Why a request has no answer: `cause`, or the end of the emulator. */
  unanswered(cause) {
    if (this.end) return this.#failure(`does not answer: it ${this.#ending()}`, cause);
    return new EmulatorError(`the emulator does not answer: ${cause.message}`, { cause });
  }

  #ending() {
    const { code, signal } = this.end;
    return signal ? `was ended by ${signal}` : `ended with exit code ${code}`;
  }

  /** An error with the lines on standard error. */
  #failure(what, cause) {
    const lines = this.log.after(0);
    const text = `the emulator ${what}`;
    return new EmulatorError(lines.length ? `${text}:\n${lines.join("\n")}` : text, { cause });
  }

  #setRef(ref) {
    const { stdin, stdout, stderr } = this.#child;
    for (const handle of [this.#child, stdin, stdout, stderr]) handle[ref]();
  }
}

module.exports = { EmulatorProcess };
