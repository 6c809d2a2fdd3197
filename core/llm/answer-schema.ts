/** From a zod schema to the JSON schema that providers enforce. */
import { z } from "zod";
import { UserError } from "../errors/user-error.ts";
import type { AnswerSchema } from "./call.ts";

type Node = Record<string, unknown>;

/**
 * Limits that some providers reject and others ignore. The description states them; they are checked when
 * the answer is here.
 */
const LIMITS: Readonly<Record<string, (value: unknown) => string>> = {
  minItems: (n) => `at least ${n} items`,
  maxItems: (n) => `at most ${n} items`,
  minLength: (n) => `at least ${n} characters`,
  maxLength: (n) => `at most ${n} characters`,
  minimum: (n) => `at least ${n}`,
  maximum: (n) => `at most ${n}`,
  exclusiveMinimum: (n) => `more than ${n}`,
  exclusiveMaximum: (n) => `less than ${n}`,
  multipleOf: (n) => `a multiple of ${n}`,
  pattern: (text) => `matching /${text}/`,
  format: (text) => `in the format ${text}`,
};

/**
 * @throws UserError for what strict schemas cannot say: optional properties (make them nullable) and records (make
 * them arrays of `{name, value}`).
 */
export function answerSchema(name: string, output: z.ZodType): AnswerSchema {
  const { $schema: _, ...schema } = z.toJSONSchema(output, { io: "output", reused: "inline" }) as Node;
  if (schema.type !== "object") {
    throw new UserError(`The answer ${name} must be a z.object; its type is ${String(schema.type ?? "unknown")}.`);
  }
  return { name, schema: strict(schema, name) };
}

function strict(node: unknown, path: string): Node {
  if (typeof node !== "object" || node === null) return {};
  const out: Node = {};
  const limits: string[] = [];
  for (const [key, value] of Object.entries(node)) {
    const say = LIMITS[key];
    if (say !== undefined) {
      // Zod bounds every integer by the range of a double; the model need not read that.
      if (Math.abs(Number(value)) !== Number.MAX_SAFE_INTEGER) limits.push(say(value));
    } else if (key === "properties") {
      out[key] = Object.fromEntries(
        Object.entries(value as Node).map(([field, child]) => [field, strict(child, `${path}.${field}`)]),
      );
    } else if (key === "items") out[key] = strict(value, `${path}[]`);
    else if (key === "anyOf" || key === "oneOf" || key === "prefixItems" || key === "allOf") {
      const children = (value as unknown[]).map((child) => strict(child, path));
      out[key === "oneOf" ? "anyOf" : key] = children;
    } else out[key] = value;
  }
  if (out.type === "object") demandAll(out, path);
  if (limits.length > 0) {
    const said = typeof out.description === "string" ? `${out.description} ` : "";
    out.description = `${said}(${limits.join(", ")})`;
  }
  return out;
}

function demandAll(node: Node, path: string): void {
  if (node.properties === undefined) {
    throw new UserError(`${path} is a record, which a strict schema cannot express: use an array of {name, value}.`);
  }
  const required = (node.required ?? []) as string[];
  const optional = Object.keys(node.properties as Node).filter((field) => !required.includes(field));
  if (optional.length > 0) {
    throw new UserError(`${path}.${optional[0]} is optional, which a strict schema cannot express: use .nullable().`);
  }
  node.additionalProperties = false;
}
