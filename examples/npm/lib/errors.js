"use strict";

/** The error of a start, an end or a control request. `index.d.ts` documents the fields. */
class EmulatorError extends Error {
  /**
   * @param {string} message
   * @param {{cause?: unknown, code?: string, detail?: string, status?: number}} [fields]
   */
  constructor(message, { cause, ...fields } = {}) {
    super(message, cause === undefined ? undefined : { cause });
    Object.assign(this, fields);
  }

  /**
   * The error of a refused control request.
   * @param {number} status
   * @param {{Code: string, Message: string, Recommend: string}} body
   */
  static refused(status, { Code: code, Message: message, Recommend: detail }) {
    return new EmulatorError(`${code}: ${message} ${detail}`, { code, detail, status });
  }
}

EmulatorError.prototype.name = "EmulatorError";

module.exports = { EmulatorError };
