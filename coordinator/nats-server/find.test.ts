import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { findNatsServer } from "./find.ts";

const root = mkdtempSync(join(tmpdir(), "kevo-find-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** A program that only prints a version, in a new folder. */
function claiming(version: string): { folder: string; path: string } {
  const folder = mkdtempSync(join(root, "bin-"));
  const path = join(folder, "nats-server");
  writeFileSync(path, `#!/bin/sh\necho "nats-server: v${version}"\n`);
  chmodSync(path, 0o755);
  return { folder, path };
}

test("the one that is named goes before PATH, PATH before the package", () => {
  const [named, onPath] = [claiming("2.11.0"), claiming("2.10.1")];
  const environment = { PATH: onPath.folder, NATS_SERVER_BIN: named.path };
  expect(findNatsServer(environment)).toEqual({ path: named.path, source: "NATS_SERVER_BIN", version: "2.11.0" });
  expect(findNatsServer({ PATH: onPath.folder })).toMatchObject({ source: "PATH", version: "2.10.1" });
});

test("one that is too old is passed over on PATH, and refused where it was named", () => {
  const [old, recent] = [claiming("2.9.9"), claiming("2.9.10")];
  const PATH = [old.folder, recent.folder].join(delimiter);
  expect(findNatsServer({ PATH })).toMatchObject({ path: recent.path, version: "2.9.10" });
  expect(() => findNatsServer({ NATS_SERVER_BIN: old.path })).toThrow(/version 2\.9\.9, but 2\.9\.10 or newer/);
});

test("a NATS_SERVER_BIN that is not a nats-server is named", () => {
  expect(() => findNatsServer({ NATS_SERVER_BIN: "/bin/false" })).toThrow(/NATS_SERVER_BIN is \/bin\/false/);
});
