import { expect, test } from "vitest";
import { doubling, retry } from "./retry.ts";

/** Fails this many times, then returns the number of tries. */
const failing = (times: number) => async (attempt: number) => {
  if (attempt <= times) throw new Error(`try ${attempt} failed`);
  return attempt;
};

test("tries until it works, and no more often than it may", async () => {
  expect(await retry(failing(3), { waitMs: 0 })).toBe(4);
  expect(await retry(failing(3), { waitMs: 0, tries: 4 })).toBe(4);
  await expect(retry(failing(3), { waitMs: 0, tries: 3 })).rejects.toThrow("try 3 failed");
});

test("what cannot pass is not tried again", async () => {
  const waits: number[] = [];
  const waitMs = (error: unknown, tried: number) => {
    waits.push(tried);
    return (error as Error).message === "try 2 failed" ? null : 0;
  };
  await expect(retry(failing(9), { waitMs })).rejects.toThrow("try 2 failed");
  expect(waits).toEqual([1, 2]);
});

test("waits as told before each further try", async () => {
  const waited: number[] = [];
  const pause = async (ms: number) => void waited.push(ms);
  await retry(failing(4), { waitMs: doubling(100, 500), pause });
  expect(waited).toEqual([100, 200, 400, 500]);
});

test("the signal ends a wait, and a try in progress is the last", async () => {
  const abort = new AbortController();
  const waiting = retry(failing(9), { waitMs: 3_600_000, signal: abort.signal });
  abort.abort();
  await expect(waiting).rejects.toThrow();
  const stop = new AbortController();
  const work = async (attempt: number) => {
    stop.abort();
    throw new Error(`try ${attempt} failed`);
  };
  await expect(retry(work, { waitMs: 0, signal: stop.signal })).rejects.toThrow("try 1 failed");
});
