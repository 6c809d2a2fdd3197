import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { UserError } from "../errors/user-error.ts";
import { formatAddress, isLoopback, parseAddress } from "./address.ts";
import { parseDevices } from "./devices.ts";
import { parseDuration } from "./duration.ts";
import { readEnvironment } from "./environment.ts";
import { makeFolder } from "./folder.ts";
import { parseInteger, parseNumber } from "./number.ts";

/** The message that a user reads; wrong usage has exit code 2. */
function complaint(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    expect(error).toBeInstanceOf(UserError);
    expect((error as UserError).exitCode).toBe(2);
    return (error as UserError).message;
  }
  throw new Error("nothing was wrong");
}

test("durations are read as seconds, and anything else is named", () => {
  expect(parseDuration("90s", "--time")).toBe(90);
  expect(parseDuration("10m", "--time")).toBe(600);
  expect(parseDuration("1h30m", "--time")).toBe(5400);
  expect(parseDuration("250ms", "--time")).toBe(0.25);
  for (const text of ["", "10", "m", "-5s", "0s", "5 s", "10m!", "0x1s", "1e3s", "Infinitys"]) {
    expect(complaint(() => parseDuration(text, "--time"))).toContain(`--time ${text}`);
  }
  // A timer of Node's for longer than this would ring at once.
  expect(parseDuration("480h", "--time") * 1000).toBeLessThan(2 ** 31);
  for (const text of ["481h", "2592000s", `${"9".repeat(400)}h`]) {
    expect(complaint(() => parseDuration(text, "--time"))).toContain("at most 480h");
  }
});

test("addresses are host and port, IPv6 in brackets", () => {
  for (const text of ["127.0.0.1:4100", "gpu-host:80", "[::1]:4222"]) {
    expect(formatAddress(parseAddress(text, "--listen"))).toBe(text);
  }
  expect(parseAddress("localhost:0", "--listen", { anyPort: true }).port).toBe(0);
  for (const text of ["", "4100", "host:", "host:port", ":80", "::1:80", "[host]:80", "a:70000", "a:0", "nats://a:1"]) {
    expect(complaint(() => parseAddress(text, "--listen"))).toContain(`--listen ${text}`);
  }
  expect(["127.0.0.1", "127.9.9.9", "localhost", "::1"].every(isLoopback)).toBe(true);
  expect(["0.0.0.0", "::", "10.0.0.1", "127.evil.example"].some(isLoopback)).toBe(false);
});

test("numbers outside their limits are named with the limit", () => {
  expect(parseInteger("12", "--islands", { min: 1, max: 64 })).toBe(12);
  expect(complaint(() => parseInteger("0", "--islands", { min: 1 }))).toMatch(/--islands 0: must be at least 1/);
  expect(complaint(() => parseInteger("65", "--islands", { max: 64 }))).toMatch(/at most 64/);
  for (const text of ["1.5", "1e3", "0x10", " 5", "5\n", "1_000", "٣", "four", "", "99999999999999999999"]) {
    expect(complaint(() => parseInteger(text, "--islands"))).toContain("not a whole number");
  }
  expect(parseNumber("0.5", "--time-scale", { min: 0 })).toBe(0.5);
  for (const [text, value] of [
    ["5", 5],
    ["+0.05", 0.05],
    [".5", 0.5],
    ["5.", 5],
    ["007", 7],
    ["-1.5", -1.5],
  ] as const) {
    expect(parseNumber(text, "--budget-usd")).toBe(value);
  }
  const odd = [
    "",
    ".",
    "+",
    "-",
    "NaN",
    "Infinity",
    "x",
    "0x10",
    "0b1",
    "1e3",
    " 5 ",
    "5 ",
    "1_000",
    "1,5",
    "1.2.3",
    "٣",
  ];
  for (const text of [...odd, "9".repeat(400)]) {
    expect(
      complaint(() => parseNumber(text, "--budget-usd")),
      text,
    ).toContain("not a number");
  }
});

test("devices are numbers, each once", () => {
  expect(parseDevices("0, 3,1")).toEqual([0, 3, 1]);
  for (const text of ["", ",", "0,", "0x1", "1.5", "-1", "4096", "0,0"]) {
    expect(
      complaint(() => parseDevices(text)),
      text,
    ).toContain("--devices");
  }
});

test("a folder that nothing can be written into is refused before any work", () => {
  const folder = mkdtempSync(join(tmpdir(), "kevo-folder-"));
  makeFolder(join(folder, "a/b"), "--out");
  expect(existsSync(join(folder, "a/b"))).toBe(true);
  writeFileSync(join(folder, "file"), "");
  for (const taken of ["file", "file/below"]) {
    expect(complaint(() => makeFolder(join(folder, taken), "--out"))).toMatch(/^--out: cannot write to .*file/);
  }
  // In a separate process: Node's recursive mkdir never returns from there.
  const program = `import { makeFolder } from ${JSON.stringify(new URL("./folder.ts", import.meta.url).href)}; makeFolder("/proc/nobody/a", "--out")`;
  const { status, stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", program], { timeout: 900_000 });
  expect(status).toBe(1);
  expect(String(stderr)).toContain("--out: cannot write to /proc/nobody/a: cannot create /proc/nobody.");
  rmSync(folder, { recursive: true });
});

test("a bad variable of the environment is named, but a key's value is never shown", () => {
  expect(readEnvironment({})).toEqual({ KEVO_LOG: "warn", KEVO_WHEN_BUSY: "wait" });
  expect(complaint(() => readEnvironment({ KEVO_WHEN_BUSY: "hurry" }))).toMatch(
    /KEVO_WHEN_BUSY "hurry" must be wait or measure/,
  );
  expect(complaint(() => readEnvironment({ KEVO_LOG: "loud" }))).toMatch(/KEVO_LOG "loud" must be one of .*debug/);
  const message = complaint(() => readEnvironment({ KEVO_TOKEN: "has blanks in it" }));
  expect(message).toContain("KEVO_TOKEN");
  expect(message).not.toContain("blanks in");
});
