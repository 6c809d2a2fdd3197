/** The shape of JSON values in TypeScript's notation: from a zod schema, or from examples where there is no schema. */
import { z } from "zod";

type Schema = z.core.JSONSchema.BaseSchema | boolean;

/** Objects whose keys are data: parameters, workloads, devices, baselines. */
const MAPS = new Set(["config", "others", "best_by_workload", "best_by_device"]);
const WIDTH = 100;

export function shapeOfSchema(schema: z.ZodType): string {
  return ofSchema(z.toJSONSchema(schema, { io: "output" }));
}

/** @param values examples of the same thing; a field that some lack is optional */
export function shapeOfValues(values: readonly unknown[]): string {
  return ofValues(values, false);
}

function ofSchema(schema: Schema): string {
  if (typeof schema === "boolean") return "unknown";
  if (schema.enum !== undefined) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.anyOf !== undefined) return union(schema.anyOf.map(ofSchema));
  if (schema.type === "array") return `${grouped(ofSchema((schema.items as Schema | undefined) ?? true))}[]`;
  if (schema.type !== "object") return schema.type === "integer" ? "number" : String(schema.type ?? "unknown");
  if (schema.properties === undefined) return map(ofSchema(schema.additionalProperties ?? true));
  const required = new Set(schema.required);
  return object(Object.entries(schema.properties).map(([name, s]) => [name, required.has(name), ofSchema(s)]));
}

function ofValues(values: readonly unknown[], isMap: boolean): string {
  const objects = values.filter((value) => typeof value === "object" && value !== null && !Array.isArray(value));
  const arrays = values.filter(Array.isArray);
  const others = values.filter((value) => typeof value !== "object").map((value) => typeof value);
  return union([
    ...[...new Set(others)].sort(),
    ...(objects.length > 0 ? [ofObjects(objects as Record<string, unknown>[], isMap)] : []),
    ...(arrays.length > 0 ? [`${grouped(ofValues(arrays.flat(), false))}[]`] : []),
    ...(values.includes(null) ? ["null"] : []),
  ]);
}

function ofObjects(objects: readonly Record<string, unknown>[], isMap: boolean): string {
  if (isMap) return map(ofValues(objects.flatMap(Object.values), false));
  const names = [...new Set(objects.flatMap(Object.keys))];
  return object(
    names.map((name) => {
      const having = objects.filter((each) => name in each);
      const values = having.map((each) => each[name]);
      return [name, having.length === objects.length, ofValues(values, MAPS.has(name))];
    }),
  );
}

const map = (value: string) => (value === "unknown" ? "{ [name: string]: unknown }" : `{ [name: string]: ${value} }`);
const grouped = (shape: string) => (/^[\w.]+$|^\{[\s\S]*\}$/.test(shape) ? shape : `(${shape})`);

function union(shapes: readonly string[]): string {
  const known = [...new Set(shapes)];
  return known.length === 0 ? "unknown" : known.join(" | ");
}

function object(fields: readonly (readonly [name: string, required: boolean, shape: string])[]): string {
  const parts = fields.map(([name, required, shape]) => `${name}${required ? "" : "?"}: ${shape}`);
  const inline = `{ ${parts.join("; ")} }`;
  if (parts.length === 0 || (inline.length <= WIDTH && !inline.includes("\n"))) return inline;
  return `{\n${parts.map((part) => `  ${part.replaceAll("\n", "\n  ")};`).join("\n")}\n}`;
}
