/**
 * The end of a run: its best are measured again on fresh inputs, in rounds, each round in another order, because
 * the fastest of many noisy measurements is partly lucky. Only then is a winner named.
 */
import { counted } from "@kevo/core/text/plural.ts";
import { nicheKeyOf } from "@kevo/proto/niche-key.ts";
import type { RunSpec } from "@kevo/proto/run.ts";
import canonicalize from "canonicalize";
import { and, asc, desc, eq, inArray, max, notInArray, type SQL } from "drizzle-orm";
import type { Dispatcher } from "../dispatch/dispatcher.ts";
import { candidateOf } from "../ledger/read-stored.ts";
import type { AcceptedCandidate } from "../ledger/records.ts";
import type { LineageDatabase } from "../lineage/database.ts";
import { type FailedFinalist, failedFinalists } from "../lineage/queries/finalists.ts";
import { candidates, evaluations, measurements } from "../lineage/schema.ts";
import { finalistPlan } from "./effort.ts";

/** How often the next best replace finalists that failed: a device that fails everything must not cost hours. */
const SUBSTITUTIONS = 3;

export interface Remeasurement {
  readonly db: LineageDatabase;
  readonly spec: RunSpec;
  readonly dispatcher: Pick<Dispatcher, "remeasure">;
  readonly interrupted: AbortSignal;
  /** Describes the current step. */
  readonly onPhase: (phase: string) => void;
  /** A finalist is out: to be stored as an event, by which the ranking knows. */
  readonly onFailed: (failed: FailedFinalist) => void;
}

/**
 * Measures the finalists again, and the next best in the place of those that fail.
 *
 * @returns "interrupted" as soon as the signal says so; measurements in progress are then left to the dispatcher.
 */
export async function remeasureFinalists(request: Remeasurement): Promise<"remeasured" | "interrupted"> {
  const { db, spec, dispatcher, interrupted, onPhase, onFailed } = request;
  const out = new Set(failedFinalists(db, spec.run).map(({ candidate }) => candidate));
  const cut = Promise.withResolvers<"interrupted">();
  const onAbort = () => cut.resolve("interrupted");
  interrupted.addEventListener("abort", onAbort);
  using _ = { [Symbol.dispose]: () => interrupted.removeEventListener("abort", onAbort) };
  for (let turn = 0; turn <= SUBSTITUTIONS; turn++) {
    const finalists = finalistsOf(db, spec, out);
    const phase = `re-measuring ${counted(finalists.length, "finalist")}`;
    onPhase(phase);
    const measured = measureFinalists(db, dispatcher, finalists, spec, (done, all) =>
      onPhase(`${phase} (${done} of ${all})`),
    );
    const failed = await Promise.race([measured, cut.promise]);
    if (failed === "interrupted") return failed;
    for (const finalist of failed) {
      out.add(finalist.candidate);
      onFailed(finalist);
    }
    if (failed.length === 0) break;
  }
  return "remeasured";
}

/**
 * Candidates that re-measurement decides between: the best distinct genomes of each niche, and its rivals.
 * @param out finalists that failed on fresh inputs; the next best replace them.
 */
export function finalistsOf(db: LineageDatabase, spec: RunSpec, out: ReadonlySet<string>): AcceptedCandidate[] {
  const niches = islandsByNiche(spec);
  const { finalists } = finalistPlan(spec.effort, niches.size);
  return [...niches].flatMap(([key, islands]) => {
    const query = (wanted: SQL | undefined) =>
      db
        .select({ row: candidates })
        .from(evaluations)
        .innerJoin(candidates, eq(candidates.id, evaluations.candidate))
        .where(
          and(
            eq(evaluations.run, spec.run),
            eq(evaluations.outcome, "ok"),
            inArray(candidates.island, islands),
            notInArray(candidates.id, [...out]),
            wanted,
          ),
        )
        // A recording is searched for the smallest time.
        .orderBy(spec.search === "exhaustive" ? asc(evaluations.timeMs) : desc(evaluations.fitness), candidates.id);
    const best = query(undefined).limit(finalists).all();
    const rivals = (spec.rivals?.[key] ?? []).map((config) => canonicalize(config) as string);
    const others = rivals.length === 0 ? [] : query(inArray(candidates.config, rivals)).all();
    const byId = new Map([...best, ...others].map(({ row }) => [row.id, row] as const));
    return [...byId.values()].map((row) => candidateOf(row));
  });
}

function islandsByNiche(spec: RunSpec): Map<string, number[]> {
  const niches = new Map<string, number[]>();
  for (const { index, niche } of spec.islands) {
    const key = nicheKeyOf(spec, niche);
    niches.set(key, [...(niches.get(key) ?? []), index]);
  }
  return niches;
}

/**
 * Measures the finalists in rounds 1, 2, …; rounds that an earlier session stored are not made again. A finalist
 * that fails on fresh inputs is out; what it said is returned.
 */
async function measureFinalists(
  db: LineageDatabase,
  dispatcher: Remeasurement["dispatcher"],
  finalists: readonly AcceptedCandidate[],
  spec: RunSpec,
  onProgress: (done: number, all: number) => void,
): Promise<FailedFinalist[]> {
  const failed: FailedFinalist[] = [];
  const { rounds } = finalistPlan(spec.effort, islandsByNiche(spec).size);
  let done = 0;
  for (let round = 1; round <= rounds; round++) {
    const inRound = finalists.filter(({ id }) => !failed.some((f) => f.candidate === id) && lastRound(db, id) < round);
    done += finalists.length - inRound.length;
    // Another order each round: what heats or slows the machine in its course does not always meet the same one.
    const turn = inRound.length === 0 ? 0 : round % inRound.length;
    const order = [...inRound.slice(turn), ...inRound.slice(0, turn)];
    await Promise.all(
      order.map(async (candidate) => {
        const record = await dispatcher.remeasure(candidate, round);
        if (record.outcome !== "ok")
          failed.push({ candidate: candidate.id, message: `${record.outcome}: ${record.message}` });
        onProgress(++done, finalists.length * rounds);
      }),
    );
  }
  return failed;
}

function lastRound(db: LineageDatabase, candidate: string): number {
  const row = db
    .select({ round: max(measurements.round) })
    .from(measurements)
    .where(eq(measurements.candidate, candidate))
    .get();
  return row?.round ?? 0;
}
