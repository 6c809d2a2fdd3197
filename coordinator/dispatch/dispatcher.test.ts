/** A candidate whose daemon dies in any stage three times counts as crashed; the candidates beside it do not. */
import type { EvaluateRequest } from "@kevo/proto/evaluator-service.ts";
import type { RunSpec } from "@kevo/proto/run.ts";
import { expect, test } from "vitest";
import type { Ledger } from "../ledger/ledger.ts";
import type { AcceptedCandidate, EvaluationRecord } from "../ledger/records.ts";
import { Dispatcher } from "./dispatcher.ts";
import type { CallEnd, EvaluatorLink } from "./evaluator-link.ts";

const ANSWER: CallEnd = { kind: "rejected", why: "an answer of any kind" };

const spec = {
  ...{ workloads: ["w"], islands: [{ niche: {} }], kernel: { hash: "k" }, seed: 1, backend: "cpu" },
} as unknown as RunSpec;

/** A daemon that takes all that it has down with it when it reads `killer`, before any of it reaches the device. */
function mortalDaemon(killer: string) {
  const present = new Map<(end: CallEnd) => void, string>();
  const log: string[] = [];
  const die = () => {
    log.push(`died with ${[...present.values()].sort().join(" ")}`);
    for (const end of present.keys()) end({ kind: "lost", stage: "QUEUED", why: "connection reset" });
    present.clear();
  };
  const link = {
    evaluate: ({ candidate = "" }: EvaluateRequest, onStage: (stage: "QUEUED") => void) =>
      new Promise<CallEnd>((resolve) => {
        present.set(resolve, candidate);
        onStage("QUEUED");
        setImmediate(() => {
          if (!present.has(resolve)) return;
          if (candidate === killer) return die();
          present.delete(resolve);
          resolve(ANSWER);
        });
      }),
    cancelAll: () => {},
  };
  return { link: link as unknown as EvaluatorLink, log };
}

/** The part of a ledger that the dispatcher uses, for one island. */
function ledger(past = { attempts: 0, deaths: 0 }) {
  const settled: EvaluationRecord[] = [];
  const done = Promise.withResolvers<void>();
  const state = { islands: [{ niche: {}, nicheKey: "" }], leaders: { ofNiche: () => undefined } };
  const stub = {
    state,
    pastAttempts: () => past,
    startAttempt: () => {},
    endAttempt: async () => {},
    settle: async (record: EvaluationRecord) => {
      settled.push(record);
      if (settled.length === 4) done.resolve();
    },
  };
  return { ledger: stub as unknown as Ledger, settled, all: done.promise };
}

test("three deaths on the way", async () => {
  const { link, log } = mortalDaemon("b");
  const { ledger: asked, settled, all } = ledger();
  const dispatcher = new Dispatcher(spec, asked, {
    ...{ onUnusable: () => {}, onLost: () => {}, onBusy: () => {}, onResult: () => {} },
  });
  dispatcher.join("daemon", link, 4, ["m"]);
  const candidates = ["a", "b", "c", "d"].map((id) => ({ id, island: 0, config: {} }) as unknown as AcceptedCandidate);
  dispatcher.add(candidates);
  await all;
  const crashed = settled.filter(({ outcome }) => outcome === "crashed");
  expect(crashed).toMatchObject([{ candidate: "b", message: expect.stringMatching(/died 3 times.*alone/) }]);
  expect(settled.map(({ candidate }) => candidate).sort()).toEqual(["a", "b", "c", "d"]);
  expect(log).toHaveLength(3);
  expect(log.at(-1)).toBe("died with b");
  await dispatcher.stop();
});

test("deaths before a candidate was counted do not count against its re-measurement", async () => {
  let calls = 0;
  const link = {
    evaluate: async (_: EvaluateRequest, onStage: (stage: "QUEUED") => void): Promise<CallEnd> => {
      onStage("QUEUED");
      return ++calls === 1 ? { kind: "lost", stage: "QUEUED", why: "connection reset" } : ANSWER;
    },
    cancelAll: () => {},
  } as unknown as EvaluatorLink;
  const { ledger: asked } = ledger({ attempts: 3, deaths: 2 });
  const dispatcher = new Dispatcher(spec, asked, {
    ...{ onUnusable: () => {}, onLost: () => {}, onBusy: () => {}, onResult: () => {} },
  });
  dispatcher.join("daemon", link, 1, ["m"]);
  const finalist = { id: "a", island: 0, config: {} } as unknown as AcceptedCandidate;
  expect(await dispatcher.remeasure(finalist, 1)).toMatchObject({
    outcome: "invalid",
    message: "an answer of any kind",
  });
  expect(calls).toBe(2);
  await dispatcher.stop();
});

test("a candidate that a busy machine could not measure is tried again there, and is neither failed nor lost", async () => {
  const ends: CallEnd[] = [{ kind: "busy", why: "too busy to measure" }, ANSWER, ANSWER, ANSWER, ANSWER];
  const link = { evaluate: async () => ends.shift(), cancelAll: () => {} } as unknown as EvaluatorLink;
  const { ledger: asked, settled, all } = ledger();
  const told: string[] = [];
  const dispatcher = new Dispatcher(spec, asked, {
    onUnusable: () => told.push("unusable"),
    onLost: () => told.push("lost"),
    onBusy: (evaluator, why) => {
      told.push(`${evaluator}: ${why}`);
      // Not before it has rested, for which a test does not wait.
      setImmediate(() => {
        for (const slot of dispatcher.slots) slot.restsUntil = 0;
        dispatcher.wake();
      });
    },
    onResult: () => told.push("result"),
  });
  dispatcher.join("daemon", link, 1, ["m"]);
  dispatcher.add(["a", "b", "c", "d"].map((id) => ({ id, island: 0, config: {} }) as unknown as AcceptedCandidate));
  await all;
  expect(told).toEqual(["daemon: too busy to measure", "result", "result", "result", "result"]);
  expect(settled.map(({ candidate }) => candidate).sort()).toEqual(["a", "b", "c", "d"]);
  await dispatcher.stop();
});

test.each([
  ["handed back", { kind: "refused", why: "it drains", fault: "draining" }],
  ["lost with one that had said so", { kind: "lost", stage: "TIMING", why: "connection reset" }],
] as const)("%s: tried again, and blamed on the candidate only when it happens for ever", async (_how, end) => {
  let left = 5;
  const link = {
    evaluate: async (_: EvaluateRequest, onStage: (stage: "TIMING") => void): Promise<CallEnd> => {
      onStage("TIMING");
      // Not before it has rested, for which a test does not wait.
      setImmediate(() => {
        for (const slot of dispatcher.slots) slot.restsUntil = 0;
        dispatcher.wake();
      });
      return left-- > 0 ? end : ANSWER;
    },
    cancelAll: () => {},
  } as unknown as EvaluatorLink;
  const { ledger: asked } = ledger();
  const dispatcher = new Dispatcher(spec, asked, {
    ...{ onUnusable: () => {}, onLost: () => {}, onBusy: () => {}, onResult: () => {} },
  });
  dispatcher.join("daemon", link, 1, ["m"]).leaving = true;
  const candidate = (id: string) => ({ id, island: 0, config: {} }) as unknown as AcceptedCandidate;
  expect(await dispatcher.remeasure(candidate("a"), 1)).toMatchObject({ outcome: "invalid" });
  left = Number.POSITIVE_INFINITY;
  expect(await dispatcher.remeasure(candidate("b"), 1)).toMatchObject({ outcome: "crashed" });
  await dispatcher.stop();
});
