import { expect, test } from "vitest";
import { type Movement, StallWatch } from "./stall-watch.ts";

const FINE: Movement = {
  ...{ progress: 1, outstanding: 0, connected: true, logTrouble: null, evaluatorTrouble: null },
  ...{ leased: 1, refusal: null, awaitsModels: false, starting: false, paused: false },
};

test("says within ten seconds that nothing happens, once, and again after it went on", () => {
  const watch = new StallWatch();
  const said = [0, 1, 5, 9, 10, 30].map((s) => watch.look(s * 1000, { ...FINE, leased: 0 }));
  expect(said.filter((text) => text !== null)).toEqual([
    expect.stringMatching(/^nothing has happened for 9 s: no island-worker/),
  ]);
  expect(watch.look(31_000, { ...FINE, progress: 2 })).toBeNull();
  expect(watch.look(40_000, { ...FINE, progress: 2, refusal: "wrong" })).toMatch(/refused \(wrong\)/);
});

test("a run whose own programs are on their way has not stalled", () => {
  const watch = new StallWatch();
  const starting: Movement = {
    ...FINE,
    progress: 0,
    starting: true,
    evaluatorTrouble: "the local evaluator is starting",
  };
  expect([0, 9, 20].map((s) => watch.look(s * 1000, starting))).toEqual([null, null, null]);
  expect(watch.look(30_000, starting)).toMatch(/^the run is still starting after 30 s: .*local evaluator is starting/);
});

test.each([
  [{ connected: false }, /NATS/],
  [{ logTrouble: "full" }, /published \(full\)/],
  [{ evaluatorTrouble: "lost", outstanding: 3 }, /the run waits for evaluators \(lost\)/],
  [{}, /propose nothing/],
] as const)("names the cause: %o", (change, why) => {
  const watch = new StallWatch();
  watch.look(0, { ...FINE, ...change });
  expect(watch.look(9_000, { ...FINE, ...change })).toMatch(why);
});

test("a long evaluation and an awaited model are no stall", () => {
  for (const change of [{ outstanding: 1 }, { awaitsModels: true }]) {
    const watch = new StallWatch();
    watch.look(0, { ...FINE, ...change });
    expect(watch.look(60_000, { ...FINE, ...change })).toBeNull();
  }
});
