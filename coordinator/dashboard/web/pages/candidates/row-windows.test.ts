import { afterEach, beforeEach, expect, test, vi } from "vitest";

/** Requests that wait for their answers. */
let asked: ((total: number) => void)[] = [];

const answered = (total: number) => ({
  ...{ total, matched: total, offset: 0, parameters: [], rows: [] },
  about: {
    ...{ run: "run", kernel: "k", backend: "cpu", devices: [], toolchains: [], version: "1", latest: 1, now: true },
    objective: { name: "speedup", unit: "×", direction: "maximize", against: null },
    ...{ position: { evaluated: 1, logs: [1] }, live: false },
  },
});

beforeEach(() => {
  asked = [];
  vi.useFakeTimers();
  vi.stubGlobal("sessionStorage", { getItem: () => null });
  vi.stubGlobal("document", { addEventListener: () => {} });
  vi.stubGlobal(
    "fetch",
    () => new Promise((resolve) => asked.push((total) => resolve(new Response(JSON.stringify(answered(total)))))),
  );
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test("what happens while an answer is awaited is asked for after it", async () => {
  const { RowWindows } = await import("./row-windows.ts");
  const rows = new RowWindows();
  rows.ask(() => "/candidates");
  asked[0]?.(1);
  await vi.waitFor(() => expect(rows.state.value.total).toBe(1));
  const next = async (count: number) => {
    await vi.advanceTimersByTimeAsync(2_000);
    expect(asked).toHaveLength(count);
  };
  rows.refresh();
  await next(2);
  // The run moves on for the last time while the second answer is on its way.
  rows.refresh();
  await next(2);
  asked[1]?.(2);
  await vi.waitFor(() => expect(asked).toHaveLength(3));
  asked[2]?.(3);
  await vi.waitFor(() => expect(rows.state.value.total).toBe(3));
});
