/** With calls whose times are made up: of kernels that compute, of one that keeps results, and of busy machines. */
import { labelledRandom } from "@kevo/core/random/random.ts";
import { expect, test } from "vitest";
import { type Calls, keptResults, oneSided } from "./kept-results.ts";

interface Machine {
  /** Milliseconds of a call that computes, and of one that does not. */
  readonly computing: number;
  readonly repeated: number;
  /** Share of the calls that wait for a core, and how long at most. */
  readonly share: number;
  readonly waitMs: number;
}

function calls({ computing, repeated, share, waitMs }: Machine, label: string): Calls {
  const random = labelledRandom(label);
  const ms = (least: number) =>
    least * (1 + 0.1 * random.uniform()) + (random.uniform() < share ? waitMs * random.uniform() : 0);
  return { fresh: async () => ms(computing), same: async () => ms(repeated) };
}

/** How many of 300 evaluations end with the verdict. */
async function refusals(machine: Machine): Promise<number> {
  const verdicts = await Promise.all(
    Array.from({ length: 300 }, (_, n) => keptResults(calls(machine, `${JSON.stringify(machine)} ${n}`))),
  );
  return verdicts.filter((verdict) => verdict !== null).length;
}

test.each([
  ["on a quiet machine", { share: 0, waitMs: 0 }],
  ["where one call in five waits", { share: 0.2, waitMs: 6 }],
  ["where half of them do", { share: 0.5, waitMs: 6 }],
  ["where all but a few do", { share: 0.95, waitMs: 60 }],
])("an honest kernel is never refused %s", async (_where, noise) => {
  for (const computing of [0.03, 0.4, 5]) expect(await refusals({ computing, repeated: computing, ...noise })).toBe(0);
});

test.each([
  ["on a quiet machine", { share: 0, waitMs: 0 }],
  ["where one call in five waits", { share: 0.2, waitMs: 60 }],
])("one that keeps results is refused %s", async (_where, noise) => {
  expect(await refusals({ computing: 20, repeated: 0.05, ...noise })).toBeGreaterThan(290);
});

test("a burst that slows all calls on new inputs for a while condemns no kernel", async () => {
  let call = 0;
  const calls: Calls = { fresh: async () => (call++ < 16 ? 50 : 5), same: async () => 5 };
  expect(await keptResults(calls)).toBeNull();
});

test("calls so short that nothing can be said are not suspected", async () => {
  expect(await keptResults({ fresh: async () => 0.012, same: async () => 0.001 })).toBeNull();
});

test.each([
  [20, 0, 2 ** -20],
  [2, 1, 4 / 8],
  [0, 0, 1],
  [3, 3, 42 / 64],
])("%i against %i comes by chance with probability %d", (faster, slower, chance) => {
  expect(oneSided(faster, slower)).toBeCloseTo(chance, 12);
});
