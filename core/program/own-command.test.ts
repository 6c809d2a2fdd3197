import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ownCommand } from "./own-command.ts";

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), "kevo own command-"));
});
afterAll(() => rmSync(root, { recursive: true }));

test("npx inside the clone, a path that a shell takes outside", () => {
  expect(ownCommand("coordinator", { root: "/clone", cwd: "/clone" })).toBe("npx coordinator");
  expect(ownCommand("coordinator", { root: "/clone/", cwd: "/clone/docs" })).toBe("npx coordinator");
  expect(ownCommand("coordinator", { root: "/clone", cwd: "/clone2" })).toBe("/clone/coordinator/bin/coordinator.mjs");
  expect(ownCommand("gpu-evaluator", { root: "/my clone", cwd: "/" })).toBe(
    "'/my clone/gpu-evaluator/bin/gpu-evaluator.mjs'",
  );
});

test("the bundle's own programs, by name where they are on the PATH", () => {
  mkdirSync(join(root, "bin"));
  writeFileSync(join(root, "bin", "coordinator"), "");
  expect(ownCommand("coordinator", { root, path: `/usr/bin:${join(root, "bin")}` })).toBe("coordinator");
  expect(ownCommand("coordinator", { root, path: "/usr/bin" })).toBe(`'${join(root, "bin", "coordinator")}'`);
});

test("the scripts of an installed Python package, by name where they are on the PATH", () => {
  const scripts = join(root, "venv");
  mkdirSync(scripts);
  writeFileSync(join(scripts, "gpu-evaluator"), "");
  const installed = { root: "/site-packages/kernelevolve/_cluster", cwd: "/", scripts };
  expect(ownCommand("gpu-evaluator", { ...installed, path: `/usr/bin:${scripts}` })).toBe("gpu-evaluator");
  expect(ownCommand("gpu-evaluator", { ...installed, path: "/usr/bin" })).toBe(`'${join(scripts, "gpu-evaluator")}'`);
});
