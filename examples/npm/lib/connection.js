"use strict";

const http = require("node:http");
const https = require("node:https");
const { EmulatorError } = require("./errors.js");
const { Events } = require("./events.js");

/** Control requests to a running emulator. Each has a connection of its own, so none is left idle. */
class Connection {
  #process;
  #url;
  /** The open streams of events, each with its account's access key id. */
  #streams = new Map();

  constructor(process, url) {
    this.#process = process;
    this.#url = url;
  }

  /** Sends a request for an account, and returns the fields of the answer. */
  async request(method, name, accessKeyId, body) {
    const response = await this.#send(method, name, { AccessKeyId: accessKeyId }, body);
    const { RequestId, ...fields } = await this.#body(response);
    return fields;
  }

  /** Opens the stream of an account's events. */
  async events(accessKeyId, query) {
    const response = await this.#send("GET", "events", { ...query, AccessKeyId: accessKeyId });
    const events = new Events(
      response,
      (closed) => this.#streams.delete(closed),
      (cause) => this.#process.unanswered(cause),
    );
    this.#streams.set(events, accessKeyId);
    return events;
  }

  /** Closes the streams of an account, or all. */
  closeStreams(accessKeyId) {
    for (const [events, owner] of this.#streams) {
      if (accessKeyId === undefined || owner === accessKeyId) events.close();
    }
  }

  /** The response of an accepted request, of which the headers have come. */
  async #send(method, name, query, body) {
    const target = new URL(`/_emulator/${name}?${new URLSearchParams(query)}`, this.#url);
    const { request } = target.protocol === "https:" ? https : http;
    const headers = body === undefined ? {} : { "Content-Type": "application/json" };
    // The other end is the child that said that it listens there. Its certificate is of a test
    // authority that this process need not trust.
    const options = { method, headers, agent: false, rejectUnauthorized: false };
    const response = await new Promise((resolve, reject) => {
      const sent = request(target, options, resolve);
      sent.on("error", (error) => reject(this.#process.unanswered(error)));
      sent.end(body);
    });
    if (response.statusCode < 400) return response;
    throw EmulatorError.refused(response.statusCode, await this.#body(response));
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
