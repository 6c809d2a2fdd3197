import { afterEach, expect, test } from "vitest";
import { CGateQueue } from "./c-gate-queue.ts";

let gate: CGateQueue;
afterEach(() => gate.close());

test("answers as the gate does, in the order of the questions", async () => {
  gate = new CGateQueue();
  const answers = await Promise.all([
    gate.refused("int x;", ""),
    gate.refused("fork();", ""),
    gate.refused("int y;", ""),
  ]);
  expect(answers).toEqual([null, expect.stringMatching(/fork/), null]);
});

const program = (code: string) => new URL(`data:text/javascript,${encodeURIComponent(code)}`);

test("a reading that does not end is ended without blocking this process, and the next one is read", async () => {
  const forever = `import { parentPort } from "node:worker_threads";
    const nothing = new Int32Array(new SharedArrayBuffer(4));
    parentPort.on("message", ({ region }) => {
      while (region === "slow") Atomics.wait(nothing, 0, 0, 5);
      parentPort.postMessage(null);
    });`;
  // Long enough for a thread to start on a busy machine: the next reading must not meet the limit too.
  gate = new CGateQueue(program(forever), 10_000);
  let ticks = 0;
  const timer = setInterval(() => ticks++, 10);
  expect(await gate.refused("slow", "")).toMatch(/longer than 10 s/);
  clearInterval(timer);
  expect(ticks).toBeGreaterThan(1);
  expect(await gate.refused("quick", "")).toBeNull();
});

test("a reading that fails is refused", async () => {
  gate = new CGateQueue(
    program(`import { parentPort } from "node:worker_threads";
    parentPort.on("message", () => { throw new Error("out of memory"); });`),
  );
  expect(await gate.refused("x", "")).toMatch(/could not read it \(out of memory\)/);
});
