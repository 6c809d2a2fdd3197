/** Opens a run: live with keys and network, or from a recording with neither. */

import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { UserError } from "@kevo/core/errors/user-error.ts";
import { createCallStore } from "@kevo/core/llm/call-store.ts";
import type { ModelClient } from "@kevo/core/llm/client.ts";
import { connectionOf } from "@kevo/core/llm/connection.ts";
import { loadDemos } from "@kevo/core/llm/demo-file.ts";
import { openModel, openReplay } from "@kevo/core/llm/llm.ts";
import type { Demo, Signature } from "@kevo/core/llm/signature.ts";
import { ownCommand } from "@kevo/core/program/own-command.ts";
import type { CallRecord } from "@kevo/proto/model-call.ts";
import { type StoredExchange, storedExchange } from "../recording/exchange.ts";
import { openGateway } from "../recording/gateway.ts";
import { createMemoryStore, openFolderStore } from "../recording/store.ts";
import type { ExchangeStore } from "../recording/transport.ts";
import { openCluster } from "../session/cluster.ts";
import { type Library, libraryOf } from "../session/library.ts";
import { rememberingCluster, replayCluster } from "../session/measured.ts";
import { type ResearchOptions, researchOptions } from "../session/options.ts";
import type { Session } from "../session/session.ts";
import { openSteps } from "../session/steps.ts";
import { spendLimitOf } from "../stages/survey.ts";
import type { OpenResearch } from "../store/database.ts";
import { addExchange, exchangesOf, type ResearchRun, runCalls, runSpending } from "../store/store.ts";
import type { Recorded, Recording } from "./recording.ts";
import { keysOf, openSources, recordedKeys, usable } from "./sources.ts";

export interface OpenSession {
  readonly session: Session;
  /** The data that a recording of this run needs besides its answers. */
  readonly recorded: Recorded;
  close(): Promise<void>;
}

export interface SessionParts {
  readonly research: OpenResearch;
  readonly run: ResearchRun;
  readonly folder: string;
  /** Null: live. */
  readonly recording: Recording | null;
  readonly environment: NodeJS.ProcessEnv;
  readonly say: (text: string) => void;
  readonly signal: AbortSignal;
}

/** Names of the two models, as they will be asked; `models` of the recording in a replay. */
interface Models {
  readonly reasoning: ModelClient;
  readonly fast: ModelClient;
}

export async function openSession(parts: SessionParts): Promise<OpenSession> {
  const { research, run, folder, recording, environment, say, signal } = parts;
  const { db } = research;
  const options = researchOptions.parse(JSON.parse(run.options));
  const models = recording === null ? liveModels(parts, options) : replayedModels(parts, recording);
  const keys = recording === null ? keysOf(environment) : recordedKeys(recording.sources);
  const library: Library = recording?.library ?? (await libraryOf(options.backend, options.workloads));
  mkdirSync(folder, { recursive: true });
  const transport = await openGateway({
    recording: recording === null ? runExchanges(db, run.id) : await memoryOf(recording.exchanges),
    replay: recording !== null,
    cache: recording === null ? openFolderStore(join(folder, "..", "answers")) : null,
    environment,
  });
  const cluster =
    recording === null
      ? openCluster(research.lineage, options, signal, say)
      : replayCluster(research.lineage, new Map(recording.measurements.map(({ hash, result }) => [hash, result])));
  const session: Session = {
    run: run.id,
    options,
    secret: run.secret,
    db,
    steps: openSteps(db, run.id),
    ...models,
    sources: openSources(options, keys, recording === null ? environment : {}),
    transport,
    spendLimitOf: spendLimitOf(db, run.id, options.budget_usd),
    cluster: rememberingCluster(db, run.id, cluster),
    library,
    folder,
    demosOf: demosFrom(options.prompts),
    say,
    signal,
  };
  const names = { reasoning: models.reasoning.model, fast: models.fast.model };
  const recorded = { sources: usable(keys), models: names, library };
  return { session, recorded, close: () => transport.close() };
}

/** @throws UserError (code 2) where no model can be asked: before any work. */
export function requireModel({ model, fast_model }: ResearchOptions, environment: NodeJS.ProcessEnv): void {
  if (!["XAI_API_KEY", "ANTHROPIC_API_KEY", "OPENAI_API_KEY", "LLM_BASE_URL"].some((name) => environment[name])) {
    throw new UserError(
      "No model is available: set XAI_API_KEY, ANTHROPIC_API_KEY or OPENAI_API_KEY, or LLM_BASE_URL for " +
        `your own server. To see the pipeline without keys: ${ownCommand("research-stage")} run --recording`,
      2,
    );
  }
  connectionOf(model ?? undefined, environment);
  if (fast_model !== null) connectionOf(fast_model, environment);
}

function liveModels({ research, run, environment, say }: SessionParts, options: ResearchOptions): Models {
  const store = runCalls(research.db, run.id);
  const spending = runSpending(research.db, run.id, options.budget_usd);
  const open = (model: string | null) =>
    openModel({
      model: model ?? undefined,
      store,
      spending,
      environment,
      onNote: (note) => say(`${note.model}: ${note.text}`),
    });
  const reasoning = open(options.model);
  return { reasoning, fast: options.fast_model === null ? reasoning : open(options.fast_model) };
}

function replayedModels({ research, run }: SessionParts, { calls, models }: Recording): Models {
  const recorded = createCallStore(calls);
  const costs = new Map(calls.map((call) => [call.hash, call.cost_usd ?? call.reserved_usd]));
  const store = runCalls(research.db, run.id);
  // A replay pays nothing; the report tells what was paid when it was recorded.
  const into = {
    ...store,
    record: (call: CallRecord) => store.record({ ...call, cost_usd: costs.get(call.hash) ?? 0 }),
  };
  return {
    reasoning: openReplay(models.reasoning, recorded, into),
    fast: openReplay(models.fast, recorded, into),
  };
}

function runExchanges(db: OpenResearch["db"], run: string): ExchangeStore {
  return {
    find: async (hash) => exchangesOf(db, run, hash).map((text) => storedExchange.parse(JSON.parse(text))),
    add: async (exchange) => addExchange(db, run, exchange.hash, JSON.stringify(exchange)),
  };
}

async function memoryOf(exchanges: readonly StoredExchange[]): Promise<ExchangeStore> {
  const store = createMemoryStore();
  for (const exchange of exchanges) await store.add(exchange);
  return store;
}

/** `<folder>/<signature>.json`, as `optimise-prompts` writes them; read once. */
function demosFrom(folder: string | null): Session["demosOf"] {
  const known = new Map<string, readonly Demo<unknown, unknown>[]>();
  return (signature: Signature) => {
    if (folder === null) return [];
    const path = join(folder, `${signature.name}.json`);
    let demos = known.get(signature.name);
    if (demos === undefined) {
      demos = existsSync(path) ? loadDemos(path, signature) : [];
      known.set(signature.name, demos);
    }
    return demos;
  };
}
