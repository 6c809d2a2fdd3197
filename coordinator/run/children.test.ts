import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Child } from "./children.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "kevo-child-"));
});
afterEach(() => {
  delete process.env.KEVO_TOKEN;
  rmSync(folder, { recursive: true, force: true });
});

const HOUR_MS = 3_600_000;

/**
 * Starts the program again and again; resolves with the error once it is given up.
 * @param livedMs how long each child lives by the clock of this test, however fast the machine is
 */
function givenUp(program: string, speaks: boolean, livedMs: number): Promise<{ message: string; restarts: number }> {
  const entry = join(folder, "child.mjs");
  writeFileSync(entry, program);
  let restarts = 0;
  let time = 0;
  return new Promise((resolve) => {
    new Child({
      name: "the child",
      entry,
      args: [],
      onLine: speaks ? () => true : null,
      onRestart: () => {
        restarts++;
      },
      onFailed: ({ message }) => resolve({ message, restarts }),
      now: () => (time += livedMs),
    });
  });
}

describe("a child that does not start", () => {
  test("is given up with its last output, on one line, without keys", async () => {
    process.env.KEVO_TOKEN = "token-that-nobody-may-see";
    const program = `console.error("\\u001b[2Jno device: " + process.env.KEVO_TOKEN + "x".repeat(5000)); process.exit(1);`;
    const { message, restarts } = await givenUp(program, false, 1);
    expect(restarts).toBe(2);
    expect(message).toMatch(/^the child ended with code 1: no device: \[redacted\]x+…$/);
    expect(message.length).toBeLessThan(400);
  });

  test("is given up too when it takes its time, and never says that it works", async () => {
    const slow = `console.error("no answer from the driver"); process.exit(1);`;
    const { message, restarts } = await givenUp(slow, true, HOUR_MS);
    expect(restarts).toBe(2);
    expect(message).toBe("the child ended with code 1: no answer from the driver");
  });
});

describe("a child that works, and dies again and again", () => {
  const program = (says: string) => `import { appendFileSync, readFileSync } from "node:fs";
    appendFileSync(${JSON.stringify(join(tmpdir(), "kevo-child-deaths-"))} + process.ppid, ".");
    const n = readFileSync(${JSON.stringify(join(tmpdir(), "kevo-child-deaths-"))} + process.ppid, "utf8").length;
    console.log("works");
    ${says}`;
  afterEach(() => rmSync(`${join(tmpdir(), "kevo-child-deaths-")}${process.pid}`, { force: true }));

  test("for the same reason, is given up after three deaths, and the reason told", async () => {
    const dies = program('console.error("value of", 200 + n, "characters is too long"); process.exit(1);');
    const { message, restarts } = await givenUp(dies, true, HOUR_MS);
    expect(restarts).toBe(2);
    expect(message).toBe(
      "the child ended with code 1: value of 203 characters is too long. It ended 3 times in a row for this reason.",
    );
  });

  test("of the same signal, is given up as well", async () => {
    const { message, restarts } = await givenUp(program("process.abort();"), true, HOUR_MS);
    expect(restarts).toBe(2);
    expect(message).toMatch(/was ended by SIGABRT.* It ended 3 times in a row for this reason\.$/);
  });

  test("for other reasons, or killed from outside, is started again", async () => {
    const reasons = `const reasons = ["one", "two", "two", "kill", "two", "two", "three", "three", "three"];
      if (reasons[n - 1] === "kill") process.kill(process.pid, "SIGKILL");
      console.error(reasons[n - 1]); process.exit(1);`;
    const { message, restarts } = await givenUp(program(reasons), true, HOUR_MS);
    expect(restarts).toBe(8);
    expect(message).toContain("ended with code 1: three.");
  });
});
