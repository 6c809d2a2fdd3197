/** What a Kernel Tuner script or a T1 file says of its search space. A script is parsed by Python, never run. */
import { readFileSync } from "node:fs";
import { basename, extname } from "node:path";
import { fileURLToPath } from "node:url";
import { describeIssues } from "@kevo/core/errors/issues.ts";
import { reasonOf } from "@kevo/core/errors/system-error.ts";
import { UserError } from "@kevo/core/errors/user-error.ts";
import { CommandFailed, outputOf } from "@kevo/core/process/command.ts";
import { cleanEnvironment } from "@kevo/core/process/environment.ts";
import { z } from "zod";

const READER = fileURLToPath(new URL("python/read.py", import.meta.url));
const LIMIT_MS = 60_000;

const call = z.object({
  /** Null for a T1 file. */
  line: z.int().nullable(),
  kernel: z.string().nullable(),
  /** Why the parameters are not known at all; else null. */
  why: z.string().nullable(),
  parameters: z.array(
    z.object({
      name: z.string(),
      values: z.array(z.union([z.number(), z.string(), z.boolean()])).nullable(),
      why: z.string().nullable(),
    }),
  ),
  restrictions: z.array(
    z.object({ text: z.string().nullable(), expression: z.string().nullable(), why: z.string().nullable() }),
  ),
  block_size_names: z.array(z.string()),
  cache: z.string().nullable(),
  objective: z.string().nullable(),
  higher_is_better: z.boolean().nullable(),
});
/** One call of `tune_kernel`. */
export type TuningCall = z.infer<typeof call>;

const answer = z.union([
  z.object({ calls: z.array(call) }),
  z.object({ line: z.int().nullable(), message: z.string() }),
]);

const t1File = z.looseObject({
  ConfigurationSpace: z.strictObject({
    TuningParameters: z
      .array(
        z.strictObject({
          Name: z.string(),
          Type: z.string().optional(),
          Values: z.union([z.string(), z.array(z.unknown())]),
          Default: z.unknown().optional(),
        }),
      )
      .min(1),
    Conditions: z
      .array(z.strictObject({ Expression: z.string(), Parameters: z.array(z.string()).optional() }))
      .optional(),
  }),
  KernelSpecification: z
    .looseObject({ KernelName: z.string().optional(), SimulationInput: z.string().optional() })
    .optional(),
});

/**
 * The calls of `tune_kernel` in a script, at least one; a T1 file counts as one.
 *
 * @throws UserError (code 2) when the file cannot be read, is neither of the two, or tunes nothing.
 */
export async function readTuningCalls(path: string, python: string | undefined): Promise<TuningCall[]> {
  const input = textOf(path);
  const isT1 = extname(path) === ".json";
  if (isT1) checkT1(input, path);
  const found = await parsed(input, isT1 ? "t1" : "script", path, python ?? "python3");
  if ("message" in found) {
    throw new UserError(`${path}, line ${found.line}, is not Python: ${found.message}.`, 2);
  }
  if (found.calls.length === 0) {
    throw new UserError(`${path} calls tune_kernel nowhere. Name the script that tunes, or a T1 file (.json).`, 2);
  }
  return found.calls;
}

function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new UserError(`Cannot read ${path}: ${reasonOf(error)}.`, 2);
  }
}

function checkT1(text: string, path: string): void {
  const file = t1File.safeParse(jsonOf(text, path));
  if (file.success) return;
  throw new UserError(
    `${path} is not a T1 file: ${describeIssues(file.error)}. Pass measurements with --cache, beside the script or the T1 file.`,
    2,
  );
}

function jsonOf(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new UserError(`${path} is not JSON: ${(error as Error).message}.`, 2);
  }
}

async function parsed(input: string, kind: "script" | "t1", path: string, python: string) {
  const env = cleanEnvironment("/tmp");
  try {
    // Isolated: neither the user's packages nor his environment matter.
    const output = await outputOf([python, "-B", "-S", READER, kind], { env, timeoutMs: LIMIT_MS, input });
    return answer.parse(JSON.parse(output));
  } catch (error) {
    if (!(error instanceof CommandFailed)) throw error;
    if (error.notFound) {
      throw new UserError(
        `${python} was not found, and Python 3.10 or newer is needed to read ${basename(path)}. Install it, or name one in KEVO_PYTHON.`,
      );
    }
    throw new UserError(`${path} cannot be read: ${error.message}.`);
  }
}
