/** What answers each endpoint. */
import type { z } from "zod";
import type { AnswerOf, ENDPOINTS, EndpointName } from "../contract/endpoints.ts";
import { ancestryAnswer } from "./answers/ancestry.ts";
import { candidateAnswer } from "./answers/candidate.ts";
import { candidatesAnswer } from "./answers/candidates.ts";
import { cellsAnswer } from "./answers/cells.ts";
import { contextOf } from "./answers/context.ts";
import { islandsAnswer, migrationsAnswer } from "./answers/islands.ts";
import { landscapeAnswer } from "./answers/landscape.ts";
import { lanesAnswer } from "./answers/lanes.ts";
import { callAnswer, callsAnswer, modelsAnswer } from "./answers/models.ts";
import { compareAnswer, failuresAnswer, progressAnswer } from "./answers/progress.ts";
import { researchAnswer, researchListAnswer } from "./answers/research.ts";
import { runAnswer } from "./answers/run.ts";
import { sliceAnswer } from "./answers/slice.ts";
import type { AppOptions } from "./app-options.ts";
import type { Reader } from "./read/reader.ts";

type Table = typeof ENDPOINTS;
type QueryOf<N extends EndpointName> = Table[N]["query"] extends z.ZodType ? z.output<Table[N]["query"]> : object;
type Parts = Readonly<Record<string, string>>;
export type Handler = (options: AppOptions, parts: Parts, query: object) => unknown;

const API_VERSION = 1;

const at = (reader: Reader, { run }: Parts, query: { at?: number | undefined }) =>
  contextOf(reader, run as string, query.at);

export const HANDLERS: {
  readonly [N in EndpointName]: (
    options: AppOptions,
    parts: Parts,
    query: QueryOf<N>,
  ) => AnswerOf<N> | Promise<AnswerOf<N>>;
} = {
  status: ({ reader, pages, run }) => ({
    ...{ version: reader.version, api: API_VERSION, database: reader.lineage.path, run, pages: pages.built },
  }),
  runs: ({ reader }) => ({
    version: reader.version,
    database: reader.lineage.path,
    runs: reader.list.summaries((status) => reader.isLive(status)),
  }),
  run: ({ reader }, parts, query) => runAnswer(at(reader, parts, query)),
  progress: ({ reader }, parts, query) => progressAnswer(at(reader, parts, query)),
  failures: ({ reader }, parts, query) => failuresAnswer(at(reader, parts, query)),
  lanes: ({ reader }, parts, query) => lanesAnswer(at(reader, parts, query), query),
  islands: ({ reader }, parts, query) => islandsAnswer(at(reader, parts, query)),
  migrations: ({ reader }, parts, query) => migrationsAnswer(at(reader, parts, query)),
  candidates: ({ reader }, parts, query) => candidatesAnswer(at(reader, parts, query), query),
  candidate: ({ reader }, { candidate }) => candidateAnswer(reader, candidate as string),
  ancestry: ({ reader }, { candidate }, { depth }) => ancestryAnswer(reader, candidate as string, depth),
  landscape: ({ reader }, parts, query) => landscapeAnswer(at(reader, parts, query), query.island),
  slice: async ({ reader, validityIn }, parts, query) => {
    const isValid = await validityIn(reader.run(parts.run as string));
    return sliceAnswer(at(reader, parts, query), query, isValid);
  },
  cells: ({ reader }, parts, query) => cellsAnswer(at(reader, parts, query)),
  models: ({ reader }, parts, query) => modelsAnswer(at(reader, parts, query)),
  calls: ({ reader }, parts, query) => callsAnswer(at(reader, parts, query), query),
  call: ({ reader }, { run, call }) => callAnswer(contextOf(reader, run as string), call as string),
  research: ({ reader }) => researchListAnswer(reader),
  researchRun: ({ reader }, { research }) => researchAnswer(reader, research as string),
  compare: ({ reader }, _, { run }) => compareAnswer(reader, run),
};
