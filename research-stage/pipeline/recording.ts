/**
 * A whole run as a file: the answers of services and models, and the measurements, by content hash, with the options.
 * In a replay the pipeline runs again and only its questions are answered from here; no key, no network.
 */

import { readFileSync, writeFileSync } from "node:fs";
import { gunzipSync, gzipSync } from "node:zlib";
import { parseJson } from "@kevo/core/config/json.ts";
import { reasonOf } from "@kevo/core/errors/system-error.ts";
import { UserError } from "@kevo/core/errors/user-error.ts";
import { type CallRecord, callRecord } from "@kevo/proto/model-call.ts";
import { z } from "zod";
import { storedExchange } from "../recording/exchange.ts";
import { type Library, library } from "../session/library.ts";
import { researchOptions } from "../session/options.ts";
import type { ResearchDatabase } from "../store/database.ts";
import { callsOf, exchangesOf, measurementsOf, type ResearchRun } from "../store/store.ts";

const recording = z.object({
  format: z.literal("kevo-research"),
  v: z.literal(1),
  run: z.string(),
  secret: z.string(),
  created_at: z.int(),
  options: researchOptions,
  /** Sources that had what they need. */
  sources: z.array(z.string()),
  /** As the provider names them. */
  models: z.object({ reasoning: z.string(), fast: z.string() }),
  library,
  exchanges: z.array(storedExchange),
  calls: z.array(callRecord),
  measurements: z.array(z.object({ hash: z.string(), result: z.string() })),
});
export type Recording = z.infer<typeof recording>;

/** @throws UserError when the file is missing or is no recording. */
export function readRecording(path: string): Recording {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    throw new UserError(`--recording ${path} cannot be read: ${reasonOf(error)}.`, 2);
  }
  try {
    const text = bytes[0] === 0x1f ? gunzipSync(bytes) : bytes;
    return recording.parse(parseJson(text.toString("utf8")));
  } catch {
    throw new UserError(
      `--recording ${path}: this is not a recording of a research run by this version. Record it again.`,
      2,
    );
  }
}

export interface Recorded {
  readonly sources: readonly string[];
  readonly models: Recording["models"];
  readonly library: Library;
}

/** Answers are kept and questions are not: a replay asks them again, and finds them by their hash. */
export function writeRecording(path: string, db: ResearchDatabase, run: ResearchRun, about: Recorded): void {
  const value: Recording = {
    format: "kevo-research",
    v: 1,
    run: run.id,
    secret: run.secret,
    created_at: run.createdAt,
    options: researchOptions.parse(JSON.parse(run.options)),
    ...about,
    sources: [...about.sources],
    exchanges: exchangesOf(db, run.id).map((text) => storedExchange.parse(JSON.parse(text))),
    calls: callsOf(db, run.id)
      .filter(({ retried, replayed }) => !retried && !replayed)
      .map((call): CallRecord => ({ ...call, messages: [] })),
    measurements: measurementsOf(db, run.id),
  };
  const text = JSON.stringify(value);
  writeFileSync(path, path.endsWith(".gz") ? gzipSync(text, { level: 9 }) : text);
}
