import { labelledRandom } from "@kevo/core/random/random.ts";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ridge } from "../../evolution/ridge.fixture.ts";
import { judge, type Written } from "./answer.ts";
import { samples } from "./ridge-history.fixture.ts";

const free = { base: null, wanted: 6, isTaken: () => false };
const written = (genes: readonly number[], reason = "because"): Written => ({
  configuration: ridge.decode(genes),
  reason,
});

describe("an answer", () => {
  it("gives distinct, valid and untried configurations, never more than wanted", () => {
    const one = fc.string().map((label) => written(ridge.sample(labelledRandom(label.slice(0, 1)))));
    const odd = fc.record({ configuration: fc.dictionary(fc.string(), fc.anything()), reason: fc.string() });
    fc.assert(
      fc.property(
        fc.array(fc.oneof(one, odd), { maxLength: 20 }),
        fc.integer({ min: 1, max: 8 }),
        fc.nat(7),
        (configurations, wanted, salt) => {
          const isTaken = (key: number | string) => Number(key) % 8 === salt;
          const { usable } = judge(ridge, configurations, { base: null, wanted, isTaken });
          const keys = usable.map(({ genes }) => ridge.keyOf(genes));
          expect(usable.length).toBeLessThanOrEqual(wanted);
          expect(new Set(keys).size).toBe(keys.length);
          expect(keys.some(isTaken)).toBe(false);
          for (const { genes, config, reason } of usable) {
            expect(ridge.isValid(genes)).toBe(true);
            expect(ridge.encode(config)).toEqual(genes);
            expect(reason.length).toBeLessThanOrEqual(2000);
          }
        },
      ),
      { numRuns: 200 },
    );
  });

  it("counts duplicates and explains every other refusal", () => {
    const [a, b] = samples(2) as [number[], number[]];
    const wrong = { configuration: { ...ridge.decode(b), LAYOUT: "diagonal" }, reason: "" };
    const judged = judge(ridge, [written(a), written(a), wrong, written(b)], free);
    expect(judged).toMatchObject({ duplicates: 1, complaints: [expect.stringContaining("configuration 3")] });
    expect(judged.usable.map(({ genes }) => genes)).toEqual([a, b]);
  });

  it("says in the reason what was mended, and lets nothing through that moves a terminal's cursor", () => {
    const configuration = { ...ridge.decode(samples(1)[0] as number[]), FAST: "true" };
    const { usable } = judge(ridge, [{ configuration, reason: "fast\u001b[2J\n\u202e path" }], free);
    expect(usable[0]?.reason).toBe("fast [2J path (mended: FAST true → true)");
  });
});
