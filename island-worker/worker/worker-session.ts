/** A worker's part in one run: the logs it folds, what it has learnt from them, and the islands it holds. */
import type { Bus } from "@kevo/core/bus/bus.ts";
import { UserError } from "@kevo/core/errors/user-error.ts";
import { openSpace, type SearchSpace } from "@kevo/core/search-space/search-space.ts";
import { type KernelDefinition, kernelDefinition } from "@kevo/proto/kernel.ts";
import type { LogEntry } from "@kevo/proto/log.ts";
import { type Control, control, gapReply } from "@kevo/proto/messages/control.ts";
import { elitesMessage } from "@kevo/proto/messages/elites.ts";
import { leaseReply } from "@kevo/proto/messages/lease.ts";
import type { RunSpec } from "@kevo/proto/run.ts";
import { subjects } from "@kevo/proto/subjects.ts";
import { WIRE_VERSION } from "@kevo/proto/version.ts";
import { applyKnowledge, type Knowledge, openKnowledge } from "../evolution/knowledge.ts";
import { Advisor } from "./advisor.ts";
import { Changes } from "./changes.ts";
import { EvolvedSources } from "./evolved-sources.ts";
import { LeasedIsland } from "./leased-island.ts";
import { LogReader } from "./log-reader.ts";
import { MigrantInbox } from "./migrant-inbox.ts";
import type { Models } from "./models.ts";
import type { SessionState } from "./session-state.ts";

const REQUEST_MS = 2_000;
/** A gap is asked for when nothing has filled it for this long. */
const GAP_CHECK_MS = 500;
/** A coordinator sends its state once a second; after this long without a message its run is over. */
const SILENCE_MS = 8_000;

export class WorkerSession implements SessionState {
  readonly bus: Bus;
  readonly spec: RunSpec;
  readonly space: SearchSpace;
  readonly name: string;
  readonly changes = new Changes();
  readonly migrantInbox = new MigrantInbox();
  readonly knowledge: Knowledge;
  readonly reader: LogReader;
  readonly advisor: Advisor | null;
  readonly evolvedSources: EvolvedSources | null;
  control: Control | null = null;
  readonly newsAt: number[];
  #heardAt = performance.now();
  readonly #leased = new Map<number, LeasedIsland>();
  /** Islands whose missing entries are being asked for. */
  readonly #filling = new Set<number>();
  /** Every island's entries so far: an island that is leased later folds them. */
  readonly #past: LogEntry[][];

  constructor(bus: Bus, spec: RunSpec, definition: KernelDefinition, name: string, models: Models | null = null) {
    this.bus = bus;
    this.spec = spec;
    this.space = openSpace(definition);
    this.name = name;
    this.knowledge = openKnowledge(this.space, spec, definition);
    this.evolvedSources = spec.evolves_source === undefined ? null : new EvolvedSources(bus, spec.evolves_source);
    const { evolvedSources } = this;
    const onAnswer = () => this.changes.notify();
    this.advisor =
      models === null
        ? null
        : new Advisor({ spec, definition, knowledge: this.knowledge, evolvedSources, ...models, onAnswer });
    this.#past = spec.islands.map(() => []);
    this.newsAt = spec.islands.map(() => performance.now());
    this.reader = new LogReader(spec.islands.length, (entry) => {
      this.newsAt[entry.island] = performance.now();
      this.#past[entry.island]?.push(entry);
      applyKnowledge(this.knowledge, entry);
      this.advisor?.apply(entry);
      this.#leased.get(entry.island)?.apply(entry);
    });
  }

  /** Takes part until the signal, or until the coordinator has been silent for long. Holds at most `limit` islands. */
  async run(limit: number, signal: AbortSignal): Promise<void> {
    const over = new AbortController();
    const ended = AbortSignal.any([signal, over.signal]);
    const { run } = this.spec;
    const subscriptions = [
      await this.bus.followLog(run, "all", (entry) => {
        this.reader.accept(entry);
        this.changes.notify();
      }),
      this.bus.subscribe(subjects.control(run), control, (message) => {
        this.control = message;
        this.#heardAt = performance.now();
        this.changes.notify();
      }),
      this.bus.subscribe(subjects.allElites(run), elitesMessage, (message) => {
        this.migrantInbox.put(message);
        this.changes.notify();
      }),
    ];
    // What was published before; nothing but this tells who may not read the stream.
    void this.#fillGaps(this.spec.islands.map(() => 0));
    const check = setInterval(() => {
      if (performance.now() - this.#heardAt > SILENCE_MS) over.abort();
      void this.#fillGaps();
    }, GAP_CHECK_MS);
    const wake = () => this.changes.notify();
    ended.addEventListener("abort", wake);
    try {
      await this.#holdIslands(limit, ended);
    } finally {
      ended.removeEventListener("abort", wake);
      clearInterval(check);
      for (const subscription of subscriptions) subscription.unsubscribe();
    }
  }

  async #holdIslands(limit: number, signal: AbortSignal): Promise<void> {
    const held = new Set<Promise<void>>();
    while (!signal.aborted) {
      const pause = held.size < limit ? await this.#takeIsland(held, signal) : SILENCE_MS;
      if (pause > 0) await Promise.race([this.#pause(pause, signal), ...held]);
    }
    await Promise.all(held);
  }

  /** @returns milliseconds to wait before trying for another. */
  async #takeIsland(held: Set<Promise<void>>, signal: AbortSignal): Promise<number> {
    const request = { v: WIRE_VERSION, type: "acquire", worker: this.name };
    const reply = await this.bus
      .request(subjects.lease(this.spec.run), request, leaseReply, REQUEST_MS)
      .catch(() => null);
    if (reply?.status !== "granted") return reply?.status === "none" ? reply.retry_ms : 300;
    const leased = new LeasedIsland(this, reply, this.#past[reply.island] ?? []);
    this.#leased.set(reply.island, leased);
    const holding = leased.hold(reply.ttl_ms, signal).then(() => {
      if (this.#leased.get(leased.index) === leased) this.#leased.delete(leased.index);
      held.delete(holding);
    });
    held.add(holding);
    return 0;
  }

  async #pause(ms: number, signal: AbortSignal): Promise<void> {
    const until = performance.now() + ms;
    while (!signal.aborted && performance.now() < until) await this.changes.next(until - performance.now());
  }

  async #fillGaps(tails = this.control?.tails ?? []): Promise<void> {
    await Promise.all(this.reader.gaps(tails).map(({ island }) => this.#fillGap(island)));
    this.changes.notify();
  }

  /** Asks for entries until there are no more. */
  async #fillGap(island: number): Promise<void> {
    if (this.#filling.has(island)) return;
    this.#filling.add(island);
    try {
      for (;;) {
        const request = { v: WIRE_VERSION, island, from: this.reader.tail(island) + 1 };
        const { entries } = await this.bus.request(subjects.gap(this.spec.run), request, gapReply, REQUEST_MS);
        for (const entry of entries) this.reader.accept(entry);
        if (entries.length === 0) return;
      }
    } catch {
      // It is asked for again as long as it lacks.
    } finally {
      this.#filling.delete(island);
    }
  }
}

/** @throws UserError when the run's kernel is not to be had or not readable. */
export async function openWorkerSession(bus: Bus, spec: RunSpec, name: string): Promise<WorkerSession> {
  const bytes = await bus.getObject(spec.kernel.definition);
  if (bytes === null) {
    throw new UserError(
      `The definition of the kernel ${spec.kernel.id} (${spec.kernel.definition}) is not in the object store of ${bus.url}.`,
    );
  }
  const definition = kernelDefinition.parse(JSON.parse(Buffer.from(bytes).toString("utf8")));
  // The client for models is large, and most runs have none.
  const models = spec.llm === undefined ? null : (await import("./models.ts")).openModels(bus, spec);
  return new WorkerSession(bus, spec, definition, name, models);
}
