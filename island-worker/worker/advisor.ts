/**
 * Language models beside the classical proposers: decides with the pure part when an island asks one, makes the call
 * without blocking, and keeps the result until the island's next batch. Losing the advisor loses only the calls in
 * progress.
 */
import type { CallRecord } from "@kevo/core/llm/call.ts";
import type { ModelClient } from "@kevo/core/llm/client.ts";
import { ModelError } from "@kevo/core/llm/errors.ts";
import { type PredictOptions, predict } from "@kevo/core/llm/predict.ts";
import type { LogEntry, MadeCall, Proposal } from "@kevo/proto/log.ts";
import type { RunSpec } from "@kevo/proto/run.ts";
import { genesOf, isTried, type Knowledge, nicheOf } from "../evolution/knowledge.ts";
import { judge, type Suggestion, type Written } from "../proposers/llm/answer.ts";
import {
  type ChangedCode,
  changedCode,
  chooseBase,
  codeQuestion,
  codeSignature,
  WANTED_CHANGES,
  type WrittenChange,
} from "../proposers/llm/code.ts";
import {
  applyCodeHistory,
  type CodeHistory,
  hasFailed,
  isProposed,
  openCodeHistory,
} from "../proposers/llm/code-history.ts";
import { applyHistory, type IslandHistory, openHistory, type Tried } from "../proposers/llm/island-history.ts";
import { type Asking, askingForCode, askingNow, type CodeOccasion } from "../proposers/llm/policy.ts";
import { deviceOf, questionOf, type Subject, signatureOf, workloadsOf } from "../proposers/llm/prompt.ts";
import type { EvolvedSources } from "./evolved-sources.ts";
import type { Models } from "./models.ts";

/** Proposer's name in the lineage, whichever model answered. */
const LLM = "llm";

export interface AdvisorOptions extends Models {
  readonly spec: RunSpec;
  readonly knowledge: Knowledge;
  readonly definition: Subject["definition"];
  /** Null: configurations only. */
  readonly evolvedSources: EvolvedSources | null;
  /** An answer has come. */
  readonly onAnswer: () => void;
}

interface PendingCalls {
  /** Resolves when the pending call has ended. */
  current: Promise<void> | null;
  inbox: Proposal[];
  /** Calls that the log does not contain yet. */
  ended: MadeCall[];
  /** Calls in a row of which nothing came, and until when that keeps the island from asking. */
  fruitless: number;
  notBefore: number;
}

/** Pause after a call of which nothing came, doubled with each further one. */
const PAUSE_MS = 5_000;
const MAX_PAUSE_MS = 120_000;
/** Fruitless calls in a row after which an island with nothing else to propose waits for no more. */
const GIVE_UP = 4;
/**
 * Where code evolves: classical candidates of an island before a model has written anything, and for each that it
 * wrote.
 */
const TUNED_AT_FIRST = 6;
const TUNED_FOR_EACH = 2;

export class Advisor {
  readonly #options: AdvisorOptions;
  readonly #histories: IslandHistory[];
  readonly #codeHistories: CodeHistory[];
  readonly #pendingCalls: PendingCalls[];
  readonly #signature: ReturnType<typeof signatureOf>;
  /** Models that will not answer any more. */
  readonly #out = new Set<string>();

  constructor(options: AdvisorOptions) {
    const { spec, knowledge } = options;
    this.#options = options;
    this.#histories = spec.islands.map(() => openHistory(knowledge.space));
    this.#codeHistories = spec.islands.map(openCodeHistory);
    this.#pendingCalls = spec.islands.map(() => ({ current: null, inbox: [], ended: [], fruitless: 0, notBefore: 0 }));
    this.#signature = signatureOf(knowledge);
  }

  /** The next entry of an island's log. */
  apply(entry: LogEntry): void {
    const history = this.#histories[entry.island];
    const pending = this.#pendingCalls[entry.island];
    if (history === undefined || pending === undefined) return;
    applyHistory(history, entry);
    if (this.#options.evolvedSources !== null)
      applyCodeHistory(this.#codeHistories[entry.island] as CodeHistory, entry);
    pending.ended = pending.ended.filter(({ id }) => !history.calls.has(id));
  }

  /** Asks a model for the island where that is due. Returns at once. `alone`: the classical proposers have nothing. */
  consider(island: number, k: number, count: number, signal: AbortSignal, alone = false): void {
    const pending = this.#pendingCalls[island] as PendingCalls;
    if (pending.current !== null || performance.now() < pending.notBefore) return;
    const models = this.#options.spec.llm?.models.filter((model) => !this.#out.has(model)) ?? [];
    const expected = this.suggestions(island).length;
    const asking = this.#asking({ island, k, count, expected, models, alone });
    if (asking !== null) this.#begin(island, asking, signal);
  }

  /** With --sync: asks for batch k where that is due, and waits for the answer, or for there being none. */
  async await(island: number, k: number, count: number, signal: AbortSignal): Promise<void> {
    const pending = this.#pendingCalls[island] as PendingCalls;
    // The rest of an earlier batch is not in the log, so a repetition would not have it.
    pending.inbox = [];
    const { models } = this.#options.spec.llm ?? { models: [] };
    const asking = this.#asking({ island, k, count, expected: 0, models, alone: false });
    if (asking !== null) this.#begin(island, asking, signal);
    await pending.current;
  }

  /** Models' proposals for the island that were not tried yet. */
  suggestions(island: number): Proposal[] {
    const pending = this.#pendingCalls[island] as PendingCalls;
    if (pending.inbox.length === 0) return [];
    const { knowledge } = this.#options;
    const known = nicheOf(knowledge, island);
    const codeHistory = this.#codeHistories[island] as CodeHistory;
    pending.inbox = pending.inbox.filter(({ config, source }) => {
      if (source !== null) return !isProposed(codeHistory, { config, source });
      const genes = genesOf(knowledge.space, config);
      return genes !== null && !isTried(known, knowledge.space.keyOf(genes));
    });
    return pending.inbox;
  }

  /** The ended calls that the island's next batch reports. */
  endedCalls(island: number): MadeCall[] {
    return (this.#pendingCalls[island] as PendingCalls).ended;
  }

  /** Models may still bring something, though the classical proposers have nothing left. */
  hopeful(island: number): boolean {
    const { spec, evolvedSources } = this.#options;
    const { fruitless } = this.#pendingCalls[island] as PendingCalls;
    return (
      evolvedSources !== null && fruitless < GIVE_UP && spec.llm?.models.some((model) => !this.#out.has(model)) === true
    );
  }

  /**
   * How many candidates the classical proposers may add. Where models write code, they tune what has been written
   * and leave the rest of the budget to what will be.
   */
  classicalRoom(island: number): number {
    if (!this.hopeful(island)) return Number.POSITIVE_INFINITY;
    const { accepted, fromModels } = this.#histories[island] as IslandHistory;
    return Math.max(0, TUNED_AT_FIRST + TUNED_FOR_EACH * fromModels - (accepted - fromModels));
  }

  #asking(occasion: Omit<CodeOccasion, "spec" | "histories" | "codeHistory">) {
    const { spec, evolvedSources } = this.#options;
    const codeHistory = this.#codeHistories[occasion.island] as CodeHistory;
    if (evolvedSources !== null) return askingForCode({ ...occasion, spec, codeHistory, histories: this.#histories });
    return askingNow({ ...occasion, spec: this.#options.spec, histories: this.#histories });
  }

  #begin(island: number, asking: Asking, signal: AbortSignal): void {
    const pending = this.#pendingCalls[island] as PendingCalls;
    pending.current = this.#ask(island, asking, signal).finally(() => {
      pending.current = null;
      this.#options.onAnswer();
    });
  }

  /** Never throws: after any failure the classical proposers continue. */
  async #ask(island: number, { model, variant, wanted, seed }: Asking, signal: AbortSignal): Promise<void> {
    const { clients } = this.#options;
    const client = clients.get(model);
    if (client === undefined || this.#out.has(model)) return;
    const pending = this.#pendingCalls[island] as PendingCalls;
    const calls: CallRecord[] = [];
    let question: Question | null = null;
    try {
      const labels = { proposer: LLM, variant, island };
      question = await this.#questionOf(island, { model, variant, wanted, seed });
      await question?.put(noting(client, calls), { labels, seed, signal, unrepaired: "accept" });
      if (calls.length > 0 && question?.found().length === 0) {
        this.#options.onTrouble(model, "nothing_new", "an answer contained no valid, untried candidate");
      }
    } catch (error) {
      const { kind, message, call, final } = asModelError(error);
      if (final) this.#out.add(model);
      // The error's message names the model, and so does every report of it; the call's record does not.
      if (kind !== "cancelled") this.#options.onTrouble(model, kind, call?.error ?? message);
      if (call !== null && !calls.includes(call)) calls.push(call);
    }
    const last = calls.at(-1);
    const found = question?.found() ?? [];
    if (last !== undefined) {
      const usd = calls.reduce((sum, call) => sum + this.#options.costOf(call), 0);
      pending.ended.push({ id: last.id, model, variant, usd });
      for (const each of found) pending.inbox.push({ ...each, proposer: LLM, call: last.id });
    }
    pending.fruitless = found.length > 0 ? 0 : pending.fruitless + 1;
    const pause = Math.min(MAX_PAUSE_MS, PAUSE_MS * 2 ** (pending.fruitless - 1));
    pending.notBefore = found.length > 0 ? 0 : performance.now() + pause;
  }

  #questionOf(island: number, asking: Asking): Promise<Question | null> {
    const { evolvedSources } = this.#options;
    return evolvedSources === null
      ? Promise.resolve(this.#aboutConfigurations(island, asking))
      : this.#aboutCode(island, asking, evolvedSources);
  }

  #aboutConfigurations(island: number, { variant, wanted }: Asking): Question {
    const { spec, knowledge, definition } = this.#options;
    const history = this.#histories[island] as IslandHistory;
    const { space } = knowledge;
    const niche = (spec.islands[island] as RunSpec["islands"][number]).niche;
    const input = questionOf({ definition, space, spec, niche }, history, variant, wanted);
    // The good part of the first answer is kept when the second one has only the rest.
    const usable = new Map<number | string, Suggestion>();
    const parent = spec.llm?.control === true ? null : best(history);
    const base = parent?.genes ?? space.start;
    const check = ({ configurations }: { configurations: readonly Written[] }): string[] => {
      const known = nicheOf(knowledge, island);
      const isTaken = (key: number | string) => isTried(known, key) || usable.has(key);
      const judged = judge(space, configurations, { base, wanted: wanted - usable.size, isTaken });
      for (const suggestion of judged.usable) usable.set(space.keyOf(suggestion.genes), suggestion);
      return usable.size >= wanted / 2 ? [] : [...judged.complaints];
    };
    const parents = parent === null ? [] : [parent.id];
    return {
      put: (client, options) => predict(this.#signature, client, { ...options, input, check }),
      found: () => [...usable.values()].map(({ config, reason }) => ({ config, source: null, parents, reason })),
    };
  }

  /** Null when the base's text is not to be had now. */
  async #aboutCode(
    island: number,
    { variant, seed }: Asking,
    evolvedSources: EvolvedSources,
  ): Promise<Question | null> {
    const { spec, knowledge, definition } = this.#options;
    const { space } = knowledge;
    const { tried } = this.#histories[island] as IslandHistory;
    const codeHistory = this.#codeHistories[island] as CodeHistory;
    const chosen = chooseBase(codeHistory, variant, (below) => seed % below);
    const config = chosen?.config ?? definition.default;
    const whole = await evolvedSources.text(chosen?.source ?? null);
    if (whole === null || config === null) return null;
    const base = { whole, config, tried: chosen };
    const subject = { definition, space, spec, niche: (spec.islands[island] as RunSpec["islands"][number]).niche };
    const about = { definition, device: deviceOf(subject, tried), workloads: workloadsOf(subject, tried) };
    const input = codeQuestion(about, base, codeHistory, variant);
    const usable = new Map<string, ChangedCode>();
    const check = ({ changes }: { changes: readonly WrittenChange[] }): string[] => {
      // The same change of a source under a better configuration is another candidate.
      const isKnown = (hash: string) =>
        usable.has(hash) || hasFailed(codeHistory, hash) || isProposed(codeHistory, { config, source: hash });
      const changed = changedCode(base, changes, isKnown);
      for (const source of changed.usable) usable.set(source.hash, source);
      return changed.complaints;
    };
    const parents = chosen === null ? [] : [chosen.id];
    return {
      put: (client, options) => predict(codeSignature, client, { ...options, input, check }),
      found: () =>
        [...usable.values()].slice(0, WANTED_CHANGES).map(({ hash, text, reason }) => {
          evolvedSources.keep(hash, text);
          return { config, source: hash, parents, reason };
        }),
    };
  }
}

/** A question and its result: the good part of a first answer is kept when the second one has only the rest. */
interface Question {
  readonly put: (client: ModelClient, options: AskedHow) => Promise<unknown>;
  readonly found: () => readonly Pick<Proposal, "config" | "source" | "parents" | "reason">[];
}
type AskedHow = Omit<PredictOptions<never, never>, "input" | "check" | "demos">;

/** Any other failure, such as the bus's, costs an answer too, and no more. */
function asModelError(error: unknown): ModelError {
  if (error instanceof ModelError) return error;
  return new ModelError("unreachable", error instanceof Error ? error.message : String(error));
}

/** The client, with every call that brought an answer put aside. */
function noting(client: ModelClient, calls: CallRecord[]): ModelClient {
  return {
    ...client,
    ask: async (request, options) => {
      const answer = await client.ask(request, options);
      calls.push(answer.call);
      return answer;
    },
  };
}

function best({ tried }: IslandHistory): Tried | null {
  let found: Tried | null = null;
  for (const one of tried) {
    if (one.result.fitness !== null && one.result.fitness > (found?.result.fitness ?? Number.NEGATIVE_INFINITY))
      found = one;
  }
  return found;
}
