"use strict";

/** Reads server-sent events: `{event, data}` for each, with the data's JSON. */
async function* read(response) {
  let rest = "";
  let event;
  for await (const chunk of response.setEncoding("utf8")) {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop();
    for (const line of lines) {
      // A line of another kind keeps the connection open, or ends an event.
      if (line.startsWith("event: ")) event = line.slice("event: ".length);
      if (line.startsWith("data: ")) yield { event, data: JSON.parse(line.slice("data: ".length)) };
    }
  }
}

/**
 * An open stream of events. It ends with `break`, `return()`, a reset or the release of its account,
 * or the stop of the emulator.
 */
class Events {
  #response;
  #events;
  #toError;
  #isClosed = false;

  /**
   * @param {import("node:http").IncomingMessage} response
   * @param {(events: Events) => void} onClose is called once
   * @param {(cause: Error) => Error} toError makes the error of a stream that was cut
   */
  constructor(response, onClose, toError) {
    this.#response = response;
    this.#toError = toError;
    // One that nobody reads from must not raise its error when the connection is cut.
    response.on("error", () => {});
    response.on("close", () => onClose(this));
    this.#events = read(response);
  }

  async next() {
    try {
      return await this.#events.next();
    } catch (error) {
      if (!this.#isClosed) throw this.#toError(error);
      return { done: true, value: undefined };
    }
  }

  async return() {
    this.close();
    return { done: true, value: undefined };
  }

  /** Ends the stream, also for a caller that waits for the next event. */
  close() {
    this.#isClosed = true;
    this.#response.destroy();
  }

  [Symbol.asyncIterator]() {
    return this;
  }

  async [Symbol.asyncDispose]() {
    this.close();
  }
}

module.exports = { Events };
