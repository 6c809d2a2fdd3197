/** One small question to each real service, and how the shape of its answer compares with what the fakes imitate. */
import { openGateway } from "@kevo/research-stage/recording/gateway.ts";
import { createMemoryStore } from "@kevo/research-stage/recording/store.ts";
import { ARXIV_ORIGIN, createArxivSource } from "@kevo/research-stage/sources/arxiv/arxiv-source.ts";
import { createExaSource, EXA_ORIGIN } from "@kevo/research-stage/sources/exa/exa-source.ts";
import type { Source, SourceResult } from "@kevo/research-stage/sources/source.ts";
import { createSpendLimit } from "@kevo/research-stage/sources/spend-limit.ts";
import { createXSource, X_ORIGIN } from "@kevo/research-stage/sources/x/x-source.ts";

export interface LiveService {
  readonly name: string;
  /** The variable that it needs; null: none. */
  readonly variable: string | null;
  open(key: string): Source;
  /** Dollars that the one call may cost. */
  readonly budgetUsd: number;
  /** Of every answer that has something in it. Missing ones are complaints. */
  readonly shape: readonly (readonly [part: string, pattern: RegExp])[];
}

const RETRY_BUDGET_MS = 20_000;

export const SERVICES: readonly LiveService[] = [
  {
    name: "X",
    variable: "X_API_KEY",
    open: (key) =>
      createXSource({
        key,
        origin: process.env.X_BASE_URL || X_ORIGIN,
        authors: [],
        archive: "recent",
        retryBudgetMs: RETRY_BUDGET_MS,
      }),
    budgetUsd: 0.16,
    shape: [
      ["data with ids", /"data":\[\{.*"id":"\d+"/s],
      ["conversation_id", /"conversation_id":"\d+"/],
      ["author_id", /"author_id":"\d+"/],
      ["created_at", /"created_at":"\d{4}-\d\d-\d\dT/],
      ["includes.users", /"includes":\{.*"users":\[/s],
      ["meta.result_count", /"meta":\{.*"result_count":\d/s],
    ],
  },
  {
    name: "Exa",
    variable: "EXA_API_KEY",
    open: (key) =>
      createExaSource({ key, origin: process.env.EXA_BASE_URL || EXA_ORIGIN, retryBudgetMs: RETRY_BUDGET_MS }),
    // Two calls: publications and pages.
    budgetUsd: 0.05,
    shape: [
      ["requestId", /"requestId":"/],
      ["results with addresses", /"results":\[\{.*"url":"http/s],
      ["text", /"text":"/],
      ["costDollars.total", /"costDollars":\{.*"total":\d/s],
    ],
  },
  {
    name: "arXiv",
    variable: null,
    open: () =>
      createArxivSource({ origin: process.env.ARXIV_BASE_URL || ARXIV_ORIGIN, retryBudgetMs: RETRY_BUDGET_MS }),
    budgetUsd: 0,
    shape: [
      ["a feed", /<feed/],
      ["totalResults", /<opensearch:totalResults[^>]*>\d+</],
      ["entries with ids", /<id>https?:\/\/arxiv\.org\/abs\//],
      ["summaries", /<summary/],
      ["authors", /<author>\s*<name>/],
    ],
  },
];

export interface Finding {
  readonly service: string;
  readonly outcome: "ok" | "differs" | "failed" | "skipped";
  readonly message: string;
}

/** Asks one service. Never throws for what the service does. */
export async function checkService(service: LiveService, environment: NodeJS.ProcessEnv): Promise<Finding> {
  const { name, variable, budgetUsd, shape } = service;
  const key = variable === null ? "" : environment[variable];
  if (key === undefined || (variable !== null && key === "")) {
    return { service: name, outcome: "skipped", message: `skipped: set ${variable}` };
  }
  const recording = createMemoryStore();
  const transport = await openGateway({ recording, replay: false, cache: null });
  let result: SourceResult;
  try {
    const query = { text: "attention kernels", since: null, until: null, maxResults: 2, purpose: "survey" } as const;
    result = await service.open(key).search(query, { transport, spendLimit: createSpendLimit(budgetUsd) });
  } finally {
    await transport.close();
  }
  const cost = `$${result.cost_usd.toFixed(4)}`;
  if (result.status === "failed" || result.status === "skipped") {
    return { service: name, outcome: "failed", message: `failed: ${result.reason} (${cost})` };
  }
  const body = recording.all.map(({ answer }) => (answer.kind === "response" ? answer.body : "")).join("\n");
  const missing = shape.filter(([, pattern]) => !pattern.test(body)).map(([part]) => part);
  const found = `${result.items.length} records, ${cost}`;
  return missing.length === 0
    ? { service: name, outcome: "ok", message: `ok: ${found}, the shapes that the fakes imitate` }
    : { service: name, outcome: "differs", message: `differs: no ${missing.join(", no ")} in the answer (${found})` };
}
