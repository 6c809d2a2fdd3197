/**
 * The state of one run's ledger, in memory: accepted batches, counted evaluations, and the ends of the logs.
 * It decides without I/O and keeps in memory what the database holds; the ledger stores its effects in one
 * transaction. Invariants:
 *
 * - a batch is accepted only under the island's current epoch and only as its next number;
 * - `accepted` counts candidates that need their own evaluation and never exceeds the budget;
 * - a genome is evaluated once in a niche (`genomes.ts`);
 * - a candidate is settled once, and later results are ignored;
 * - each island's log numbers grow by one;
 * - with `sync`, islands keep step (`generations.ts`).
 */
import { genomeHash } from "@kevo/core/search-space/genome.ts";
import type { SearchSpace } from "@kevo/core/search-space/search-space.ts";
import type { Candidate, LogEntry, Proposal } from "@kevo/proto/log.ts";
import type { BatchRequest } from "@kevo/proto/messages/batch.ts";
import { OUTCOMES, type Outcome } from "@kevo/proto/outcome.ts";
import { type RunSpec, UNLIMITED_EVALUATIONS } from "@kevo/proto/run.ts";
import type { Config } from "@kevo/proto/search-space.ts";
import { WIRE_VERSION } from "@kevo/proto/version.ts";
import { checkProposals } from "./batch-check.ts";
import { Generations } from "./generations.ts";
import { Genomes } from "./genomes.ts";
import { type IslandLedger, openIslandLedger, splitCandidateId } from "./island-ledger.ts";
import { Leaders } from "./leaders.ts";
import { accepted, HELD, type Offer, type Refusal, refused } from "./offer.ts";
import {
  type AcceptedCandidate,
  type Effects,
  type EvaluationRecord,
  type EvolvedSource,
  join,
  NOTHING,
} from "./records.ts";
import type { StoredCandidate } from "./stored-candidate.ts";
import { type Answer, type Verdict, type Verdicts, verdictOf, verdictsInMemory } from "./verdict.ts";

export class LedgerState {
  #spec: RunSpec;
  readonly islands: readonly IslandLedger[];
  readonly outcomes: Record<Outcome, number> = Object.fromEntries(OUTCOMES.map((o) => [o, 0])) as Record<
    Outcome,
    number
  >;
  readonly leaders = new Leaders();
  accepted = 0;
  evaluated = 0;
  cached = 0;
  /** No further batch is accepted (time is up, or the user said stop). */
  closed = false;

  readonly #space: SearchSpace;
  #limit: number;
  readonly #genomes: Genomes;
  readonly #verdicts: Verdicts;
  readonly #generations = new Generations();
  /** Hashes of the evolved sources that are stored. */
  readonly #evolvedSources = new Set<string>();

  /**
   * @param limit evaluations after which it is over though the budget is not spent: a repeated run was stopped.
   * @param verdicts where those of earlier evaluations are looked up.
   */
  constructor(spec: RunSpec, space: SearchSpace, limit = spec.evaluations, verdicts = verdictsInMemory()) {
    this.#spec = spec;
    this.#genomes = new Genomes(spec.run);
    this.#verdicts = verdicts;
    this.#space = space;
    this.#limit = Math.min(limit, spec.evaluations);
    this.islands = spec.islands.map(({ index, niche }) => openIslandLedger(spec, index, niche));
  }

  get spec(): RunSpec {
    return this.#spec;
  }

  /** A larger budget. Islands that found the space exhausted under the old one are asked again. */
  extend(spec: RunSpec): void {
    this.#spec = spec;
    this.#limit = spec.evaluations;
    for (const island of this.islands) island.exhausted = false;
  }

  /**
   * A configuration that a person wants evaluated, as a batch of its own.
   * @returns why not, or the candidate with what is to be stored.
   */
  inject(island: number, config: Config, reason: string): Refusal | { candidate: AcceptedCandidate; effects: Effects } {
    const place = this.islands[island];
    if (place === undefined) return { code: "unknown_island", reason: `this run has no island ${island}` };
    if (this.remaining === 0) return { code: "budget_spent", reason: "the run takes no further candidates" };
    const proposal = { config, source: null, proposer: "injected", parents: [], reason };
    const wrong = checkProposals({ proposals: [proposal] }, this.spec, this.#space, () => true);
    if (wrong !== null) return wrong;
    const effects = this.#accept(place, [proposal]);
    return { candidate: effects.candidates[0] as AcceptedCandidate, effects };
  }

  /** Evaluations that the run can come to: its budget, or the whole of a smaller space; null where neither limits it. */
  get reachable(): number | null {
    const niches = new Set(this.islands.map(({ nicheKey }) => nicheKey)).size;
    const space = this.spec.evolves_source === undefined ? niches * this.#space.count : Number.POSITIVE_INFINITY;
    const most = Math.min(this.#limit, space);
    return most >= UNLIMITED_EVALUATIONS ? null : most;
  }

  get remaining(): number {
    return this.closed ? 0 : this.#limit - this.accepted;
  }

  /** Everything accepted has been evaluated and logged, and nothing more will be accepted. */
  get finished(): boolean {
    return this.#isSettled && (this.remaining === 0 || this.islands.every((island) => island.exhausted));
  }

  /** Islands with candidates that are still to be evaluated. */
  get awaited(): Set<number> {
    return new Set(Array.from(this.#genomes.open, (candidate) => splitCandidateId(candidate).island));
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
    const early = this.answerAtOnce(request, window);
    if (early !== null) return early;
    const island = this.islands[request.island] as IslandLedger;
    island.diversity = request.diversity;
    const evolvedSources = this.#learnEvolvedSources(request);
    const offer = this.spec.sync ? this.#hold(request) : this.#take(island, request, window);
    return { ...offer, effects: join([{ ...NOTHING, evolvedSources }, offer.effects]) };
  }

  /** The answer to a batch of which nothing is stored; null for an accepted one. */
  answerAtOnce(request: BatchRequest, window: number): Offer | null {
    const { island: index, epoch, k } = request;
    const island = this.islands[index];
    if (island === undefined) return refused("unknown_island", `this run has no island ${index}`);
    if (epoch !== island.epoch) {
      return refused("stale_epoch", `epoch ${epoch} of island ${index} has ended; the current one is ${island.epoch}`);
    }
    if (k < island.nextBatch) return accepted(NOTHING);
    if (k > island.nextBatch) {
      return refused("wrong_number", `batch ${k} of island ${index} is not the next one; batch ${island.nextBatch} is`);
    }
    if (this.remaining === 0) return refused("budget_spent", "the budget is spent");
    const wrong = checkProposals(request, this.spec, this.#space, (hash) => this.#evolvedSources.has(hash));
    if (wrong !== null) return refused(wrong.code, wrong.reason);
    if (!this.spec.sync && request.proposals.length > 0 && window <= island.outstanding.size) {
      return refused("window_full", `the window of island ${index} (${window}) is full`);
    }
    return null;
  }

  /** @returns null when the candidate is not open: settled before, or unknown. */
  settle(record: EvaluationRecord): Effects | null {
    const verdict = verdictOf(record, this.spec);
    const answered = this.#genomes.settle(record.candidate);
    if (answered === null) return null;
    this.#verdicts.keep(record.candidate, verdict);
    this.evaluated++;
    this.outcomes[record.outcome]++;
    const effects = join(answered.map((id, at) => this.#log(id, { ...verdict, cached: at > 0 })));
    return this.spec.sync ? join([effects, this.#closeGeneration()]) : effects;
  }

  /** Takes up a stored run: candidates in the order of acceptance. */
  restore(candidates: Iterable<StoredCandidate>): Effects {
    const ready: StoredCandidate[] = [];
    const unlogged: StoredCandidate[] = [];
    for (const candidate of candidates) {
      const { id, genome, answeredBy, answer } = candidate;
      const island = this.islands[candidate.island] as IslandLedger;
      if (candidate.source !== null) this.#evolvedSources.add(candidate.source);
      if (answeredBy === null) {
        this.accepted++;
        this.#genomes.add(island.nicheKey, genome, id, answer === null);
        if (answer === null) ready.push(candidate);
        else {
          this.evaluated++;
          this.outcomes[answer.outcome]++;
        }
      } else this.cached++;
      const known = this.#genomes.find(island.nicheKey, genome);
      if (known === undefined) throw new Error(`${id} is answered by ${answeredBy}, which is not stored`);
      if (!candidate.logged) island.outstanding.add(id);
      if (known.isOpen) {
        if (answeredBy !== null) this.#genomes.await(known.candidate, id);
      } else if (candidate.logged && answer !== null) this.leaders.add(island, id, answer);
      else unlogged.push(candidate);
    }
    for (const { id, answeredBy } of unlogged) {
      this.#generations.keep(id, { ...this.#verdicts.of(answeredBy ?? id), cached: answeredBy !== null });
    }
    // Only a generation's end can have been cut off between evaluation and log.
    const closing = this.spec.sync ? this.#closeGeneration() : NOTHING;
    return join([{ ...NOTHING, ready: ready.map(({ whole }) => whole()) }, closing]);
  }

  /** Whether every accepted candidate has its result in a log. */
  get #isSettled(): boolean {
    return this.#genomes.isSettled && this.#generations.isLogged;
  }

  /** New evolved code. Stored immediately, even where the batch must wait: code costs nothing. */
  #learnEvolvedSources({ sources = {}, proposals }: BatchRequest): EvolvedSource[] {
    const named = new Set(proposals.map(({ source }) => source));
    const fresh = Object.entries(sources).filter(([hash]) => named.has(hash) && !this.#evolvedSources.has(hash));
    for (const [hash] of fresh) this.#evolvedSources.add(hash);
    return fresh.map(([hash, text]) => ({ hash, text }));
  }

  #take(island: IslandLedger, { proposals, calls, epoch }: BatchRequest, window: number): Offer {
    island.exhausted = proposals.length === 0;
    if (island.exhausted) return accepted(NOTHING);
    const room = window - island.outstanding.size;
    return accepted(this.#accept(island, proposals.slice(0, room), { calls, epoch }));
  }

  #hold(request: BatchRequest): Offer {
    this.#generations.hold(request);
    // A generation is accepted whole, once every log contains the one before it.
    const requests = this.#isSettled ? this.#generations.take(request.k, this.islands.length) : null;
    if (requests === null) return HELD;
    // An island with nothing to propose keeps step with an empty batch, until no island has a proposal.
    const exhausted = requests.every(({ proposals }) => proposals.length === 0);
    for (const island of this.islands) island.exhausted = exhausted;
    if (exhausted) return accepted(NOTHING);
    const effects = requests.map(({ island, proposals, calls, epoch }) =>
      this.remaining === 0 ? NOTHING : this.#accept(this.islands[island] as IslandLedger, proposals, { calls, epoch }),
    );
    // A generation of twins only has nothing to wait for.
    return accepted(join([...effects, this.#closeGeneration()]));
  }

  /** Accepts as batch `nextBatch` what the budget allows. Twins cost nothing but do not outlast the budget either. */
  #accept(
    island: IslandLedger,
    proposals: readonly Proposal[],
    { calls = [], epoch }: Partial<Pick<BatchRequest, "calls" | "epoch">> = {},
  ): Effects {
    const batch = island.nextBatch++;
    const candidates: AcceptedCandidate[] = [];
    const answered: { id: string; verdict: Verdict }[] = [];
    for (const [index, proposal] of proposals.entries()) {
      if (this.remaining === 0) break;
      const id = `${this.spec.run}/${island.island}/${batch}/${index}`;
      const genome = genomeHash(proposal);
      const known = this.#genomes.find(island.nicheKey, genome);
      const answeredBy = known?.candidate ?? null;
      candidates.push({ ...proposal, id, index, genome, island: island.island, batch, answeredBy });
      island.outstanding.add(id);
      if (known === undefined) {
        this.#genomes.add(island.nicheKey, genome, id, true);
        this.accepted++;
        continue;
      }
      this.cached++;
      if (known.isOpen) this.#genomes.await(known.candidate, id);
      else answered.push({ id, verdict: this.#verdicts.of(known.candidate) });
    }
    const asked = this.#entry(island, {
      type: "asked",
      k: batch,
      candidates: candidates.map(wireCandidate),
      ...(calls.length > 0 && { calls }),
      ...(epoch !== undefined && { epoch }),
    });
    const answers = join(answered.map(({ id, verdict }) => this.#log(id, { ...verdict, cached: true })));
    const ready = candidates.filter(({ answeredBy }) => answeredBy === null);
    return join([{ ...NOTHING, candidates, entries: [asked], ready }, answers]);
  }

  /** Puts a result into the island's log; with sync, keeps it for the generation's end. */
  #log(id: string, answer: Answer): Effects {
    if (!this.spec.sync) return { ...NOTHING, entries: [this.#evaluatedEntry(id, answer)] };
    this.#generations.keep(id, answer);
    return NOTHING;
  }

  #closeGeneration(): Effects {
    if (!this.#genomes.isSettled) return NOTHING;
    return { ...NOTHING, entries: this.#generations.close().map(([id, answer]) => this.#evaluatedEntry(id, answer)) };
  }

  #evaluatedEntry(id: string, answer: Answer): LogEntry {
    const island = this.islands[splitCandidateId(id).island] as IslandLedger;
    island.outstanding.delete(id);
    this.leaders.add(island, id, answer);
    return this.#entry(island, { type: "evaluated", candidate: id, ...answer });
  }

  #entry(island: IslandLedger, body: EntryBody): LogEntry {
    island.tail++;
    return { v: WIRE_VERSION, run: this.spec.run, island: island.island, n: island.tail, ...body };
  }
}

type Without<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;
type EntryBody = Without<LogEntry, "v" | "run" | "island" | "n">;

/** Less what only the database keeps. */
function wireCandidate({ island: _i, batch: _b, answeredBy: _a, ...candidate }: AcceptedCandidate): Candidate {
  return candidate;
}
