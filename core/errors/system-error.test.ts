import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { asUserError, describeSystemError } from "./system-error.ts";
import { UserError } from "./user-error.ts";

const folder = mkdtempSync(join(tmpdir(), "kevo-test-"));
afterAll(() => rmSync(folder, { recursive: true }));
const file = join(folder, "file");
writeFileSync(file, "");

function thrownBy(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  throw new Error("nothing was thrown");
}

test.each<[string, () => unknown, string]>([
  ["ENOENT", () => readFileSync(join(folder, "none")), `${join(folder, "none")} does not exist`],
  ["ENOTDIR", () => mkdirSync(join(file, "below")), "leads through a file that is not a folder"],
  ["EEXIST", () => mkdirSync(file), `${file} is a file, and a folder is needed`],
  ["ENAMETOOLONG", () => writeFileSync(join(folder, "x".repeat(300)), ""), "is too long for its file system"],
  ["ENOSPC", () => writeFileSync("/dev/full", "x"), "cannot write to a file: the disk is full"],
])("%s of the file system is one clause without the system's own words", (code, work, text) => {
  const error = thrownBy(work);
  expect(error).toMatchObject({ code });
  const { why, remedy } = describeSystemError(error) ?? { why: "", remedy: "" };
  expect(why).toContain(text);
  expect(why).not.toContain(code);
  expect(remedy).toMatch(/^[A-Z].*\.$/);
  expect(asUserError(error)?.message).toBe(`${why}. ${remedy}`);
});

test("a program that is not there, and an address that is taken, are named", async () => {
  const absent = spawn("kevo-no-such-program", []);
  const error = await new Promise((resolve) => absent.once("error", resolve));
  expect(describeSystemError(error)?.why).toBe("the program kevo-no-such-program was not found");

  const first = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => first.once("listening", resolve));
  const { port } = first.address() as { port: number };
  const second = createServer().listen(port, "127.0.0.1");
  const taken = await new Promise((resolve) => second.once("error", resolve));
  first.close();
  expect(describeSystemError(taken)?.why).toBe(`another program listens on 127.0.0.1:${port}`);
});

test("our own mistakes are not explained away", () => {
  const own = thrownBy(() => (undefined as unknown as string).length);
  expect(describeSystemError(own)).toBeNull();
  expect(asUserError(own)).toBeNull();
  expect(asUserError(Object.assign(new Error("x"), { code: "ERR_INVALID_ARG_TYPE" }))).toBeNull();
  const mistake = new UserError("x", 2);
  expect(asUserError(mistake)).toBe(mistake);
});
