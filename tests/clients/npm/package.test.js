// The tarball, the program by npx, and machines that the package is not for.
"use strict";

const assert = require("node:assert/strict");
const { execFileSync } = require("node:child_process");
const { cpSync, chmodSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } = require("node:fs");
const { dirname, join } = require("node:path");
const { test } = require("node:test");
const { directory, program } = require("./support.js");

const installed = dirname(require.resolve("invodex-emulator/package.json"));
const about = require("invodex-emulator/package.json");
const tarball = join(__dirname, `invodex-emulator-${about.version}.tgz`);

test("the tarball has these files", () => {
  const listed = execFileSync("tar", ["-tzf", tarball], { encoding: "utf8" }).trim().split("\n");
  const lib = ["account", "accounts", "binary", "connection", "emulator", "errors", "events", "fields"];
  const files = [
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "README.md",
    "bin/invodex-emulator",
    "index.d.ts",
    "index.js",
    ...[...lib, "log", "process"].map((name) => `lib/${name}.js`),
    "package.json",
    "test.d.ts",
    "test.js",
  ];
  assert.deepEqual(listed.sort(), files.map((file) => `package/${file}`).sort());
});

test("the package has the version of the program, its platform, and no dependency", () => {
  const printed = execFileSync(join(installed, "bin", "invodex-emulator"), ["--version"]);
  assert.equal(printed.toString().split(/\s/, 2).join(" "), `invodex-emulator ${about.version}`);
  assert.deepEqual([about.os, about.cpu, about.libc], [["linux"], ["x64"], ["glibc"]]);
  assert.deepEqual([about.dependencies, about.peerDependencies], [undefined, undefined]);
});

test("npx runs the program from the tarball", async (t) => {
  const env = { npm_config_cache: directory(t) };
  const args = ["--yes", `--package=${tarball}`, "invodex-emulator", "--help"];
  const { code, out } = await program("npx", args, { env }).ended;
  assert.equal(code, 0, out);
  assert.match(out, /^Usage: invodex-emulator /m);
});

test("import and require give the same names", async () => {
  const required = require("invodex-emulator");
  const { Account, Emulator, EmulatorError, OwnAccount } = await import("invodex-emulator");
  assert.deepEqual({ Account, Emulator, EmulatorError, OwnAccount }, { ...required });
  const { emulatorForTests } = await import("invodex-emulator/test");
  assert.equal(emulatorForTests, require("invodex-emulator/test").emulatorForTests);
});

/** A copy of the installed package, to be spoilt. */
function copy(t) {
  const path = directory(t);
  cpSync(installed, path, { recursive: true });
  return path;
}

function startOf(path) {
  return require(path).Emulator.start();
}

test("a package without its binary says so", async (t) => {
  const path = copy(t);
  const binary = join(path, "bin", "invodex-emulator");
  rmSync(binary);
  const message =
    "the package holds an emulator for linux x64 with glibc, and " +
    `${binary} is missing: install the packed tarball`;
  await assert.rejects(startOf(path), { name: "EmulatorError", message });
});

test("another platform is named", async (t) => {
  const path = copy(t);
  for (const [name, value] of Object.entries({ platform: "darwin", arch: "arm64" })) {
    const own = Object.getOwnPropertyDescriptor(process, name);
    Object.defineProperty(process, name, { ...own, value });
    t.after(() => Object.defineProperty(process, name, own));
  }
  const message = "the package holds an emulator for linux x64 with glibc, and this is darwin arm64";
  await assert.rejects(startOf(path), { name: "EmulatorError", message });
});

test("a system without the binary's loader is told what is needed", async (t) => {
  const path = copy(t);
  const binary = join(path, "bin", "invodex-emulator");
  rmSync(binary);
  writeFileSync(binary, "#!/no/such/loader\n");
  chmodSync(binary, 0o755);
  await assert.rejects(startOf(path), (error) => {
    assert.equal(error.name, "EmulatorError");
    const needed = "the package holds an emulator for linux x64 with glibc, which cannot be run here: ";
    assert.ok(error.message.startsWith(needed), error.message);
    assert.equal(error.cause.code, "ENOENT");
    return true;
  });
});

test("npm pack without cargo has one clear error", async (t) => {
  const path = directory(t);
  // node, npm and a shell, and nothing else.
  for (const name of ["node", "npm", "sh"]) {
    const found = execFileSync("sh", ["-c", `command -v ${name}`], { encoding: "utf8" }).trim();
    symlinkSync(found, join(path, name));
  }
  const args = ["pack", process.env.INVODEX_PACKAGE, "--silent", "--pack-destination", path];
  const { code, out } = await program("npm", args, { env: { PATH: path } }).ended;
  assert.notEqual(code, 0);
  assert.equal(
    out.trim(),
    "invodex-emulator: npm pack builds the emulator, and found no cargo in PATH; install Rust 1.90 or later",
  );
});
