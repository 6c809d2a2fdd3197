/** Files of tuned configurations as vLLM and SGLang keep them: by batch size, one file for a shape, device and type. */
import { describeIssues } from "@kevo/core/errors/issues.ts";
import { UserError } from "@kevo/core/errors/user-error.ts";
import { z } from "zod";
import { jsonOf } from "./json-of.ts";

export const STACKS = ["vllm", "sglang"] as const;
export type Stack = (typeof STACKS)[number];

const size = z.int().positive();
/**
 * In the order in which both stacks write them. Others are kept as they are: `maxnreg`, which both pass on to Triton,
 * `waves_per_eu`, `USE_TMA`, ….
 */
const row = z
  .object({
    BLOCK_SIZE_M: size,
    BLOCK_SIZE_N: size,
    BLOCK_SIZE_K: size,
    GROUP_SIZE_M: size,
    num_warps: size,
    num_stages: size,
  })
  .catchall(z.union([z.int(), z.boolean(), z.string()]));
export type TunedRow = z.infer<typeof row>;

/** What every row names, and what decides how fast it is on NVIDIA devices, together with `maxnreg`. */
export const TUNED = [
  "BLOCK_SIZE_M",
  "BLOCK_SIZE_N",
  "BLOCK_SIZE_K",
  "GROUP_SIZE_M",
  "num_warps",
  "num_stages",
] as const;

export interface TunedFile {
  /** Of newer files of vLLM; SGLang names a folder by it instead, and cannot read a file that has it. */
  readonly tritonVersion: string | null;
  /** By batch size, in the order of the file. */
  readonly rows: ReadonlyMap<number, TunedRow>;
}

const VERSION = "triton_version";

/** @throws UserError (code 2) on anything else, with the name and the row. */
export function parseTunedFile(text: string, where: string): TunedFile {
  const file = z.record(z.string(), z.unknown()).safeParse(jsonOf(text, where));
  if (!file.success) throw new UserError(`${where} is not a tuned file: it holds no object of batch sizes.`, 2);
  const { [VERSION]: version = null, ...byBatch } = file.data;
  if (version !== null && typeof version !== "string") {
    throw new UserError(`${where}: ${VERSION} is ${JSON.stringify(version)}, not a version in quotes.`, 2);
  }
  const rows = new Map<number, TunedRow>();
  for (const [key, value] of inOrder(text, byBatch)) {
    if (!/^[1-9][0-9]{0,8}$/.test(key)) {
      throw new UserError(
        `${where}: ${JSON.stringify(key)} is not a batch size. The keys are numbers such as "64".`,
        2,
      );
    }
    const parsed = row.safeParse(value);
    if (!parsed.success) throw new UserError(`${where}, batch size ${key}: ${describeIssues(parsed.error)}.`, 2);
    // As the file has it: the schema would put what it knows first.
    rows.set(Number(key), value as TunedRow);
  }
  if (rows.size === 0) throw new UserError(`${where} has no row. Give a file with at least one batch size.`, 2);
  return { tritonVersion: version, rows };
}

/** As the file has them, since the first of two equally near rows counts; JavaScript puts numbers in ascending order. */
function inOrder(text: string, byBatch: Record<string, unknown>): [string, unknown][] {
  const places = new Map([...text.matchAll(/"([^"]*)"\s*:/g)].map((found) => [found[1], found.index]));
  return Object.entries(byBatch).sort(([a], [b]) => (places.get(a) ?? 0) - (places.get(b) ?? 0));
}

/** Byte for byte what Python's `json.dump(…, indent=4)` and a line break make of it. */
export function writeTunedFile({ tritonVersion, rows }: TunedFile): string {
  const entries = [...rows].map(([batch, one]) => [String(batch), one] as const);
  const all = tritonVersion === null ? entries : [[VERSION, tritonVersion] as const, ...entries];
  // Entry by entry: JavaScript puts keys that look like numbers before all others.
  const lines = all.map(([key, value]) => {
    const shown = JSON.stringify(value, null, 4).replaceAll("\n", "\n    ");
    return `    ${JSON.stringify(key)}: ${shown}`;
  });
  return `{\n${lines.join(",\n")}\n}\n`;
}
