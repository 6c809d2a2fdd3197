/**
 * The state of one run's ledger, in memory: which batches are accepted, what the budget counts, what stands in which log.
 * It decides without I/O and keeps in memory what the database holds; the ledger stores its effects in one
 * transaction. Invariants:
 *
 * - a batch is accepted only under the island's current epoch and only as its next number;
 * - `accepted` counts candidates that need an evaluation of their own and never exceeds the budget;
 * - a genome is evaluated once in a niche; its twins are answered from that evaluation, or wait for it;
 * - a candidate is settled once, whatever arrives later;
 * - each island's log numbers grow by one.
 *
 * With `sync`, a generation's batches are accepted together, in island order, and its results enter the logs
 * together, sorted, once all are in: nothing then depends on who was faster.
 */
import { genomeHash } from "@kevo/core/search-space/genome.ts";
import type { SearchSpace } from "@kevo/core/search-space/search-space.ts";
import type { Candidate, EvaluatedEntry, LogEntry, Proposal } from "@kevo/proto/log.ts";
import type { BatchRefusal, BatchRequest } from "@kevo/proto/messages/batch.ts";
import { OUTCOMES, type Outcome } from "@kevo/proto/outcome.ts";
import type { RunSpec } from "@kevo/proto/run.ts";
import { WIRE_VERSION } from "@kevo/proto/version.ts";
import { worthOf } from "./fitness.ts";
import { type IslandLedger, openIslandLedger, splitCandidateId } from "./island-ledger.ts";
import {
  type AcceptedCandidate,
  type Effects,
  type EvaluationRecord,
  type EvolvedSource,
  join,
  NOTHING,
} from "./records.ts";

/** A genome of this run in one niche: its one evaluation, and the candidates that wait for it. */
interface Known {
  readonly candidate: string;
  verdict: Verdict | null;
  readonly waiting: string[];
}

/** An evaluated entry less its place in the log. */
type Verdict = Pick<EvaluatedEntry, "outcome" | "fitness" | "time_ms" | "measurements" | "message" | "device">;

export interface Refusal {
  readonly code: BatchRefusal;
  /** For people. */
  readonly reason: string;
}

export interface Offer {
  readonly status: "accepted" | "held" | "refused";
  readonly refusal: Refusal | null;
  readonly effects: Effects;
}

/** The best evaluation so far; finalists are measured again before a winner is named. */
export interface Leader {
  readonly candidate: string;
  readonly fitness: number;
  readonly timeMs: number;
}

export class LedgerState {
  readonly spec: RunSpec;
  readonly islands: readonly IslandLedger[];
  readonly outcomes: Record<Outcome, number> = Object.fromEntries(OUTCOMES.map((o) => [o, 0])) as Record<
    Outcome,
    number
  >;
  /** Best of each niche, by niche key. */
  readonly leaders = new Map<string, Leader>();
  /** Best of each island. */
  readonly islandLeaders = new Map<number, Leader>();
  accepted = 0;
  evaluated = 0;
  cached = 0;
  /** No further batch is accepted (time is up, or the user said stop). */
  closed = false;

  readonly #space: SearchSpace;
  readonly #limit: number;
  readonly #known = new Map<string, Known>();
  /** Candidates that are to be evaluated and are not yet. */
  readonly #open = new Map<string, Known>();
  /** With sync: batches that wait for the other islands, and verdicts that wait for the generation's end. */
  readonly #held = new Map<number, BatchRequest>();
  readonly #unlogged = new Map<string, Verdict & { cached: boolean }>();
  /** Hashes of the evolved sources that are stored. */
  readonly #evolvedSources = new Set<string>();

  /** @param limit evaluations after which it is over though the budget is not spent: a repeated run was stopped. */
  constructor(spec: RunSpec, space: SearchSpace, limit = spec.evaluations) {
    this.spec = spec;
    this.#space = space;
    this.#limit = Math.min(limit, spec.evaluations);
    this.islands = spec.islands.map(({ index, niche }) => openIslandLedger(spec, index, niche));
  }

  get remaining(): number {
    return this.closed ? 0 : this.#limit - this.accepted;
  }

  /** Everything accepted has been evaluated and logged, and nothing more will be accepted. */
  get finished(): boolean {
    const settled = this.#open.size === 0 && this.#unlogged.size === 0;
    return settled && (this.remaining === 0 || this.islands.every((island) => island.exhausted));
  }

  get outstanding(): number {
    return this.#open.size;
  }

  /** Islands with candidates that are still to be evaluated. */
  get awaited(): Set<number> {
    return new Set([...this.#open.keys()].map((candidate) => splitCandidateId(candidate).island));
  }

  isOpen(candidate: string): boolean {
    return this.#open.has(candidate);
  }

  /** The first entry of every island's log. */
  open(): Effects {
    const entries = this.islands.map((island) => this.#entry(island, { type: "opened", spec: this.spec }));
    return { ...NOTHING, entries };
  }

  /**
   * A worker offers a batch. `window` is how many of the island's candidates may be outstanding; what does not
   * fit is cut, as is what exceeds the budget.
   */
  offer(request: BatchRequest, window: number): Offer {
    const island = this.islands[request.island];
    if (island === undefined) return refused("unknown_island", `this run has no island ${request.island}`);
    if (request.epoch !== island.epoch) {
      const reason = `epoch ${request.epoch} of island ${island.island} is over; the current one is ${island.epoch}`;
      return refused("stale_epoch", reason);
    }
    if (request.k < island.nextBatch) return { status: "accepted", refusal: null, effects: NOTHING };
    if (request.k > island.nextBatch) {
      return refused(
        "wrong_number",
        `batch ${request.k} of island ${island.island} is not next; ${island.nextBatch} is`,
      );
    }
    if (this.remaining === 0) return refused("budget_spent", "the budget is spent");
    const wrong = this.#wrongWith(request);
    if (wrong !== null) return refused(wrong.code, wrong.reason);
    island.diversity = request.diversity;
    const evolvedSources = this.#learnEvolvedSources(request.sources);
    const offer = this.#take(island, request, window);
    return { ...offer, effects: join([{ ...NOTHING, evolvedSources }, offer.effects]) };
  }

  #take(island: IslandLedger, request: BatchRequest, window: number): Offer {
    if (this.spec.sync) return this.#hold(request);
    if (request.proposals.length === 0) {
      island.exhausted = true;
      return { status: "accepted", refusal: null, effects: NOTHING };
    }
    island.exhausted = false;
    const room = window - island.outstanding.size;
    if (room <= 0) return refused("window_full", `the window of island ${island.island} (${window}) is full`);
    const effects = this.#accept(island, request.proposals.slice(0, room), request.calls);
    return { status: "accepted", refusal: null, effects };
  }

  /** @returns null when the candidate is not open: settled before, or unknown. */
  settle(record: EvaluationRecord): Effects | null {
    const known = this.#open.get(record.candidate);
    if (known === undefined) return null;
    this.#open.delete(record.candidate);
    this.evaluated++;
    this.outcomes[record.outcome]++;
    const verdict = verdictOf(record);
    known.verdict = verdict;
    const answers = [known.candidate, ...known.waiting];
    const effects = join(answers.map((id) => this.#log(id, verdict, id !== known.candidate)));
    known.waiting.length = 0;
    return this.spec.sync ? join([effects, this.#closeGeneration()]) : effects;
  }

  /** Takes up a stored run: candidates in the order of acceptance, with their evaluation and whether it is logged. */
  restore(
    candidates: Iterable<{ candidate: AcceptedCandidate; record: EvaluationRecord | null; logged: boolean }>,
  ): Effects {
    const ready: AcceptedCandidate[] = [];
    for (const { candidate, record, logged } of candidates) {
      const island = this.islands[candidate.island] as IslandLedger;
      if (candidate.source !== null) this.#evolvedSources.add(candidate.source);
      if (candidate.answeredBy === null) {
        this.accepted++;
        const known: Known = { candidate: candidate.id, verdict: null, waiting: [] };
        this.#known.set(this.#key(island, candidate.genome), known);
        if (record === null) {
          this.#open.set(candidate.id, known);
          ready.push(candidate);
        } else {
          known.verdict = verdictOf(record);
          this.evaluated++;
          this.outcomes[record.outcome]++;
        }
      } else this.cached++;
      const known = this.#known.get(this.#key(island, candidate.genome)) as Known;
      if (!logged) {
        island.outstanding.add(candidate.id);
        if (known.verdict === null) {
          if (candidate.answeredBy !== null) known.waiting.push(candidate.id);
        } else this.#unlogged.set(candidate.id, { ...known.verdict, cached: candidate.answeredBy !== null });
      } else if (known.verdict !== null) this.#lead(island, candidate.id, known.verdict);
    }
    // Only a generation's end can have been cut off between evaluation and log; see #closeGeneration.
    const closing = this.spec.sync ? this.#closeGeneration() : NOTHING;
    return join([{ ...NOTHING, ready }, closing]);
  }

  /** Those that were not known. Stored at once, also where the batch has to wait: a source costs nothing. */
  #learnEvolvedSources(offered: BatchRequest["sources"] = {}): EvolvedSource[] {
    const fresh = Object.entries(offered).filter(([hash]) => !this.#evolvedSources.has(hash));
    for (const [hash] of fresh) this.#evolvedSources.add(hash);
    return fresh.map(([hash, text]) => ({ hash, text }));
  }

  #wrongWith({ proposals, sources: offered = {} }: BatchRequest): Refusal | null {
    if (this.spec.evolves_source === undefined && proposals.some(({ source }) => source !== null)) {
      return invalid("a proposal has an evolved source, and this run evolves configurations only");
    }
    for (const [index, { config, source }] of proposals.entries()) {
      if (source !== null && !this.#evolvedSources.has(source) && !(source in offered)) {
        const reason = `proposal ${index}: the source ${source} is neither stored nor sent along`;
        return { code: "missing_source", reason };
      }
      try {
        if (!this.#space.isValid(this.#space.encode(config))) {
          return invalid(`proposal ${index} breaks a constraint of the space: ${JSON.stringify(config)}`);
        }
      } catch (error) {
        return invalid(`proposal ${index}: ${(error as Error).message}`);
      }
    }
    return null;
  }

  #hold(request: BatchRequest): Offer {
    this.#held.set(request.island, request);
    const batch = request.k;
    const waiting = this.islands.filter((i) => this.#held.get(i.island)?.k !== batch);
    // A generation is accepted whole: not before the one before it stands in every log.
    if (waiting.length > 0 || this.#unlogged.size > 0 || this.#open.size > 0) {
      return { status: "held", refusal: null, effects: NOTHING };
    }
    const requests = this.islands.map((i) => this.#held.get(i.island) as BatchRequest);
    this.#held.clear();
    // An island with nothing to propose keeps step with an empty batch, until nobody has anything.
    const exhausted = requests.every(({ proposals }) => proposals.length === 0);
    for (const island of this.islands) island.exhausted = exhausted;
    if (exhausted) return { status: "accepted", refusal: null, effects: NOTHING };
    const effects = join(
      requests.map(({ island, proposals, calls }) =>
        this.remaining === 0 ? NOTHING : this.#accept(this.islands[island] as IslandLedger, proposals, calls),
      ),
    );
    // A generation of twins only has nothing to wait for.
    return { status: "accepted", refusal: null, effects: join([effects, this.#closeGeneration()]) };
  }

  /** Accepts as batch `nextBatch` what the budget allows. Twins cost nothing but do not outlast the budget either. */
  #accept(island: IslandLedger, proposals: readonly Proposal[], calls: BatchRequest["calls"] = []): Effects {
    const batch = island.nextBatch;
    const accepted: AcceptedCandidate[] = [];
    const answered: { id: string; verdict: Verdict }[] = [];
    for (const [index, proposal] of proposals.entries()) {
      if (this.remaining === 0) break;
      const id = `${this.spec.run}/${island.island}/${batch}/${index}`;
      const genome = genomeHash(proposal);
      const key = this.#key(island, genome);
      const known = this.#known.get(key);
      const candidate = { ...proposal, id, index, genome, island: island.island, batch };
      accepted.push({ ...candidate, answeredBy: known?.candidate ?? null });
      island.outstanding.add(id);
      if (known === undefined) {
        const first: Known = { candidate: id, verdict: null, waiting: [] };
        this.#known.set(key, first);
        this.#open.set(id, first);
        this.accepted++;
        continue;
      }
      this.cached++;
      if (known.verdict === null) known.waiting.push(id);
      else answered.push({ id, verdict: known.verdict });
    }
    island.nextBatch++;
    const candidates = accepted.map(wireCandidate);
    const asked = this.#entry(island, { type: "asked", k: batch, candidates, ...(calls.length > 0 && { calls }) });
    const answers = join(answered.map(({ id, verdict }) => this.#log(id, verdict, true)));
    const ready = accepted.filter((c) => c.answeredBy === null);
    return join([{ ...NOTHING, candidates: accepted, entries: [asked], ready }, answers]);
  }

  /** Puts a verdict into the island's log; with sync, keeps it for the generation's end. */
  #log(id: string, verdict: Verdict, cached: boolean): Effects {
    if (this.spec.sync) {
      this.#unlogged.set(id, { ...verdict, cached });
      return NOTHING;
    }
    return { ...NOTHING, entries: [this.#evaluatedEntry(id, { ...verdict, cached })] };
  }

  #closeGeneration(): Effects {
    if (this.#open.size > 0) return NOTHING;
    const order = [...this.#unlogged].sort(([a], [b]) => {
      const left = splitCandidateId(a);
      const right = splitCandidateId(b);
      return left.island - right.island || left.batch - right.batch || left.index - right.index;
    });
    this.#unlogged.clear();
    return { ...NOTHING, entries: order.map(([id, verdict]) => this.#evaluatedEntry(id, verdict)) };
  }

  #evaluatedEntry(id: string, verdict: Verdict & { cached: boolean }): LogEntry {
    const island = this.islands[splitCandidateId(id).island] as IslandLedger;
    island.outstanding.delete(id);
    this.#lead(island, id, verdict);
    return this.#entry(island, { type: "evaluated", candidate: id, ...verdict });
  }

  #lead(island: IslandLedger, candidate: string, verdict: Verdict): void {
    if (verdict.fitness === null || verdict.time_ms === null) return;
    const leader = { candidate, fitness: verdict.fitness, timeMs: verdict.time_ms };
    const better = (than: Leader | undefined) => than === undefined || leader.fitness > than.fitness;
    if (better(this.leaders.get(island.nicheKey))) this.leaders.set(island.nicheKey, leader);
    if (better(this.islandLeaders.get(island.island))) this.islandLeaders.set(island.island, leader);
  }

  #entry(island: IslandLedger, body: EntryBody): LogEntry {
    island.tail++;
    return { v: WIRE_VERSION, run: this.spec.run, island: island.island, n: island.tail, ...body };
  }

  #key(island: IslandLedger, genome: string): string {
    return `${genome} ${island.nicheKey}`;
  }
}

type Without<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;
type EntryBody = Without<LogEntry, "v" | "run" | "island" | "n">;

function refused(code: BatchRefusal, reason: string): Offer {
  return { status: "refused", refusal: { code, reason }, effects: NOTHING };
}

function invalid(reason: string): Refusal {
  return { code: "invalid_proposal", reason };
}

function verdictOf(record: EvaluationRecord): Verdict {
  const worth = record.outcome === "ok" ? worthOf(record.measurements) : null;
  return {
    outcome: record.outcome,
    fitness: worth?.fitness ?? null,
    time_ms: worth?.timeMs ?? null,
    measurements: record.measurements.map(({ workload, time_ms, speedup, peak_share }) => ({
      workload,
      time_ms,
      speedup,
      ...(peak_share !== null && { peak_share }),
    })),
    message: record.message,
    device: record.deviceModel,
  };
}

/** Less what only the database keeps. */
function wireCandidate({ island: _i, batch: _b, answeredBy: _a, ...candidate }: AcceptedCandidate): Candidate {
  return candidate;
}
