/**
 * One search of a recorded space, or of one recorded on several devices at once, in process: the islands, proposers and
 * knowledge of the real thing, with a loop in place of coordinator, network and evaluator. It counts as the
 * coordinator does: a failure is an evaluation, a genome that was evaluated before is answered from that and costs
 * nothing.
 */

import { knownGoodOf } from "@kevo/coordinator/run/known-good.ts";
import { labelledRandom } from "@kevo/core/random/random.ts";
import type { RecordedSpace } from "@kevo/core/recorded-space/recorded-space.ts";
import { genomeHash } from "@kevo/core/search-space/genome.ts";
import type { SearchSpace } from "@kevo/core/search-space/search-space.ts";
import { leavesBudgetToOthers } from "@kevo/island-worker/evolution/budget-allocation.ts";
import { applyEntry, ask, elitesOf, type Island, openIsland } from "@kevo/island-worker/evolution/island.ts";
import { applyKnowledge, openKnowledge } from "@kevo/island-worker/evolution/knowledge.ts";
import { taken } from "@kevo/island-worker/evolution/migration.ts";
import { neighboursOf } from "@kevo/island-worker/evolution/topology.ts";
import type { AskedEntry, Candidate, EvaluatedEntry, LogEntry, OpenedEntry, Proposal } from "@kevo/proto/log.ts";
import type { RunSpec } from "@kevo/proto/run.ts";
import { WIRE_VERSION } from "@kevo/proto/version.ts";
import type { JobOfKernel } from "./subject.ts";

export interface SearchSetting {
  readonly seed: number;
  readonly evaluations: number;
  readonly islands: number;
  /** Evaluations on their way at a time, all islands together. */
  readonly parallel: number;
  readonly search: RunSpec["search"];
  /** As in `--migrants`. */
  readonly migrants?: number;
  /** The differences between several recordings. */
  readonly differ?: "device" | "workload";
  /** The kernel of job-like spaces. */
  readonly job?: JobOfKernel | null;
}

export interface SearchTrace {
  /**
   * For each recording the smallest time after each unique evaluation of the whole run, milliseconds; infinite
   * before the first success.
   */
  readonly best: readonly number[][];
  /** Milliseconds that each `ask` took, by the clock and of the processor, and how many evaluations were told before. */
  readonly asks: { readonly ms: number; readonly cpu_ms: number; readonly told: number }[];
  /** Candidates by proposer. */
  readonly proposers: Map<string, number>;
}

/** As `coordinator start` has it. */
const MIGRATION = { topology: "ring", migrate_every: 5, migrants: 1 } as const;
type Result = Pick<EvaluatedEntry, "outcome" | "fitness" | "time_ms">;

/** @param recordings of one kernel; with several, islands are dealt to them in turn. */
export function simulate(
  space: SearchSpace,
  recordings: readonly RecordedSpace[],
  setting: SearchSetting,
): SearchTrace {
  const spec = specOf(setting, recordings, space);
  const recordingOf = (island: Island) => island.index % recordings.length;
  const knowledge = openKnowledge(space, spec, setting.job?.definition);
  const opened = spec.islands.map(
    ({ index }): OpenedEntry => ({ v: WIRE_VERSION, run: spec.run, island: index, n: 0, type: "opened", spec }),
  );
  const islands = opened.map((entry) => openIsland(space, entry));
  for (const entry of opened) applyKnowledge(knowledge, entry);

  const trace: SearchTrace = { best: recordings.map(() => []), asks: [], proposers: new Map() };
  /** By genome, for each recording. */
  const results = recordings.map(() => new Map<string, Result>());
  const underway: { island: Island; candidate: Candidate }[] = [];
  const arrival = labelledRandom(`arrival/${setting.seed}`);
  const best = recordings.map(() => Number.POSITIVE_INFINITY);
  let started = 0;
  let told = 0;

  const append = (island: Island, entry: LogEntry) => {
    applyKnowledge(knowledge, entry);
    applyEntry(island, entry);
  };
  const answer = (island: Island, { id, genome }: Candidate, cached: boolean) => {
    const recording = recordingOf(island);
    const result = results[recording]?.get(genome) as Result;
    append(island, evaluatedEntry(island, id, result, cached));
    if (cached) return;
    told++;
    best[recording] = Math.min(best[recording] as number, result.time_ms ?? Number.POSITIVE_INFINITY);
    for (const [at, line] of trace.best.entries()) line.push(best[at] as number);
  };
  /** False when the island has nothing left to propose. */
  const step = (island: Island): boolean => {
    const k = island.batches;
    const before = performance.now();
    const cpu = process.threadCpuUsage();
    const proposals = ask(island, knowledge, { k, count: 1, migrants: migrantsOf(islands, island, k, spec) });
    const { user, system } = process.threadCpuUsage(cpu);
    trace.asks.push({ ms: performance.now() - before, cpu_ms: (user + system) / 1000, told });
    if (proposals.length === 0) return false;
    const entry = askedEntry(island, k, proposals);
    append(island, entry);
    for (const candidate of entry.candidates) {
      trace.proposers.set(candidate.proposer, (trace.proposers.get(candidate.proposer) ?? 0) + 1);
      const known = results[recordingOf(island)] as Map<string, Result>;
      if (known.has(candidate.genome)) {
        answer(island, candidate, true);
        continue;
      }
      known.set(candidate.genome, resultOf(recordings[recordingOf(island)] as RecordedSpace, candidate));
      underway.push({ island, candidate });
      started++;
    }
    return true;
  };

  let exhausted = 0;
  for (let at = 0; told < setting.evaluations; at++) {
    const room = underway.length < setting.parallel && started < setting.evaluations;
    if (room && exhausted < islands.length) {
      const island = islands[at % islands.length] as Island;
      if (leavesBudgetToOthers(knowledge, island.index, () => true)) continue;
      exhausted = step(island) ? 0 : exhausted + 1;
      continue;
    }
    if (underway.length === 0) break;
    const [arrived] = underway.splice(arrival.integer(underway.length), 1);
    if (arrived !== undefined) answer(arrived.island, arrived.candidate, false);
    at--; // The same island's turn is still to come.
  }
  return trace;
}

function specOf(setting: SearchSetting, recordings: readonly RecordedSpace[], space: SearchSpace): RunSpec {
  const { seed, evaluations, islands, search, migrants = MIGRATION.migrants, differ = "device", job = null } = setting;
  const named = differ === "device" ? ["recorded"] : recordings.map((_, at) => `recorded-${at}`);
  const workloads = job === null ? named : [...job.workloads];
  const nicheOf = (index: number) => {
    const at = index % recordings.length;
    if (recordings.length === 1) return { workloads: null, device: null };
    if (differ === "workload") return { workloads: [workloads[at] as string], device: null };
    return { workloads: null, device: (recordings[at] as RecordedSpace).deviceName };
  };
  const spec: RunSpec = {
    run: "bench",
    kernel: { id: "recorded", title: "recorded", hash: "", definition: "" },
    backend: "replay",
    workloads,
    seed,
    islands: Array.from({ length: islands }, (_, index) => ({ index, niche: nicheOf(index) })),
    ...MIGRATION,
    migrants,
    sync: false,
    batch_size: 1,
    search,
    sparse_priors: true,
    evaluations,
    time_s: null,
    effort: "full",
  };
  const device = recordings[0]?.deviceName ?? null;
  const known = job === null ? undefined : knownGoodOf(spec, job.definition, space, job.known, device);
  return known === undefined ? spec : { ...spec, known_good: known };
}

function migrantsOf(islands: readonly Island[], island: Island, k: number, spec: RunSpec) {
  if (k === 0 || k % spec.migrate_every !== 0) return [];
  const senders = neighboursOf(spec.topology, islands.length, island.index, k / spec.migrate_every, spec.seed);
  return senders.flatMap((sender) =>
    taken(spec, island.index, sender, elitesOf(islands[sender] as Island, spec.migrants)),
  );
}

function askedEntry(island: Island, k: number, proposals: readonly Proposal[]): AskedEntry {
  const candidates = proposals.map((proposal, index) => ({
    ...proposal,
    id: `${island.run}/${island.index}/${k}/${index}`,
    index,
    genome: genomeHash(proposal),
  }));
  return { v: WIRE_VERSION, run: island.run, island: island.index, n: island.next, type: "asked", k, candidates };
}

function evaluatedEntry(island: Island, candidate: string, result: Result, cached: boolean): EvaluatedEntry {
  return {
    v: WIRE_VERSION,
    run: island.run,
    island: island.index,
    n: island.next,
    type: "evaluated",
    candidate,
    ...result,
    cached,
    measurements: [],
    message: null,
    device: null,
  };
}

function resultOf(recorded: RecordedSpace, candidate: Candidate): Result {
  const found = recorded.lookup(candidate.config);
  const time = found?.time_ms ?? null;
  return { outcome: found?.outcome ?? "invalid", time_ms: time, fitness: time === null ? null : 1 / time };
}
