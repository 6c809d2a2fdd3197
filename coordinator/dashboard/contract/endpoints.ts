/** The table of the API: what the server serves, the description in `openapi.json` lists, and pages request. */
import type { z } from "zod";
import { ACTION_BODIES, ACTIONS, actionAnswer } from "./actions.ts";
import { ancestryAnswer, ancestryQuery, candidateAnswer, candidatesAnswer, candidatesQuery } from "./candidates.ts";
import { atQuery } from "./common.ts";
import { islandsAnswer, migrationsAnswer } from "./islands.ts";
import { cellsAnswer, landscapeAnswer, landscapeQuery, sliceAnswer, sliceQuery } from "./landscape.ts";
import { lanesAnswer, lanesQuery } from "./lanes.ts";
import { callAnswer, callsAnswer, callsQuery, modelsAnswer } from "./models.ts";
import { compareAnswer, compareQuery, failuresAnswer, progressAnswer } from "./progress.ts";
import { researchAnswer, researchListAnswer } from "./research.ts";
import { runAnswer, runsAnswer, statusAnswer } from "./runs.ts";

export const API = "/api/v1";

export interface Endpoint {
  /** Below `API`; `:name` stands for one encoded part, also where it holds slashes. */
  readonly path: string;
  /** One sentence. */
  readonly summary: string;
  readonly query: z.ZodObject | null;
  readonly answer: z.ZodType;
}

export const ENDPOINTS = {
  status: { path: "/status", summary: "The program that answers.", query: null, answer: statusAnswer },
  runs: { path: "/runs", summary: "All runs, latest first.", query: null, answer: runsAnswer },
  run: { path: "/runs/:run", summary: "A run.", query: atQuery, answer: runAnswer },
  progress: {
    path: "/runs/:run/progress",
    summary: "The best so far over evaluations, time and dollars.",
    query: atQuery,
    answer: progressAnswer,
  },
  failures: {
    path: "/runs/:run/failures",
    summary: "Failures by kind, with examples.",
    query: atQuery,
    answer: failuresAnswer,
  },
  lanes: { path: "/runs/:run/lanes", summary: "Each device over time.", query: lanesQuery, answer: lanesAnswer },
  islands: {
    path: "/runs/:run/islands",
    summary: "Each island over its batches.",
    query: atQuery,
    answer: islandsAnswer,
  },
  migrations: {
    path: "/runs/:run/migrations",
    summary: "Elites that another island adopted.",
    query: atQuery,
    answer: migrationsAnswer,
  },
  candidates: {
    path: "/runs/:run/candidates",
    summary: "Candidates: a window of the filtered and sorted rows.",
    query: candidatesQuery,
    answer: candidatesAnswer,
  },
  candidate: {
    path: "/candidates/:candidate",
    summary: "Everything that is stored of a candidate.",
    query: null,
    answer: candidateAnswer,
  },
  ancestry: {
    path: "/candidates/:candidate/ancestry",
    summary: "The ancestors of a candidate as a graph.",
    query: ancestryQuery,
    answer: ancestryAnswer,
  },
  landscape: {
    path: "/runs/:run/landscape",
    summary: "Importance of the parameters, and parallel coordinates.",
    query: landscapeQuery,
    answer: landscapeAnswer,
  },
  slice: {
    path: "/runs/:run/landscape/slice",
    summary: "What the surrogate believes along one or two parameters.",
    query: sliceQuery,
    answer: sliceAnswer,
  },
  cells: { path: "/runs/:run/cells", summary: "Speedups by workload.", query: atQuery, answer: cellsAnswer },
  models: {
    path: "/runs/:run/models",
    summary: "What language models cost and earned.",
    query: atQuery,
    answer: modelsAnswer,
  },
  calls: { path: "/runs/:run/calls", summary: "Calls of language models.", query: callsQuery, answer: callsAnswer },
  call: { path: "/runs/:run/calls/:call", summary: "A call with prompt and answer.", query: null, answer: callAnswer },
  research: { path: "/research", summary: "All runs of the research stage.", query: null, answer: researchListAnswer },
  researchRun: {
    path: "/research/:research",
    summary: "From posts and papers over gaps and ideas to kernels.",
    query: null,
    answer: researchAnswer,
  },
  compare: { path: "/compare", summary: "Two to five runs in one chart.", query: compareQuery, answer: compareAnswer },
} as const satisfies Record<string, Endpoint>;

export type EndpointName = keyof typeof ENDPOINTS;
export type AnswerOf<N extends EndpointName> = z.infer<(typeof ENDPOINTS)[N]["answer"]>;

/** Server-sent events; `Last-Event-ID`, or `?after=ID`, continues. */
export const STREAMS = {
  runEvents: { path: "/runs/:run/events", summary: "What changes in a run, as it happens." },
  events: { path: "/events", summary: "Changes of the list of runs." },
} as const;

export const ACTION_ENDPOINTS = ACTIONS.map((action) => ({
  path: `/runs/:run/actions/${action}`,
  action,
  body: ACTION_BODIES[action],
  answer: actionAnswer,
}));

/** The path of an endpoint with its parts filled in, each encoded whole: a candidate's id holds slashes. */
export function pathTo(path: string, parts: Readonly<Record<string, string>> = {}): string {
  return API + path.replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(parts[name] ?? ""));
}
