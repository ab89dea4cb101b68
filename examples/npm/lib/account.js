"use strict";

const { EmulatorError } = require("./errors.js");
const { fromApi, toApi } = require("./fields.js");

/** An account of an emulator and its control requests. `index.d.ts` documents the methods. */
class Account {
  #connection;

  constructor(connection, url, accessKeyId) {
    this.#connection = connection;
    this.url = url;
    this.endpoint = new URL(url).host;
    this.accessKeyId = accessKeyId;
    this.accessKeySecret = "secret";
    this.regionId = "cn-hangzhou";
  }

  sdkConfig() {
    const { accessKeyId, accessKeySecret, endpoint, regionId } = this;
    const protocol = new URL(this.url).protocol.slice(0, -1);
    return { accessKeyId, accessKeySecret, endpoint, protocol, regionId };
  }

  async reset(now) {
    await this.#post("reset", { now });
  }

  async setClock(time) {
    return (await this.#post("clock", { now: time })).now;
  }

  async advanceClock(seconds) {
    return (await this.#post("clock", { advance: seconds })).now;
  }

  async loadRecords(capture) {
    return fromApi(await this.#request("POST", "records", json(capture)));
  }

  async updateRun(invokeId, instanceId, fields) {
    await this.#post("runs", { ...fields, invokeId, instanceId });
  }

  async listInstances(answer) {
    return (await this.#request("POST", "instances", json(answer))).Listed;
  }

  async reboot(instanceId) {
    return (await this.#post("reboot", { instanceId })).started;
  }

  async addOutcome(fields) {
    await this.#post("outcomes", fields);
  }

  async addFault(fields) {
    await this.#post("faults", fields);
  }

  async faults() {
    return fromApi(await this.#request("GET", "faults")).faults;
  }

  async clearFaults() {
    await this.#request("DELETE", "faults");
  }

  async events(form) {
    this.check();
    return this.#connection.events(this.accessKeyId, toApi({ ...form }));
  }

  async health() {
    return fromApi(await this.#request("GET", "health"));
  }

  /** Throws if the account must not be used. */
  check() {}

  async #post(name, fields) {
    return fromApi(await this.#request("POST", name, json(toApi(fields))));
  }

  async #request(method, name, body) {
    this.check();
    return this.#connection.request(method, name, this.accessKeyId, body);
  }
}

/** The body of a request. Text is JSON already. Without a value the emulator tells what is missing. */
function json(value) {
  return typeof value === "string" || value instanceof Uint8Array ? value : JSON.stringify(value ?? null);
}

/** An account of its own, which can be given back. */
class OwnAccount extends Account {
  #giveBack;
  #released;

  constructor(connection, url, accessKeyId, giveBack) {
    super(connection, url, accessKeyId);
    this.#giveBack = giveBack;
  }

  release() {
    this.#released ??= this.#giveBack();
    return this.#released;
  }

  check() {
    if (this.#released) {
      throw new EmulatorError(`the account ${this.accessKeyId} was released; take another one`);
    }
  }

  [Symbol.asyncDispose]() {
    return this.release();
  }
}

module.exports = { Account, OwnAccount };
