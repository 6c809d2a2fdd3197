/**
 * Runs the exported loader as its user will: every dispatched configuration is built and compared with the reference
 * by the exported code itself, in an environment that holds nothing of this project.
 */
import { UserError } from "@kevo/core/errors/user-error.ts";
import { runCommand } from "@kevo/core/process/command.ts";
import { describeEnd } from "@kevo/core/process/ended.ts";
import { z } from "zod";

const row = z.object({
  workload: z.string(),
  runs: z.string(),
  why: z.string(),
  time_ms: z.number().optional(),
  /** False where this host has nothing to launch on, which says nothing about the export. */
  can_launch: z.boolean().default(true),
});
export type CheckedEntry = z.infer<typeof row>;

/** Every shape is compiled, and computed by the slow reference too. */
const LIMIT_MS = 600_000;
/** The environment of a user's shell, without our variables and without keys. */
const INHERITED = ["PATH", "HOME", "LANG", "CC", "CUDA_VISIBLE_DEVICES", "LD_LIBRARY_PATH", "TMPDIR"];

/**
 * @param python the Python that is to run it, for Triton the one that has torch.
 * @returns what each entry runs, or a sentence that says why it could not be tried on this machine.
 * @throws UserError that names the entry which does not run as it was measured, and why.
 */
export async function checkExport(folder: string, python: string): Promise<CheckedEntry[] | string> {
  const { stdout, stderr, end, missing } = await run(python, ["loader.py", "--json", "--calls", "3"], folder);
  if (missing) return `${python} cannot be started on this machine.`;
  const parsed = z.array(row).safeParse(jsonOf(stdout));
  if (!parsed.success) {
    return `its loader could not be run on this machine: ${stderr.trim().split("\n").at(-1) || end}`;
  }
  const wrong = parsed.data.find(({ runs }) => runs === "reference");
  if (wrong === undefined) return parsed.data;
  if (!wrong.can_launch) return `on this machine ${wrong.why}.`;
  throw new UserError(
    `The export in ${folder} does not run ${wrong.workload} as it was measured: ${wrong.why}. Its loader would fall back to the reference for that workload.`,
  );
}

interface Ended {
  readonly stdout: string;
  readonly stderr: string;
  /** How it ended, as a clause. */
  readonly end: string;
  readonly missing: boolean;
}

async function run(file: string, args: readonly string[], cwd: string): Promise<Ended> {
  // What Python compiles stays out of the exported folder.
  const env = {
    ...Object.fromEntries(INHERITED.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : []))),
    PYTHONDONTWRITEBYTECODE: "1",
  };
  try {
    const result = await runCommand([file, ...args], { cwd, env, timeoutMs: LIMIT_MS });
    const end = result.timedOut ? `it took longer than ${LIMIT_MS / 1000} s` : `it ${describeEnd(result)}`;
    return { stdout: result.stdout, stderr: result.stderr, end, missing: false };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "EACCES") return { stdout: "", stderr: "", end: "", missing: true };
    throw error;
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
