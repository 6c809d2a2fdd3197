/** What xAI accepts: a chat completion with a strict schema, and no option that reasoning models reject. */
import { z } from "zod";

type Node = Record<string, unknown>;

export const chatRequest = z.object({
  model: z.string(),
  messages: z.array(z.object({ role: z.enum(["system", "user", "assistant"]), content: z.string() })).min(1),
  max_completion_tokens: z.int().positive().nullish(),
  seed: z.int().nullish(),
  temperature: z.number().min(0).max(2).nullish(),
  response_format: z
    .object({
      type: z.literal("json_schema"),
      json_schema: z.object({
        name: z.string().regex(/^[a-zA-Z0-9_-]{1,64}$/),
        strict: z.literal(true),
        schema: z.record(z.string(), z.unknown()),
      }),
    })
    .nullish(),
});
export type ChatRequest = z.infer<typeof chatRequest>;

export const REJECTED = ["presence_penalty", "frequency_penalty", "stop"];

/** Keywords that the provider refuses to enforce, and silently would not. */
const UNSUPPORTED = ["minLength", "maxLength", "minItems", "maxItems", "pattern", "format", "minimum", "maximum"];

/** The defect of a schema in strict mode; null for a good one. */
export function schemaTrouble(node: unknown, path = "schema"): string | null {
  if (typeof node !== "object" || node === null) return null;
  const schema = node as Node;
  const keyword = UNSUPPORTED.find((word) => word in schema);
  if (keyword !== undefined) return `${path}: the keyword ${keyword} is not supported`;
  if (schema.type === "object") {
    const fields = Object.keys((schema.properties ?? {}) as Node);
    if (schema.additionalProperties !== false) return `${path}: additionalProperties must be false`;
    const required = (schema.required ?? []) as string[];
    const missing = fields.find((field) => !required.includes(field));
    if (missing !== undefined) return `${path}: ${missing} must be required`;
  }
  const children: [string, unknown][] = [
    ...Object.entries((schema.properties ?? {}) as Node),
    ["items", schema.items],
    ...((schema.anyOf ?? []) as unknown[]).map((child, i): [string, unknown] => [`anyOf[${i}]`, child]),
  ];
  for (const [name, child] of children) {
    const trouble = schemaTrouble(child, `${path}.${name}`);
    if (trouble !== null) return trouble;
  }
  return null;
}
