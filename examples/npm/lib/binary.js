"use strict";

const { existsSync } = require("node:fs");
const { join } = require("node:path");
const { EmulatorError } = require("./errors.js");

const PATH = join(__dirname, "..", "bin", "invodex-emulator");
const NEEDED = "the package holds an emulator for linux x64 with glibc";

/** The path of the emulator, if there is one for this machine. */
function binary() {
  if (process.platform !== "linux" || process.arch !== "x64") {
    throw new EmulatorError(`${NEEDED}, and this is ${process.platform} ${process.arch}`);
  }
  if (!existsSync(PATH)) {
    throw new EmulatorError(`${NEEDED}, and ${PATH} is missing: install the packed tarball`);
  }
  return PATH;
}

/** The error of a binary that the system refuses to run. */
function cannotRun(cause) {
  return new EmulatorError(`${NEEDED}, which cannot be run here: ${cause.message}`, { cause });
}

module.exports = { binary, cannotRun };
