/** From what the user asked for to a run's specification. */

import { createHash, randomBytes, randomInt } from "node:crypto";
import { UserError } from "@kevo/core/errors/user-error.ts";
import type { KernelPackage } from "@kevo/core/kernel/load.ts";
import { counted } from "@kevo/core/text/plural.ts";
import type { BackendName } from "@kevo/proto/backend-name.ts";
import type { KernelDefinition } from "@kevo/proto/kernel.ts";
import { nicheKeyOf } from "@kevo/proto/niche-key.ts";
import { type Effort, type RunSpec, type Topology, UNLIMITED_EVALUATIONS } from "@kevo/proto/run.ts";
import type { Config } from "@kevo/proto/search-space.ts";
import canonicalize from "canonicalize";
import { evaluationsOf } from "./effort.ts";
import type { WantedPrior } from "./prior.ts";

export interface RunRequest {
  readonly backend: BackendName | undefined;
  /** Names or patterns with `*`; empty for all. */
  readonly workloads: readonly string[];
  readonly perWorkload: boolean | undefined;
  /** Undefined: enough for the workloads where each has its own, else a few. */
  readonly islands: number | undefined;
  readonly topology: Topology;
  readonly migrateEvery: number;
  readonly migrants: number;
  readonly sync: boolean;
  readonly seed: number | undefined;
  readonly evaluations: number | undefined;
  readonly timeS: number | null;
  readonly effort: Effort;
  readonly search: RunSpec["search"];
  /** Earlier runs to learn from, each RUN or FILE:RUN; undefined: the finished ones of the same kernel and device. */
  readonly prior?: WantedPrior;
  /** By workload, what its winner is compared with: measured again at the end however it fares. */
  readonly rivals?: Readonly<Record<string, readonly Config[]>>;
  readonly llm?: RunSpec["llm"];
  /** The kernel's source too, by language models. */
  readonly evolvesCode?: boolean;
}

/** Islands of a run that names no number, at least. */
const ISLANDS = 4;
/** Candidates of an island's generation with --sync. */
const SYNC_BATCH = 4;

/**
 * @param kernel with the device models that its islands divide among them; none where any device serves.
 * @throws UserError (code 2) for a backend, workload or number of islands that does not fit the kernel.
 */
export function specOf(
  request: RunRequest,
  { definition, hash, devices }: Pick<KernelPackage, "definition" | "hash"> & { readonly devices: readonly string[] },
  now: Date,
): RunSpec {
  const backend = request.backend ?? (definition.backends[0] as BackendName);
  if (!definition.backends.includes(backend)) {
    throw new UserError(
      `The kernel ${definition.id} does not run on the backend ${backend}; it runs on ${definition.backends.join(", ")}.`,
      2,
    );
  }
  const workloads = chooseWorkloads(request.workloads, definition);
  // A pattern asks for many shapes, of which each has its own best configuration.
  const perWorkload = request.perWorkload ?? request.workloads.some((text) => text.includes("*"));
  const models = devices.length === 0 ? [null] : devices;
  const niches = models.length * (perWorkload ? workloads.length : 1);
  const islands = request.islands ?? niches * Math.max(1, Math.floor(ISLANDS / niches));
  if (islands < niches) {
    const what = [
      ...(perWorkload ? [counted(workloads.length, "workload")] : []),
      ...(devices.length > 0 ? [counted(devices.length, "device")] : []),
    ].join(" on ");
    const why = perWorkload ? "--per-workload gives each workload" : "Each --space has";
    throw new UserError(`${why} its own island: ${what} need --islands ${niches} or more, not ${islands}.`, 2);
  }
  return {
    run: runId(definition.id, now),
    kernel: { id: definition.id, title: definition.title, hash, definition: definitionObject(definition).hash },
    backend,
    ...(definition.objective !== undefined && { objective: definition.objective }),
    workloads,
    seed: request.seed ?? randomInt(2 ** 31),
    islands: Array.from({ length: islands }, (_, index) => ({
      index,
      niche: {
        workloads: perWorkload ? [workloads[Math.floor(index / models.length) % workloads.length] as string] : null,
        device: models[index % models.length] as string | null,
      },
    })),
    topology: request.topology,
    migrate_every: request.migrateEvery,
    migrants: request.migrants,
    sync: request.sync,
    batch_size: SYNC_BATCH,
    search: request.search,
    baselines_start: true,
    sparse_priors: true,
    // The default limit does not apply where the user gave another one.
    evaluations:
      request.evaluations ?? (request.timeS === null ? evaluationsOf(request.effort, niches) : UNLIMITED_EVALUATIONS),
    time_s: request.timeS,
    effort: request.effort,
    ...(request.rivals !== undefined && { rivals: rivalsByNiche(request.rivals, models, workloads) }),
    ...(request.llm !== undefined && { llm: request.llm }),
  };
}

/** Where each workload has its own islands. */
function rivalsByNiche(
  rivals: NonNullable<RunRequest["rivals"]>,
  models: readonly (string | null)[],
  workloads: string[],
): RunSpec["rivals"] {
  const entries = Object.entries(rivals).flatMap(([workload, configs]) =>
    models.map((device): [string, Config[]] => [
      nicheKeyOf({ workloads }, { workloads: [workload], device }),
      [...configs],
    ]),
  );
  return Object.fromEntries(entries);
}

/** The definition as workers fetch it: canonical JSON and its SHA-256. */
export function definitionObject(definition: KernelDefinition): { hash: string; bytes: Uint8Array } {
  const bytes = Buffer.from(canonicalize(definition) as string);
  return { hash: createHash("sha256").update(bytes).digest("hex"), bytes };
}

/** Workloads that match names and patterns; all without any. @throws UserError (code 2) for one that matches none. */
export function chooseWorkloads(patterns: readonly string[], { id, workloads }: KernelDefinition): string[] {
  const names = workloads.map(({ name }) => name);
  if (patterns.length === 0) return names;
  const chosen = new Set<string>();
  for (const pattern of patterns) {
    const matching = names.filter((name) => fitsPattern(name, pattern));
    if (matching.length === 0) {
      throw new UserError(
        `--workload ${pattern}: the kernel ${id} has no such workload; it has ${names.join(", ")}.`,
        2,
      );
    }
    for (const name of matching) chosen.add(name);
  }
  return names.filter((name) => chosen.has(name));
}

/** Whether a workload matches this name; `*` matches any characters. */
export function fitsPattern(name: string, pattern: string): boolean {
  const parts = pattern.split("*").map((part) => part.replace(/[\\^$.|?+()[\]{}]/g, "\\$&"));
  return new RegExp(`^${parts.join(".*")}$`).test(name);
}

/** Date, kernel and four random letters: sorts by date, says what it is, is one NATS token. */
export function runId(kernel: string, now: Date): string {
  const date = now.toISOString().slice(0, 10).replaceAll("-", "");
  return `${date}-${kernel.slice(0, 40)}-${randomBytes(2).toString("hex")}`;
}
