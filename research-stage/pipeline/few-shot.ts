/**
 * Demonstrations for a signature, made by the model itself and kept where a metric likes them. After BootstrapFewShot
 * of DSPy (Khattab et al., 2023): a prediction that is good enough becomes a demo; labelled examples fill up the rest.
 */

import type { CallLabels } from "@kevo/core/llm/call.ts";
import type { ModelClient } from "@kevo/core/llm/client.ts";
import { ModelError } from "@kevo/core/llm/errors.ts";
import { predict } from "@kevo/core/llm/predict.ts";
import type { Demo, Signature } from "@kevo/core/llm/signature.ts";
import { labelledRandom } from "@kevo/core/random/random.ts";
import type { z } from "zod";

export interface Example<I, O> {
  readonly input: I;
  /** The right answer; null where only the metric knows it when it sees it. */
  readonly output: O | null;
}

export interface FewShotOptions<I extends z.ZodObject, O extends z.ZodObject> {
  readonly signature: Signature<I, O>;
  readonly client: ModelClient;
  readonly labels: CallLabels;
  readonly trainset: readonly Example<z.infer<I>, z.infer<O>>[];
  /** How good an answer is; higher is better. */
  readonly metric: (example: Example<z.infer<I>, z.infer<O>>, output: z.infer<O>) => number | Promise<number>;
  /** The least that makes a demo. */
  readonly threshold: number;
  readonly seed: number;
  readonly maxGenerated?: number | undefined;
  /** Demos in all, generated ones among them. */
  readonly maxLabeled?: number | undefined;
  /** How often each example is tried; rounds after the first ask at temperature 1. */
  readonly maxRounds?: number | undefined;
  /** Calls that may fail before the last failure is thrown. */
  readonly maxErrors?: number | undefined;
  readonly maxTokens?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface FewShotDemos<I, O> {
  /** Generated first, then labelled. */
  readonly demos: readonly Demo<I, O>[];
  readonly generated: number;
  /** Examples that were tried, and calls that failed. */
  readonly tried: number;
  readonly errors: number;
}

/** @throws ModelError once more than `maxErrors` calls have failed, and at once where no call can succeed. */
export async function fewShot<I extends z.ZodObject, O extends z.ZodObject>(
  options: FewShotOptions<I, O>,
): Promise<FewShotDemos<z.infer<I>, z.infer<O>>> {
  type Case = Example<z.infer<I>, z.infer<O>>;
  const { signature, client, labels, metric, threshold, seed, maxTokens, signal } = options;
  const { maxGenerated = 4, maxLabeled = 16, maxRounds = 1, maxErrors = 5 } = options;
  // The name of the draw is part of what a seed means: another one would try the examples in another order.
  const random = labelledRandom(`bootstrap/${signature.hash}/${seed}`);
  const order: Case[] = random.shuffle([...options.trainset]);
  const labelled = order.flatMap((example) =>
    example.output === null ? [] : [example as Case & { output: z.infer<O> }],
  );
  const made = new Map<Case, Demo<z.infer<I>, z.infer<O>>>();
  let tried = 0;
  let errors = 0;
  for (let round = 0; round < maxRounds && made.size < maxGenerated; round++) {
    for (const [index, example] of order.entries()) {
      if (made.size >= maxGenerated) break;
      if (made.has(example)) continue;
      tried++;
      try {
        const { output } = await predict(signature, client, {
          input: example.input,
          labels,
          // Never shown its own answer.
          demos: labelled.filter((other) => other !== example).slice(0, maxLabeled),
          seed: seed + round * order.length + index,
          temperature: round === 0 ? undefined : 1,
          maxTokens,
          signal,
        });
        if ((await metric(example, output)) >= threshold) made.set(example, { input: example.input, output });
      } catch (error) {
        if (!(error instanceof ModelError) || error.final || error.kind === "cancelled") throw error;
        if (++errors > maxErrors) throw error;
      }
    }
  }
  const rest = labelled.filter((example) => !made.has(example)).slice(0, Math.max(0, maxLabeled - made.size));
  return {
    demos: [...made.values(), ...rest.map(({ input, output }) => ({ input, output }))],
    generated: made.size,
    tried,
    errors,
  };
}
