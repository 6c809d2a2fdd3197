/**
 * Language models beside the classical proposers: decides with the pure part when an island asks one, makes the call
 * without anybody waiting for it, and keeps what came of it until the island's next batch. Losing it loses nothing
 * but calls under way.
 */
import type { CallRecord } from "@kevo/core/llm/call.ts";
import type { ModelClient } from "@kevo/core/llm/client.ts";
import { ModelError } from "@kevo/core/llm/errors.ts";
import { predict } from "@kevo/core/llm/predict.ts";
import type { LogEntry, MadeCall, Proposal } from "@kevo/proto/log.ts";
import type { RunSpec } from "@kevo/proto/run.ts";
import { genesOf, type Knowledge, nicheOf, takenKeys } from "../evolution/knowledge.ts";
import { judge, type Suggestion, type Written } from "../proposers/grok/answer.ts";
import { applyChronicle, type Chronicle, openChronicle, type Tried } from "../proposers/grok/chronicle.ts";
import { type Asking, askingNow } from "../proposers/grok/policy.ts";
import { questionOf, type Subject, signatureOf } from "../proposers/grok/prompt.ts";
import type { Models } from "./models.ts";

/** Proposer's name in the lineage, whichever model answered. */
export const GROK = "grok";

export interface AdvisorOptions extends Models {
  readonly spec: RunSpec;
  readonly knowledge: Knowledge;
  readonly definition: Subject["definition"];
  /** An answer has come. */
  readonly onAnswer: () => void;
}

interface Desk {
  /** Resolves when the call under way has ended. */
  pending: Promise<void> | null;
  inbox: Proposal[];
  /** Calls that do not stand in the log yet. */
  ended: MadeCall[];
  /** Calls in a row of which nothing came, and until when that keeps the island from asking. */
  fruitless: number;
  notBefore: number;
}

/** Pause after a call of which nothing came, doubled with each further one. */
const PAUSE_MS = 5_000;
const LONGEST_PAUSE_MS = 120_000;

export class Advisor {
  readonly #options: AdvisorOptions;
  readonly #chronicles: Chronicle[];
  readonly #desks: Desk[];
  readonly #signature: ReturnType<typeof signatureOf>;
  /** Models that will not answer any more. */
  readonly #out = new Set<string>();

  constructor(options: AdvisorOptions) {
    const { spec, knowledge } = options;
    this.#options = options;
    this.#chronicles = spec.islands.map(() => openChronicle(knowledge.space));
    this.#desks = spec.islands.map(() => ({ pending: null, inbox: [], ended: [], fruitless: 0, notBefore: 0 }));
    this.#signature = signatureOf(knowledge);
  }

  /** The next entry of an island's log. */
  apply(entry: LogEntry): void {
    const chronicle = this.#chronicles[entry.island];
    const desk = this.#desks[entry.island];
    if (chronicle === undefined || desk === undefined) return;
    applyChronicle(chronicle, entry);
    desk.ended = desk.ended.filter(({ id }) => !chronicle.calls.has(id));
  }

  /** Asks a model for the island where that is due. Returns at once. */
  consider(island: number, k: number, count: number, signal: AbortSignal): void {
    const desk = this.#desks[island] as Desk;
    if (desk.pending !== null || performance.now() < desk.notBefore) return;
    const models = this.#options.spec.llm?.models.filter((model) => !this.#out.has(model)) ?? [];
    const expected = this.suggestions(island).length;
    const asking = this.#asking({ island, k, count, expected, models });
    if (asking !== null) this.#begin(island, asking, signal);
  }

  /** With --sync: asks for batch k where that is due, and waits for the answer, or for there being none. */
  async await(island: number, k: number, count: number, signal: AbortSignal): Promise<void> {
    const desk = this.#desks[island] as Desk;
    // What an earlier batch left over is not in the log, so a repetition would not have it.
    desk.inbox = [];
    const { models } = this.#options.spec.llm ?? { models: [] };
    const asking = this.#asking({ island, k, count, expected: 0, models });
    if (asking !== null) this.#begin(island, asking, signal);
    await desk.pending;
  }

  /** What models proposed for the island and nobody has tried yet. */
  suggestions(island: number): Proposal[] {
    const desk = this.#desks[island] as Desk;
    if (desk.inbox.length === 0) return [];
    const { knowledge } = this.#options;
    const taken = takenKeys(nicheOf(knowledge, island));
    desk.inbox = desk.inbox.filter(({ config }) => {
      const genes = genesOf(knowledge.space, config);
      return genes !== null && !taken.has(knowledge.space.keyOf(genes));
    });
    return desk.inbox;
  }

  /** What the island's next batch is to say of calls that have ended. */
  endedCalls(island: number): MadeCall[] {
    return (this.#desks[island] as Desk).ended;
  }

  #asking(occasion: { island: number; k: number; count: number; expected: number; models: readonly string[] }) {
    return askingNow({ ...occasion, spec: this.#options.spec, chronicles: this.#chronicles });
  }

  #begin(island: number, asking: Asking, signal: AbortSignal): void {
    const desk = this.#desks[island] as Desk;
    desk.pending = this.#ask(island, asking, signal).finally(() => {
      desk.pending = null;
      this.#options.onAnswer();
    });
  }

  /** Never throws: whatever goes wrong, the classical proposers go on. */
  async #ask(island: number, { model, variant, wanted, seed }: Asking, signal: AbortSignal): Promise<void> {
    const { spec, knowledge, definition, clients } = this.#options;
    const client = clients.get(model);
    if (client === undefined || this.#out.has(model)) return;
    const desk = this.#desks[island] as Desk;
    const chronicle = this.#chronicles[island] as Chronicle;
    const { space } = knowledge;
    const niche = (spec.islands[island] as RunSpec["islands"][number]).niche;
    const input = questionOf({ definition, space, spec, niche }, chronicle, variant, wanted);
    // What was good in the first answer stays good when the second one has only the rest.
    const usable = new Map<number | string, Suggestion>();
    const parent = spec.llm?.control === true ? null : best(chronicle);
    const base = parent?.genes ?? space.start;
    const check = ({ configurations }: { configurations: readonly Written[] }): string[] => {
      const taken = takenKeys(nicheOf(knowledge, island));
      const isTaken = (key: number | string) => taken.has(key) || usable.has(key);
      const judged = judge(space, configurations, { base, wanted: wanted - usable.size, isTaken });
      for (const suggestion of judged.usable) usable.set(space.keyOf(suggestion.genes), suggestion);
      return usable.size >= wanted / 2 ? [] : [...judged.complaints];
    };
    const calls: CallRecord[] = [];
    try {
      const labels = { proposer: GROK, variant, island };
      await predict(this.#signature, noting(client, calls), {
        ...{ input, labels, check, seed, signal },
        unrepaired: "accept",
      });
    } catch (error) {
      if (!(error instanceof ModelError)) throw error;
      if (error.final) this.#out.add(model);
      if (error.kind !== "cancelled") this.#options.onTrouble(model, error.kind, error.message);
      if (error.call !== null && !calls.includes(error.call)) calls.push(error.call);
    }
    const last = calls.at(-1);
    if (last?.outcome === "ok" && usable.size === 0) {
      this.#options.onTrouble(model, "nothing_new", "an answer held no configuration that is valid and was not tried");
    }
    if (last !== undefined) {
      const usd = calls.reduce((sum, call) => sum + this.#options.costOf(call), 0);
      desk.ended.push({ id: last.id, model, variant, usd });
      const parents = parent === null ? [] : [parent.id];
      for (const { config, reason } of usable.values()) {
        desk.inbox.push({ config, source: null, proposer: GROK, parents, reason, call: last.id });
      }
    }
    desk.fruitless = usable.size > 0 ? 0 : desk.fruitless + 1;
    const pause = Math.min(LONGEST_PAUSE_MS, PAUSE_MS * 2 ** (desk.fruitless - 1));
    desk.notBefore = usable.size > 0 ? 0 : performance.now() + pause;
  }
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

function best({ tried }: Chronicle): Tried | null {
  let found: Tried | null = null;
  for (const one of tried) {
    if (one.result.fitness !== null && one.result.fitness > (found?.result.fitness ?? 0)) found = one;
  }
  return found;
}
