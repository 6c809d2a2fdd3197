/** Asks a model for what a signature says and checks what comes back; one repair turn where it does not fit. */
import type { z } from "zod";
import type { CallLabels, CallRecord, Message, ModelRequest } from "./call.ts";
import type { ModelClient } from "./client.ts";
import { ModelError } from "./errors.ts";
import { readAnswer } from "./read-answer.ts";
import { type Demo, messagesOf, type Signature } from "./signature.ts";

export interface PredictOptions<I, O> {
  readonly input: I;
  readonly labels: CallLabels;
  readonly demos?: readonly Demo<I, O>[] | undefined;
  /** Completion and reasoning together; 8192 where it is not given. */
  readonly maxTokens?: number | undefined;
  readonly temperature?: number | undefined;
  /** Another seed makes another question of the same input. */
  readonly seed?: number | undefined;
  /**
   * Checks beyond the schema. Returns complaints, one sentence each, for the model's repair turn; an empty list accepts
   * the answer. Called for each answer that fits the schema.
   */
  readonly check?: ((output: O) => readonly string[]) | undefined;
  /** How to treat an answer that fits the schema but still draws complaints from `check` after the repair turn. */
  readonly unrepaired?: "reject" | "accept" | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface Prediction<O> {
  readonly output: O;
  /** What `check` still complains about; empty unless `unrepaired` is `accept`. */
  readonly complaints: readonly string[];
  /** The call that gave the output. */
  readonly call: CallRecord;
  /** All calls in order: one, or two where there was a repair turn. */
  readonly calls: readonly CallRecord[];
}

const MAX_TOKENS = 8192;

/**
 * @throws ModelError by kind; `invalid_answer` where the answer does not fit after the repair turn either.
 * @throws ZodError where the input does not fit the signature.
 */
export async function predict<I extends z.ZodObject, O extends z.ZodObject>(
  signature: Signature<I, O>,
  client: ModelClient,
  options: PredictOptions<z.infer<I>, z.infer<O>>,
): Promise<Prediction<z.infer<O>>> {
  const input = signature.input.parse(options.input) as z.infer<I>;
  const { labels, signal, maxTokens = MAX_TOKENS, temperature, seed } = options;
  const ask = (messages: readonly Message[]) => {
    const request: ModelRequest = { messages, answer: signature.answer, maxTokens, temperature, seed };
    return client.ask(request, { labels, signal });
  };
  const check = options.check ?? (() => []);
  const question = messagesOf(signature, input, options.demos ?? []);

  const first = await ask(question);
  const judged = judge(signature.output, first.text, check);
  if (judged.complaints.length === 0 && judged.output !== null) {
    return { output: judged.output, complaints: [], call: first.call, calls: [first.call] };
  }
  // An island has one pending question at a time, so its questions do not depend on other calls.
  const reason = JSON.stringify([signature.hash, labels.island, judged.complaints]);
  const second = client.unmended?.has(reason)
    ? null
    : await ask([
        ...question,
        { role: "assistant", content: first.text },
        { role: "user", content: repairTurn(judged.complaints) },
      ]).catch(whereNotPaid);
  const again = second === null ? judged : judge(signature.output, second.text, check);
  const calls = second === null ? [first.call] : [first.call, second.call];
  const call = calls.at(-1) as CallRecord;
  const { output, complaints } = again;
  if (second !== null && complaints.length > 0) client.unmended?.add(reason);
  if (output !== null && (complaints.length === 0 || options.unrepaired === "accept")) {
    return { output, complaints, call, calls };
  }
  const how = second === null ? "and an earlier repair did not help" : "even after one repair";
  throw new ModelError(
    "invalid_answer",
    `the answer does not fit the schema, ${how}: ${complaints.slice(0, 3).join("; ")}`,
    call,
  );
}

/** The run that is repeated did not pay for another answer. */
function whereNotPaid(error: unknown): null {
  if (error instanceof ModelError && error.kind === "not_recorded") return null;
  throw error;
}

interface Judged<O> {
  readonly output: O | null;
  readonly complaints: readonly string[];
}

function judge<O extends z.ZodObject>(
  schema: O,
  text: string,
  check: (output: z.infer<O>) => readonly string[],
): Judged<z.infer<O>> {
  const { output, complaints } = readAnswer(schema, text);
  return output === null ? { output, complaints } : { output, complaints: check(output) };
}

function repairTurn(complaints: readonly string[]): string {
  const list = complaints.map((complaint) => `- ${complaint}`).join("\n");
  return `That answer does not fit:\n${list}\nAnswer again in full, with one JSON object and nothing else.`;
}
