import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { isInstalled, missing } from "../../deploy/launcher/install.mjs";
import { explain } from "../../deploy/launcher/npm.mjs";
import { ROOT } from "../house/files.ts";

const MACHINE = { platform: "linux", arch: "x64" };
const LOCK = {
  "": { name: "clone" },
  core: { name: "@kevo/core" },
  "node_modules/@kevo/core": { resolved: "core", link: true },
  "node_modules/zod": { version: "4.0.0", integrity: "sha512-a" },
  "node_modules/server-linux-x64": {
    version: "2.0.0",
    integrity: "sha512-b",
    optional: true,
    os: ["linux"],
    cpu: ["x64"],
  },
  "node_modules/server-darwin": {
    version: "2.0.0",
    integrity: "sha512-c",
    optional: true,
    os: ["darwin"],
    cpu: ["x64"],
  },
  "node_modules/for-wasm-only": { version: "1.0.0", integrity: "sha512-d", optional: true },
};
const { "node_modules/server-darwin": _darwin, "node_modules/for-wasm-only": _wasm, ...HERE } = LOCK;

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "kevo-install-"));
  mkdirSync(join(root, "node_modules"));
  writeFileSync(join(root, "package-lock.json"), JSON.stringify({ packages: LOCK }));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const installed = (packages: object): void =>
  writeFileSync(join(root, "node_modules", ".package-lock.json"), JSON.stringify({ packages }));

describe("dependencies count as installed", () => {
  test("when this machine has everything it needs", () => {
    installed(HERE);
    expect(isInstalled(root, MACHINE)).toBe(true);
  });

  test("not when the install was cut off", () => {
    expect(isInstalled(root, MACHINE)).toBe(false);
  });

  test("not when a version differs from the lockfile", () => {
    installed({ ...HERE, "node_modules/zod": { version: "3.9.0", integrity: "sha512-z" } });
    expect(isInstalled(root, MACHINE)).toBe(false);
  });

  test("not when npm on an old Node skipped the server for this machine", () => {
    const { "node_modules/server-linux-x64": _server, ...without } = HERE;
    installed(without);
    expect(missing(root, MACHINE)).toEqual(["server-linux-x64"]);
    expect(isInstalled(root, { platform: "linux", arch: "arm64" })).toBe(true);
  });
});

test("what npm installed for this test run satisfies the lockfile", () => {
  expect(missing(ROOT)).toEqual([]);
});

test.each([
  ["npm error code ENOTFOUND\nnpm error network request failed", /registry \(ENOTFOUND\)\. Check the network/],
  ["npm error code E404\nnpm error 404 Not Found", /registry \(E404\)/],
  ["npm error code ENOSPC", /disk is full/],
  [
    "npm error code EINTEGRITY\nnpm error expected sha512-a but got sha512-b",
    /exit status 1\): code EINTEGRITY \| expected/,
  ],
])("an npm that says %j is explained in one line", (output, message) => {
  const sentence = explain(output, "the dependencies", 1);
  expect(sentence).toMatch(message);
  expect(sentence).not.toContain("\n");
});
