/** Shared by all stages of a run: stores, models, sources, dollars, and the cluster. */

import type { ModelClient } from "@kevo/core/llm/client.ts";
import { ModelError } from "@kevo/core/llm/errors.ts";
import { type Prediction, predict } from "@kevo/core/llm/predict.ts";
import type { Demo, Signature } from "@kevo/core/llm/signature.ts";
import type { z } from "zod";
import type { Transport } from "../recording/transport.ts";
import type { Source } from "../sources/source.ts";
import type { SpendLimit } from "../sources/spend-limit.ts";
import type { ResearchDatabase } from "../store/database.ts";
import type { Cluster } from "./cluster.ts";
import { fit, MAX_CHARACTERS } from "./fit.ts";
import type { Library } from "./library.ts";
import type { ResearchOptions } from "./options.ts";
import type { Steps } from "./steps.ts";

export interface Session {
  readonly run: string;
  readonly options: ResearchOptions;
  /** Of the fences around fetched text. */
  readonly secret: string;
  readonly db: ResearchDatabase;
  readonly steps: Steps;
  /** Gaps, ideas and code. */
  readonly reasoning: ModelClient;
  /** Everything else. */
  readonly fast: ModelClient;
  readonly sources: readonly Source[];
  readonly transport: Transport;
  /** The dollars that are left to a source, by its name. */
  spendLimitOf(source: string): SpendLimit;
  readonly cluster: Cluster;
  /** The work that ideas can build upon. */
  readonly library: Library;
  /** Folder of this run's kernels, package and reports. */
  readonly folder: string;
  /** Saved examples for a signature. */
  demosOf(signature: Signature): readonly Demo<unknown, unknown>[];
  /** Told to the person who waits. */
  say(text: string): void;
  readonly signal: AbortSignal;
}

export interface Question<I extends z.ZodObject, O extends z.ZodObject> {
  readonly signature: Signature<I, O>;
  readonly input: z.infer<I>;
  readonly by: "reasoning" | "fast";
  /** Checks beyond the schema; one repair turn tells the model their complaints. */
  readonly check?: (output: z.infer<O>) => readonly string[];
  readonly unrepaired?: "reject" | "accept";
  readonly maxTokens?: number;
  readonly seed?: number;
}

/** @throws ModelError */
export function ask<I extends z.ZodObject, O extends z.ZodObject>(
  session: Session,
  question: Question<I, O>,
): Promise<Prediction<z.infer<O>>> {
  const { signature, input, by, check, unrepaired, maxTokens, seed } = question;
  const saved = session.demosOf(signature as unknown as Signature) as readonly Demo<z.infer<I>, z.infer<O>>[];
  // As many as leave room for the question.
  const shown = fit(
    saved.map((demo, at) => ({ id: String(at), text: JSON.stringify(demo) })),
    MAX_CHARACTERS.demos,
  );
  const demos = saved.filter((_, at) => shown.included.includes(String(at)));
  return predict(signature, session[by], {
    input,
    labels: { proposer: signature.name, variant: null, island: null },
    demos,
    check,
    unrepaired,
    maxTokens,
    seed,
    signal: session.signal,
  });
}

/** A model's unusable answer to this question; asked again it would say the same. */
export interface NoAnswer {
  readonly kind: string;
  readonly why: string;
}

/** For one question of many, whose loss the run can bear. @throws every other error: the next question would meet it, too. */
export function withoutAnswer(error: unknown): NoAnswer {
  if (!(error instanceof ModelError) || !UNFIT.has(error.kind)) throw error;
  return { kind: error.kind.replaceAll("_", " "), why: error.message.slice(0, 240) };
}

const UNFIT: ReadonlySet<ModelError["kind"]> = new Set(["invalid_answer", "refused", "truncated"]);
