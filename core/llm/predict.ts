/** Asks a model for what a signature says and checks what comes back; one repair turn where it does not fit. */
import { z } from "zod";
import type { CallLabels, CallRecord, Message, ModelRequest } from "./call.ts";
import type { ModelClient } from "./client.ts";
import { ModelError } from "./errors.ts";
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
   * What the schema cannot say. Complaints, one sentence each, are told to the model in the repair turn; none
   * accepts the answer. Called for each answer that fits the schema.
   */
  readonly check?: ((output: O) => readonly string[]) | undefined;
  /** What to do with an answer that fits the schema and that `check` still complains about after the repair turn. */
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
  const second = await ask([
    ...question,
    { role: "assistant", content: first.text },
    { role: "user", content: repairTurn(judged.complaints) },
  ]);
  const calls = [first.call, second.call];
  const again = judge(signature.output, second.text, check);
  if (again.output !== null && (again.complaints.length === 0 || options.unrepaired === "accept")) {
    return { output: again.output, complaints: again.complaints, call: second.call, calls };
  }
  const why = again.complaints.slice(0, 3).join("; ");
  throw new ModelError(
    "invalid_answer",
    `the answer does not fit the schema, even after one repair: ${why}`,
    second.call,
  );
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
  const json = jsonIn(text);
  if (json === undefined) return { output: null, complaints: ["the answer is not JSON"] };
  const result = schema.safeParse(json);
  if (!result.success) return { output: null, complaints: complaintsOf(result.error) };
  return { output: result.data, complaints: check(result.data) };
}

function complaintsOf(error: z.ZodError): string[] {
  return error.issues
    .slice(0, 10)
    .map(({ path, message }) => (path.length === 0 ? message : `${z.core.toDotPath(path)}: ${message}`));
}

function repairTurn(complaints: readonly string[]): string {
  const list = complaints.map((complaint) => `- ${complaint}`).join("\n");
  return `That answer does not fit:\n${list}\nAnswer again in full, with one JSON object and nothing else.`;
}

/** The JSON of an answer, which may be fenced or stand in prose; undefined where there is none. */
export function jsonIn(text: string): unknown {
  const fenced = /```(?:json)?\s*\n([\s\S]*?)\n\s*```/.exec(text)?.[1] ?? "";
  for (const candidate of [text, fenced, text.slice(text.indexOf("{"), text.lastIndexOf("}") + 1)]) {
    try {
      return JSON.parse(candidate);
    } catch {
      // The next candidate, or none.
    }
  }
  return undefined;
}
