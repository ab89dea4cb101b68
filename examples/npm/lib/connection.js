"use strict";

const http = require("node:http");
const https = require("node:https");
const { EmulatorError } = require("./errors.js");
const { Events } = require("./events.js");

/** Control requests to a running emulator. Each has a connection of its own, so none is left idle. */
class Connection {
  #process;
  #url;
  /** The open streams of events. */
  #streams = new Set();

  constructor(process, url) {
    this.#process = process;
    this.#url = url;
  }

  /** Sends a request for an account, and returns the fields of the answer. */
  async request(method, name, accessKeyId, body) {
    const response = await this.#accepted(method, name, { AccessKeyId: accessKeyId }, body);
    const { RequestId, ...fields } = await this.#body(response);
    return fields;
  }

  /** Makes a request that is refused with a line on standard error, and returns its id. */
  async refused() {
    const response = await this.#send("GET", "no-path-of-the-api", {});
    response.resume();
    return response.headers["x-acs-request-id"];
  }

  /** Opens the stream of an account's events. */
  async events(accessKeyId, query) {
    const response = await this.#accepted("GET", "events", { ...query, AccessKeyId: accessKeyId });
    const events = new Events(
      response,
      (closed) => this.#streams.delete(closed),
      (cause) => this.#process.unanswered(cause),
    );
    this.#streams.add(events);
    return events;
  }

  /** Closes all streams of events. The emulator itself ends those of an account that is reset. */
  closeStreams() {
    for (const events of this.#streams) events.close();
  }

  /** The response of an accepted control request. */
  async #accepted(method, name, query, body) {
    const response = await this.#send(method, `_emulator/${name}`, query, body);
    if (response.statusCode < 400) return response;
    throw EmulatorError.refused(response.statusCode, await this.#body(response));
  }

  /** The response of a request, of which the headers have come. */
  async #send(method, path, query, body) {
    // Its port may be another one's by now.
    if (this.#process.end) throw this.#process.unanswered();
    const target = new URL(`/${path}?${new URLSearchParams(query)}`, this.#url);
    const { request } = target.protocol === "https:" ? https : http;
    const headers = body === undefined ? {} : { "Content-Type": "application/json" };
    // The other end is the child that said that it listens there. Its certificate is of a test
    // authority that this process need not trust.
    const options = { method, headers, agent: false, rejectUnauthorized: false };
    return new Promise((resolve, reject) => {
      const sent = request(target, options, resolve);
      sent.on("error", (error) => reject(this.#process.unanswered(error)));
      sent.end(body);
    });
  }

  async #body(response) {
    try {
      let text = "";
      for await (const chunk of response.setEncoding("utf8")) text += chunk;
      return JSON.parse(text);
    } catch (error) {
      throw this.#process.unanswered(error);
    }
  }
}

module.exports = { Connection };
