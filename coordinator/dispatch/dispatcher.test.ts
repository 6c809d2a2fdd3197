/** A candidate that ends its daemon in any stage counts as crashed; the candidates beside it do not. */
import type { EvaluateRequest } from "@kevo/proto/evaluator-service.ts";
import type { RunSpec } from "@kevo/proto/run.ts";
import { expect, test } from "vitest";
import type { Ledger } from "../ledger/ledger.ts";
import type { AcceptedCandidate, EvaluationRecord } from "../ledger/records.ts";
import { Dispatcher } from "./dispatcher.ts";
import type { CallEnd, EvaluatorLink } from "./evaluator-link.ts";

const LOST: CallEnd = { kind: "lost", stage: "QUEUED", why: "connection reset", alive: false };
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
    for (const end of present.keys()) end(LOST);
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

const QUIET = { onUnusable: () => {}, onLost: () => {}, onBusy: () => {}, onResult: () => {} };
const candidateOf = (id: string) => ({ id, island: 0, config: {} }) as unknown as AcceptedCandidate;

/** The daemon is started again each time that it has died, as another. */
function restarted(asked: Ledger, link: EvaluatorLink, credits: number): Dispatcher {
  let session = 0;
  const dispatcher: Dispatcher = new Dispatcher(spec, asked, {
    ...QUIET,
    onLost: (evaluator) => {
      if (evaluator !== `daemon-${session}`) return;
      dispatcher.leave(evaluator);
      dispatcher.join(`daemon-${++session}`, link, credits, ["m"]);
    },
  });
  dispatcher.join("daemon-0", link, credits, ["m"]);
  return dispatcher;
}

test("three deaths on the way", async () => {
  const { link, log } = mortalDaemon("b");
  const { ledger: asked, settled, all } = ledger();
  const dispatcher = restarted(asked, link, 4);
  dispatcher.add(["a", "b", "c", "d"].map(candidateOf));
  await all;
  const crashed = settled.filter(({ outcome }) => outcome === "crashed");
  expect(crashed).toMatchObject([{ candidate: "b", message: expect.stringMatching(/died 3 times.*alone/) }]);
  expect(settled.map(({ candidate }) => candidate).sort()).toEqual(["a", "b", "c", "d"]);
  expect(log).toHaveLength(3);
  expect(log.at(-1)).toBe("died with b");
  await dispatcher.stop();
});

test("an evaluator that was lost gets nothing more before it answers, and if it does, it had not died", async () => {
  let losses = 9;
  let sent = 0;
  const link = {
    evaluate: async (_: EvaluateRequest, onStage: (stage: "QUEUED") => void): Promise<CallEnd> => {
      sent++;
      onStage("QUEUED");
      return losses-- > 0 ? LOST : ANSWER;
    },
    cancelAll: () => {},
  } as unknown as EvaluatorLink;
  const { ledger: asked } = ledger();
  const lost = { next: Promise.withResolvers<void>() };
  const dispatcher = new Dispatcher(spec, asked, { ...QUIET, onLost: () => lost.next.resolve() });
  const slot = dispatcher.join("daemon", link, 1, ["m"]);
  const measured = dispatcher.remeasure(candidateOf("a"), 1);
  const askedBefore = performance.now();
  for (let loss = 1; loss <= 9; loss++) {
    await lost.next.promise;
    lost.next = Promise.withResolvers();
    dispatcher.wake();
    // What it said before does not count.
    dispatcher.answered(slot, askedBefore);
    await new Promise((resolve) => setImmediate(resolve));
    expect(sent).toBe(loss);
    dispatcher.answered(slot, performance.now());
  }
  expect(await measured).toMatchObject({ outcome: "invalid", message: "an answer of any kind" });
  await dispatcher.stop();
});

test("deaths before a candidate was counted do not count against its re-measurement", async () => {
  let calls = 0;
  const link = {
    evaluate: async (_: EvaluateRequest, onStage: (stage: "QUEUED") => void): Promise<CallEnd> => {
      onStage("QUEUED");
      return ++calls === 1 ? LOST : ANSWER;
    },
    cancelAll: () => {},
  } as unknown as EvaluatorLink;
  const { ledger: asked } = ledger({ attempts: 3, deaths: 2 });
  const dispatcher = restarted(asked, link, 1);
  expect(await dispatcher.remeasure(candidateOf("a"), 1)).toMatchObject({
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
  dispatcher.add(["a", "b", "c", "d"].map(candidateOf));
  await all;
  expect(told).toEqual(["daemon: too busy to measure", "result", "result", "result", "result"]);
  expect(settled.map(({ candidate }) => candidate).sort()).toEqual(["a", "b", "c", "d"]);
  await dispatcher.stop();
});

test.each([
  ["handed back", { kind: "refused", why: "it drains", fault: "draining" }],
  ["lost with one that had said so", { kind: "lost", stage: "TIMING", why: "connection reset", alive: false }],
] as const)("%s: tried again, and blamed on the candidate only when it happens for ever", async (_how, end) => {
  let left = 5;
  const link = {
    evaluate: async (_: EvaluateRequest, onStage: (stage: "TIMING") => void): Promise<CallEnd> => {
      onStage("TIMING");
      // Not before it has rested, for which a test does not wait.
      setImmediate(() => {
        for (const slot of dispatcher.slots) slot.restsUntil = 0;
        for (const slot of dispatcher.slots) dispatcher.answered(slot, performance.now());
        dispatcher.wake();
      });
      return left-- > 0 ? end : ANSWER;
    },
    cancelAll: () => {},
  } as unknown as EvaluatorLink;
  const { ledger: asked } = ledger();
  const dispatcher = new Dispatcher(spec, asked, QUIET);
  dispatcher.join("daemon", link, 1, ["m"]).leaving = true;
  expect(await dispatcher.remeasure(candidateOf("a"), 1)).toMatchObject({ outcome: "invalid" });
  left = Number.POSITIVE_INFINITY;
  expect(await dispatcher.remeasure(candidateOf("b"), 1)).toMatchObject({ outcome: "crashed" });
  await dispatcher.stop();
});
