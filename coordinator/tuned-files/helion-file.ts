/** Tuned configurations of Helion kernels as vLLM keeps them: `configs/KERNEL/DEVICE.json`, a list of sizes and configurations. */
import { describeIssues } from "@kevo/core/errors/issues.ts";
import { UserError } from "@kevo/core/errors/user-error.ts";
import { z } from "zod";
import { jsonOf } from "./json-of.ts";

const entry = z.strictObject({
  /** Sizes by name; none is what runs where no other entry fits. */
  key: z.record(z.string(), z.union([z.number(), z.string(), z.boolean()])),
  config: z.record(z.string(), z.unknown()),
});
export type HelionEntry = z.infer<typeof entry>;

/** @throws UserError (code 2) with the name and the entry. */
export function parseHelionFile(text: string, where: string): HelionEntry[] {
  const result = z.array(entry).min(1).safeParse(jsonOf(text, where));
  if (!result.success) throw new UserError(`${where}: ${describeIssues(result.error)}.`, 2);
  return result.data;
}
