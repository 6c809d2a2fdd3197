import { labelledRandom } from "@kevo/core/random/random.ts";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { armOf, CLASSICAL, choicesOf, drawChoice, modelShare, ratesOf } from "./credit.ts";
import { askingNow } from "./policy.ts";
import { historyOf, modelRun, samples } from "./ridge-history.fixture.ts";

const genes = samples(40);
const call = (id: string, usd: number, variant = "refine", model = "grok-4.3") => ({ id, model, variant, usd });

/** One island where models and classical proposers improved alternately, each time by the given amount. */
function island(gains: { model: number; classical: number }, usd = 0) {
  let time = 100;
  const batches = genes.slice(0, 20).map((each, at) => {
    time *= 1 - (at % 2 === 0 ? gains.model : gains.classical);
    const made = at % 2 === 0 ? { call: `c${at}`, calls: [call(`c${at}`, usd)] } : {};
    return { genes: [each], times: [time], ...made };
  });
  return historyOf(modelRun(), batches);
}

const shareOf = (history: ReturnType<typeof island>) => {
  const spec = modelRun();
  return modelShare(ratesOf(spec, [history.earned]), choicesOf(spec));
};

describe("credit", () => {
  it("gives models more where their candidates improve, and less where others do", () => {
    const even = shareOf(island({ model: 0, classical: 0 }));
    expect(shareOf(island({ model: 0.1, classical: 0 }))).toBeGreaterThan(even + 0.1);
    expect(shareOf(island({ model: 0, classical: 0.1 }))).toBeLessThan(even - 0.1);
  });

  it("charges dollars against what was earned", () => {
    const shares = [0, 0.01, 0.05].map((usd) => shareOf(island({ model: 0.05, classical: 0.05 }, usd)));
    expect(shares).toEqual(shares.toSorted((a, b) => b - a));
    expect(new Set(shares).size).toBe(3);
  });

  it("keeps every share between its bounds, for any results", () => {
    const gain = fc.double({ min: 0, max: 0.9, noNaN: true });
    fc.assert(
      fc.property(gain, gain, fc.double({ min: 0, max: 1, noNaN: true }), (model, classical, usd) => {
        const share = shareOf(island({ model, classical }, usd));
        expect(share).toBeGreaterThanOrEqual(0.05);
        expect(share).toBeLessThanOrEqual(0.5);
      }),
    );
  });

  it("does not depend on how the islands' entries were interleaved", () => {
    const ledgers = [island({ model: 0.1, classical: 0.02 }, 0.01), island({ model: 0.01, classical: 0.05 }, 0.02)];
    const rate = ratesOf(
      modelRun(),
      ledgers.map(({ earned }) => earned),
    );
    const again = ratesOf(
      modelRun(),
      ledgers.map(({ earned }) => new Map([...earned].toReversed())),
    );
    for (const arm of [CLASSICAL, "grok-4.3 refine", "grok-4.3 diverse"]) expect(again(arm)).toBe(rate(arm));
  });

  it("divides calls among models and prompts by what they earned, and leaves each some", () => {
    const spec = modelRun({ models: ["grok-4.3", "other"] });
    const good = historyOf(spec, [
      { genes: genes.slice(0, 4) },
      { genes: genes.slice(4, 5), times: [1e-6], call: "good", calls: [call("good", 0, "diverse", "other")] },
      { genes: genes.slice(5, 6), times: [50], call: "bad", calls: [call("bad", 0)] },
    ]);
    const rate = ratesOf(spec, [good.earned]);
    const choices = choicesOf(spec);
    const random = labelledRandom("draws");
    const drawn = Array.from({ length: 400 }, () => armOf(drawChoice(rate, choices, random)));
    const count = (arm: string) => drawn.filter((each) => each === arm).length;
    const counts = Object.fromEntries(choices.map((choice) => [armOf(choice), count(armOf(choice))]));
    const { "other diverse": best, "grok-4.3 refine": worst, ...unknown } = counts;
    expect(worst).toBeGreaterThan(20);
    for (const between of Object.values(unknown)) {
      expect(best).toBeGreaterThan(between * 1.3);
      expect(worst).toBeLessThan(between);
    }
  });
});

describe("policy", () => {
  const spec = modelRun();
  const occasion = (history: ReturnType<typeof island>, changes: object = {}) => ({
    ...{ spec, histories: [history], island: 0, count: 1, expected: 0, k: 9, models: ["grok-4.3"] },
    ...changes,
  });

  it("asks when something was measured and models have less than their share, which nothing known makes a quarter", () => {
    const measured = (count: number) => historyOf(spec, [{ genes: genes.slice(0, count) }]);
    expect(askingNow(occasion(measured(3), { count: 20 }))).toBeNull();
    expect(askingNow(occasion(measured(4)))).toBeNull();
    expect(askingNow(occasion(measured(12), { histories: [measured(12)] }))).toMatchObject({ wanted: 6 });
    expect(askingNow(occasion(measured(12), { expected: 6 }))).toBeNull();
    const rich = { genes: genes.slice(12, 18), call: "a", calls: [call("a", 0.01)] };
    expect(askingNow(occasion(historyOf(spec, [{ genes: genes.slice(0, 12) }, rich])))).toBeNull();
    const poor = { genes: genes.slice(12, 40), calls: [call("a", 0.01)] };
    expect(askingNow(occasion(historyOf(spec, [{ genes: genes.slice(0, 12) }, poor])))).not.toBeNull();
  });

  it("asks the same for the same log, and another question in another batch", () => {
    const log = historyOf(spec, [{ genes: genes.slice(0, 12), times: Array(12).fill(1) }]);
    expect(askingNow(occasion(log))).toEqual(askingNow(occasion(log)));
    expect(askingNow(occasion(log))?.seed).not.toBe(askingNow(occasion(log, { k: 10 }))?.seed);
  });

  it("makes in the control as many calls as the run that it is the control of", () => {
    const control = modelRun({ control: true, calls: 8 }, { evaluations: 40 });
    let made = 0;
    for (let accepted = 4; accepted <= 20; accepted++) {
      const calls = Array.from({ length: made }, (_, at) => call(`c${at}`, 0, "control"));
      const log = historyOf(control, [{ genes: genes.slice(0, accepted), calls }]);
      const asked = askingNow(occasion(log, { spec: control, histories: [log, log] }));
      if (asked !== null) made++;
    }
    // Of two islands, each with half of the evaluations.
    expect(made).toBe(4);
  });
});
