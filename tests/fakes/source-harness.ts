/** Shared by the tests of the sources: a gateway with inspectable stores, and a question. */
import { openGateway } from "@kevo/research-stage/recording/gateway.ts";
import { createMemoryStore } from "@kevo/research-stage/recording/store.ts";
import type { ExchangeStore, Transport } from "@kevo/research-stage/recording/transport.ts";
import type { Source, SourceQuery, SourceResult } from "@kevo/research-stage/sources/source.ts";
import { createSpendLimit, type SpendLimit } from "@kevo/research-stage/sources/spend-limit.ts";
import { AS_OF } from "./corpus/corpus.ts";

export const QUESTION: SourceQuery = {
  text: "attention kernels on Hopper GPUs and CPUs",
  since: null,
  until: null,
  maxResults: 10,
  purpose: "survey",
};

export interface Harness extends AsyncDisposable {
  readonly transport: Transport;
  readonly recording: ExchangeStore & {
    readonly all: readonly import("@kevo/research-stage/recording/exchange.ts").StoredExchange[];
  };
  readonly notes: readonly string[];
  ask(
    source: Source,
    query?: Partial<SourceQuery>,
    spendLimit?: SpendLimit,
    signal?: AbortSignal,
  ): Promise<SourceResult>;
}

export interface HarnessOptions {
  readonly recording?: ReturnType<typeof createMemoryStore>;
  readonly replay?: boolean;
  readonly cache?: ExchangeStore | null;
  readonly now?: () => number;
  readonly environment?: NodeJS.ProcessEnv;
  /** Waits that a service demands take no time. */
  readonly hurried?: boolean;
}

export async function openHarness(options: HarnessOptions = {}): Promise<Harness> {
  const recording = options.recording ?? createMemoryStore();
  const gateway = await openGateway({
    recording,
    replay: options.replay ?? false,
    cache: options.cache ?? null,
    now: options.now ?? (() => AS_OF.getTime()),
    environment: options.environment ?? {},
  });
  const transport = options.hurried ? { ...gateway, pause: async () => {} } : gateway;
  const notes: string[] = [];
  return {
    transport,
    recording,
    notes,
    ask: (source, query = {}, spendLimit = createSpendLimit(100), signal) =>
      source.search({ ...QUESTION, ...query }, { transport, spendLimit, signal, onNote: (note) => notes.push(note) }),
    [Symbol.asyncDispose]: () => transport.close(),
  };
}
