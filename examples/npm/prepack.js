// Run by `npm pack`: builds the release binary and puts it and the licences beside the package.
// CARGO_TARGET_DIR and cargo's own settings hold, so that the build is shared.
"use strict";

const { spawnSync } = require("node:child_process");
const { chmodSync, copyFileSync, mkdirSync } = require("node:fs");
const { join } = require("node:path");

const NAME = "invodex-emulator";
const root = join(__dirname, "..", "..");

function fail(message) {
  console.error(`${NAME}: ${message}`);
  process.exit(1);
}

/** Builds the binary, and returns its path as cargo tells it. */
function build() {
  const manifest = join(root, "examples", "emulator", "Cargo.toml");
  const args = ["build", "--release", "--locked", "--manifest-path", manifest, "--bin", NAME];
  const { error, status, stdout } = spawnSync(
    "cargo",
    [...args, "--message-format=json-render-diagnostics"],
    { encoding: "utf8", maxBuffer: Infinity, stdio: ["ignore", "pipe", "inherit"] },
  );
  if (error?.code === "ENOENT") {
    fail("npm pack builds the emulator, and found no cargo in PATH; install Rust 1.90 or later");
  }
  if (error) fail(`cargo cannot be run: ${error.message}`);
  if (status !== 0) fail("cargo could not build the emulator, see above");
  const messages = stdout.split("\n").filter(Boolean).map((line) => JSON.parse(line));
  const built = messages.find(({ executable, target }) => executable && target.name === NAME);
  return built.executable;
}

if (process.platform !== "linux" || process.arch !== "x64") {
  fail(`the package is for linux x64, and this is ${process.platform} ${process.arch}`);
}
const binary = join(__dirname, "bin", NAME);
const executable = build();
mkdirSync(join(__dirname, "bin"), { recursive: true });
copyFileSync(executable, binary);
chmodSync(binary, 0o755);
for (const licence of ["LICENSE-APACHE", "LICENSE-MIT"]) {
  copyFileSync(join(root, licence), join(__dirname, licence));
}
