/**
 * A question to a model as a value: instructions, a typed input and a typed output. After the signatures of
 * DSPy (Khattab et al., 2023), with zod schemas for types.
 */
import { createHash } from "node:crypto";
import canonicalize from "canonicalize";
import { z } from "zod";
import { answerSchema } from "./answer-schema.ts";
import type { AnswerSchema, Message } from "./call.ts";

export interface Demo<I, O> {
  readonly input: I;
  readonly output: O;
}

export interface SignatureParts<I extends z.ZodObject, O extends z.ZodObject> {
  /** One word, such as `propose_configurations`; names the schema. */
  readonly name: string;
  readonly instructions: string;
  /** Texts are shown as they are, everything else as JSON. A field's `.describe()` is shown beside its name. */
  readonly input: I;
  readonly output: O;
}

export interface Signature<I extends z.ZodObject = z.ZodObject, O extends z.ZodObject = z.ZodObject>
  extends SignatureParts<I, O> {
  readonly answer: AnswerSchema;
  /** SHA-256 of name, instructions and both schemas: what saved demos belong to. */
  readonly hash: string;
}

/** @throws UserError where the output cannot be a strict schema (`answerSchema`). */
export function signature<I extends z.ZodObject, O extends z.ZodObject>(parts: SignatureParts<I, O>): Signature<I, O> {
  const answer = answerSchema(parts.name, parts.output);
  const input = z.toJSONSchema(parts.input, { io: "input", unrepresentable: "any" });
  const text = canonicalize({ name: parts.name, instructions: parts.instructions, input, answer }) as string;
  return { ...parts, answer, hash: createHash("sha256").update(text).digest("hex") };
}

/** System message, each demo as question and answer, then the question. */
export function messagesOf<I extends z.ZodObject, O extends z.ZodObject>(
  { instructions, input, answer }: Signature<I, O>,
  value: z.infer<I>,
  demos: readonly Demo<z.infer<I>, z.infer<O>>[],
): Message[] {
  const schema = JSON.stringify(answer.schema);
  return [
    {
      role: "system",
      content: `${instructions.trim()}\n\nAnswer with one JSON object that fits this JSON schema, and nothing else:\n${schema}`,
    },
    ...demos.flatMap((demo): Message[] => [
      { role: "user", content: shown(input, demo.input) },
      { role: "assistant", content: JSON.stringify(demo.output) },
    ]),
    { role: "user", content: shown(input, value) },
  ];
}

function shown(input: z.ZodObject, value: Readonly<Record<string, unknown>>): string {
  return Object.entries(input.shape)
    .filter(([name]) => value[name] !== undefined && value[name] !== null)
    .map(([name, field]) => {
      const description = (field as z.ZodType).description;
      const content = value[name];
      const body = typeof content === "string" ? content : JSON.stringify(content);
      return `## ${name}${description === undefined ? "" : ` (${description})`}\n\n${body}`;
    })
    .join("\n\n");
}
