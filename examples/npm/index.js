"use strict";

const { Account, OwnAccount } = require("./lib/account.js");
const { Emulator } = require("./lib/emulator.js");
const { EmulatorError } = require("./lib/errors.js");

// The names are read from here by `import { Emulator }`, too.
module.exports = { Account, Emulator, EmulatorError, OwnAccount };
