/** The programs that a coordinator starts on its own machine when it is not told to use others. */
import { cpus } from "node:os";
import { fileURLToPath } from "node:url";
import type { UserError } from "@kevo/core/errors/user-error.ts";
import { objectiveArguments } from "@kevo/core/recorded-space/objective-options.ts";
import { proposesInTurn } from "@kevo/proto/backend-name.ts";
import type { RunSpec } from "@kevo/proto/run.ts";
import { z } from "zod";
import { Child } from "./children.ts";
import type { Launch } from "./launch.ts";
import type { RunSession } from "./run-session.ts";

const EVALUATOR = fileURLToPath(import.meta.resolve("@kevo/gpu-evaluator/cli/main.ts"));
const WORKER = fileURLToPath(import.meta.resolve("@kevo/island-worker/cli/main.ts"));

/** Workers ask models themselves; evaluators, where candidates run, never see a key. */
const MODEL_KEYS = ["XAI_API_KEY", "OPENAI_API_KEY", "ANTHROPIC_API_KEY"];

export interface LocalListener {
  onEvaluator(address: string, before: string | null): void;
  /** A local worker has ended; it is being started again. */
  onWorkerEnded(worker: string): void;
  onNote(message: string): void;
  onFailed(error: UserError): void;
}

const listening = z.object({ listening: z.string() });

/** How many evaluators `startLocalPrograms` starts. */
export function localEvaluators({ launch, mode }: Pick<RunSession, "launch" | "mode">): number {
  const named = launch.evaluators.length > 0 || launch.external_evaluators === true;
  return mode.needsEvaluators && !named ? Math.max(1, launch.spaces.length) : 0;
}

/** The programs that the run needs and the user did not name. */
export function startLocalPrograms(
  { spec, launch, mode }: Pick<RunSession, "spec" | "launch" | "mode">,
  natsUrl: string,
  listener: LocalListener,
): Child[] {
  const evaluators = localEvaluators({ launch, mode }) > 0;
  const workers = mode.needsWorkers && !launch.external_workers;
  return [
    ...(evaluators ? startLocalEvaluators(spec, launch, natsUrl, listener) : []),
    ...(workers ? startLocalWorkers(spec, launch, natsUrl, listener) : []),
  ];
}

/** One evaluator, or one for each recorded space. */
function startLocalEvaluators(spec: RunSpec, launch: Launch, natsUrl: string, listener: LocalListener): Child[] {
  const { spaces } = launch;
  if (spaces.length === 0) return [startLocalEvaluator(spec, launch, null, natsUrl, listener)];
  return spaces.map((space) => startLocalEvaluator(spec, launch, space, natsUrl, listener));
}

function startLocalEvaluator(
  spec: RunSpec,
  launch: Launch,
  space: string | null,
  natsUrl: string,
  listener: LocalListener,
): Child {
  let address: string | null = null;
  return new Child({
    name: launch.spaces.length > 1 ? `the local evaluator of ${space}` : "the local evaluator",
    entry: EVALUATOR,
    args: [
      "start",
      ...["--backend", spec.backend, ...natsArguments(launch, natsUrl), "--json"],
      ...(launch.devices === null ? [] : ["--devices", launch.devices]),
      ...(launch.require_sandbox === true ? ["--require-sandbox"] : []),
      ...(space === null ? [] : ["--space", space, "--time-scale", String(launch.time_scale)]),
      ...objectiveArguments(launch.objective),
    ],
    onLine: (line) => {
      const parsed = listening.safeParse(parseJson(line));
      if (!parsed.success) return false;
      listener.onEvaluator(parsed.data.listening, address);
      address = parsed.data.listening;
      return true;
    },
    onRestart: (why) => listener.onNote(`${why}; restarting it`),
    onFailed: (error) => listener.onFailed(error),
  });
}

/** Enough workers for all islands: one for two islands, at most one a core; one where islands propose in turn. */
function startLocalWorkers(spec: RunSpec, launch: Launch, natsUrl: string, listener: LocalListener): Child[] {
  const islands = spec.islands.length;
  const workers = proposesInTurn(spec.backend) ? 1 : Math.min(Math.ceil(islands / 2), cpus().length);
  const each = Math.ceil(islands / workers);
  return Array.from({ length: workers }, (_, index) => {
    // The name tells the coordinator whose islands are free when the process has ended.
    const name = `local-${process.pid}-${index}`;
    return new Child({
      name: `local island-worker ${index}`,
      entry: WORKER,
      args: [
        ...["start", ...natsArguments(launch, natsUrl)],
        ...["--run", spec.run, "--islands", String(each), "--name", name],
      ],
      keys: spec.llm === undefined || spec.llm.repeats !== undefined ? [] : MODEL_KEYS,
      onLine: null,
      onRestart: (why) => {
        listener.onWorkerEnded(name);
        listener.onNote(`${why}; restarting it`);
      },
      onFailed: (error) => listener.onFailed(error),
    });
  });
}

function natsArguments({ nats_creds }: Launch, url: string): string[] {
  return ["--nats", url, ...(nats_creds === undefined ? [] : ["--nats-creds", nats_creds])];
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}
