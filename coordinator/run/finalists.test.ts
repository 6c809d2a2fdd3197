import { nicheKeyOf } from "@kevo/proto/niche-key.ts";
import type { RunSpec } from "@kevo/proto/run.ts";
import { eq } from "drizzle-orm";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { EvaluationRecord } from "../ledger/records.ts";
import { type Builder, buildLineage } from "../lineage/lineage-builder.fixture.ts";
import { runs } from "../lineage/schema.ts";
import { finalistsOf, remeasureFinalists } from "./finalists.ts";

let lineage: Builder;
beforeEach(() => {
  lineage = buildLineage();
});
afterEach(() => lineage.remove());

/** Of a new run, the fastest first. */
function sixCandidates() {
  const run = lineage.run();
  const candidates = [9, 8, 7, 6, 5, 4].map((speedup) => {
    const id = lineage.candidate(run, { config: { tile: speedup } });
    lineage.ok(id, { speedups: { small: speedup } });
    return id;
  });
  const stored = lineage.db.select().from(runs).where(eq(runs.id, run)).get();
  const spec = JSON.parse(stored?.spec ?? "") as RunSpec;
  return { candidates, spec };
}

it("replaces finalists that failed on fresh inputs by the next best", () => {
  const { candidates, spec } = sixCandidates();
  const ids = (out: readonly string[]) => finalistsOf(lineage.db, spec, new Set(out)).map(({ id }) => id);
  expect(ids([])).toEqual(candidates.slice(0, 4));
  expect(ids(candidates.slice(0, 2))).toEqual(candidates.slice(2));
  expect(ids(candidates)).toEqual([]);
});

it("measures rivals again however they fare, and each once", () => {
  const { candidates, spec } = sixCandidates();
  const key = nicheKeyOf(spec, (spec.islands[0] as RunSpec["islands"][number]).niche);
  const ids = (rivals: number[]) =>
    finalistsOf(lineage.db, { ...spec, rivals: { [key]: rivals.map((tile) => ({ tile })) } }, new Set()).map(
      ({ id }) => id,
    );
  expect(ids([4])).toEqual([...candidates.slice(0, 4), candidates[5]]);
  expect(ids([9])).toEqual(candidates.slice(0, 4));
});

/** Six candidates, the fastest first, and a re-measurement in which those named fail in the round named. */
function remeasured(failing: Readonly<Record<number, number>>, interrupted = new AbortController().signal) {
  const { candidates, spec } = sixCandidates();
  const [measured, failed, phases]: [string[], string[], string[]] = [[], [], []];
  const dispatcher = {
    remeasure: async ({ id }: { id: string }, round: number) => {
      measured.push(`${candidates.indexOf(id)} in ${round}`);
      const outcome = failing[candidates.indexOf(id)] === round ? "incorrect" : "ok";
      if (outcome === "ok") lineage.measured(id, { round, speedups: { small: 1 } });
      return { outcome, message: "other inputs" } as EvaluationRecord;
    },
  };
  const ended = remeasureFinalists({
    db: lineage.db,
    spec,
    dispatcher,
    interrupted,
    onPhase: (phase) => phases.push(phase),
    onFailed: ({ candidate, message }) => failed.push(`${candidates.indexOf(candidate)} ${message}`),
  });
  return { ended, measured, failed, phases };
}

it("measures in rounds, and replaces those that failed by the next best", async () => {
  const { ended, measured, failed, phases } = remeasured({ 0: 1, 2: 2 });
  expect(await ended).toBe("remeasured");
  expect(failed).toEqual(["0 incorrect: other inputs", "2 incorrect: other inputs"]);
  // Each round in another order; 0 is out after the first, and finished measurements are not repeated.
  expect(measured).toEqual([
    ...["1 in 1", "2 in 1", "3 in 1", "0 in 1"],
    ...["3 in 2", "1 in 2", "2 in 2"],
    ...["5 in 1", "4 in 1"],
    ...["4 in 2", "5 in 2"],
  ]);
  expect(phases).toContain("re-measuring 4 finalists");
  expect(phases).toContain("re-measuring 4 finalists (8 of 8)");
});

it("gives up replacing where everything fails", async () => {
  const { ended, failed, measured } = remeasured({ 0: 1, 1: 1, 2: 1, 3: 1, 4: 1, 5: 1 });
  expect(await ended).toBe("remeasured");
  expect(failed).toHaveLength(6);
  expect(measured).toHaveLength(6);
});

it("ends at once when it is interrupted", async () => {
  const interruption = new AbortController();
  const { ended, failed } = remeasured({ 0: 1 }, interruption.signal);
  interruption.abort();
  expect(await ended).toBe("interrupted");
  expect(failed).toEqual([]);
});
