/** Demos of a signature as a file: versioned JSON, keyed by the signature's hash. */

import { readFileSync, writeFileSync } from "node:fs";
import { z } from "zod";
import { parseJson } from "../config/json.ts";
import { reasonOf } from "../errors/system-error.ts";
import { UserError } from "../errors/user-error.ts";
import type { Demo, Signature } from "./signature.ts";

const VERSION = 1;
const file = z.object({
  version: z.literal(VERSION),
  name: z.string(),
  signature: z.string(),
  demos: z.array(z.object({ input: z.unknown(), output: z.unknown() })),
});

export function saveDemos<I extends z.ZodObject, O extends z.ZodObject>(
  path: string,
  { name, hash }: Signature<I, O>,
  demos: readonly Demo<z.infer<I>, z.infer<O>>[],
): void {
  writeFileSync(path, `${JSON.stringify({ version: VERSION, name, signature: hash, demos }, null, 2)}\n`);
}

/** @throws UserError for a file of another form, or of a signature that has since changed. */
export function loadDemos<I extends z.ZodObject, O extends z.ZodObject>(
  path: string,
  signature: Signature<I, O>,
): Demo<z.infer<I>, z.infer<O>>[] {
  const again = `Write the examples for ${signature.name} again: \`research-stage optimise-prompts\`.`;
  let json: unknown;
  try {
    json = parseJson(readFileSync(path, "utf8"));
  } catch (error) {
    throw new UserError(`Cannot read the examples in ${path}: ${reasonOf(error)}. ${again}`);
  }
  const parsed = file.safeParse(json);
  if (!parsed.success) throw new UserError(`${path} contains no examples of version ${VERSION}. ${again}`);
  if (parsed.data.signature !== signature.hash) {
    throw new UserError(`The examples in ${path} were written for another version of ${parsed.data.name}. ${again}`);
  }
  return parsed.data.demos.map(({ input, output }) => ({
    input: signature.input.parse(input) as z.infer<I>,
    output: signature.output.parse(output) as z.infer<O>,
  }));
}
