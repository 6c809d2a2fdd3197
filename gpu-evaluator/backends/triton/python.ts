/** The Python that runs the runner, and the environment that its processes get. */
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { homeFolder } from "@kevo/core/config/user-folders.ts";
import { UserError } from "@kevo/core/errors/user-error.ts";
import { CommandFailed, outputOf } from "@kevo/core/process/command.ts";
import { cleanEnvironment } from "@kevo/core/process/environment.ts";

/** Where libraries and the driver are, beside what every candidate's process gets. No name of a key is among them. */
const PASSED_ON = [
  "LD_LIBRARY_PATH",
  "PYTHONPATH",
  "VIRTUAL_ENV",
  "CUDA_HOME",
  "TRITON_INTERPRET",
  "TRITON_LIBCUDA_PATH",
  "TRITON_PTXAS_PATH",
];

/** Versions from the packages' metadata: importing torch takes seconds. */
const VERSIONS = `import importlib.metadata as m, json, platform
def version(name):
    try: return m.version(name)
    except m.PackageNotFoundError: return None
print(json.dumps([platform.python_version(), version("torch"), version("triton")]))`;

const ADVICE =
  "Set KEVO_PYTHON to a Python 3.10 or newer that has torch and triton (pip install torch triton), then start again.";

/** Environment of the runner's processes: an allow-list, and caches in the daemon's own folder. */
export function runnerEnvironment(scratch: string, environment: NodeJS.ProcessEnv): Record<string, string> {
  const passed = PASSED_ON.flatMap((name) => {
    const value = environment[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return {
    ...cleanEnvironment(scratch),
    ...userBase(environment),
    PYTHONDONTWRITEBYTECODE: "1",
    TRITON_CACHE_DIR: join(scratch, "triton"),
    ...Object.fromEntries(passed),
  };
}

/** The runner has another HOME; it still finds the packages that the user installed for himself. */
function userBase({ PYTHONUSERBASE: named }: NodeJS.ProcessEnv): { PYTHONUSERBASE?: string } {
  if (named !== undefined) return { PYTHONUSERBASE: named };
  const home = homeFolder();
  return home === null ? {} : { PYTHONUSERBASE: join(home, ".local") };
}

/**
 * @param named the value of KEVO_PYTHON
 * @param backend for messages
 * @returns the interpreter, absolute where it was named by path
 * @throws UserError when it does not run, or lacks torch or triton.
 */
export async function findPython(
  named: string | undefined,
  env: Record<string, string>,
  backend = "Triton",
): Promise<string> {
  const python = named === undefined ? "python3" : named.includes("/") ? resolve(named) : named;
  const what = named === undefined ? "python3 (on PATH)" : `KEVO_PYTHON (${named})`;
  let versions: (string | null)[];
  try {
    if (python.includes("/") && !existsSync(python)) throw new Error("no such file");
    versions = JSON.parse(await outputOf([python, "-c", VERSIONS], { env, timeoutMs: 30_000 })) as (string | null)[];
  } catch (error) {
    const why = error instanceof CommandFailed && error.notFound ? "not found" : firstLine((error as Error).message);
    throw new UserError(`The ${backend} backend needs Python, but ${what} does not run: ${why}. ${ADVICE}`);
  }
  const [version, torch, triton] = versions;
  const missing = [torch ? null : "torch", triton ? null : "triton"].filter((name) => name !== null);
  if (missing.length > 0) {
    throw new UserError(
      `The ${backend} backend needs ${missing.join(" and ")}, which ${what}, version ${version}, does not have. ${ADVICE}`,
    );
  }
  return python;
}

const firstLine = (text: string) => text.split("\n", 1)[0] as string;
