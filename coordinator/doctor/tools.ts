/** nats-server, the C and C++ compilers, GPUs, Python and its libraries. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findNatsServer, NatsServerMissing } from "../nats-server/find.ts";
import { ask } from "./ask.ts";
import { type Finding, found, missing, type Purpose } from "./finding.ts";

export function natsFinding(environment: NodeJS.ProcessEnv): Finding {
  try {
    const { version, source, path } = findNatsServer(environment);
    return found("nats-server", `${version} from ${source}: ${path}`, ["cpu"]);
  } catch (error) {
    if (!(error instanceof NatsServerMissing)) throw error;
    return missing("nats-server", error.wrong, ["cpu"], error.advice);
  }
}

/** Builds and runs a program as a candidate is built: a compiler without headers or linker does not count. */
const PROGRAM = `#include <math.h>
#include <pthread.h>
static void *work(void *x) { *(double *)x = sqrt(*(double *)x); return 0; }
int main(void) { double x = 4; pthread_t t; pthread_create(&t, 0, work, &x); pthread_join(t, 0); return x != 2; }
`;

/** The same in C++, which also needs its own library. */
const CPP_PROGRAM = `#include <vector>
int main() { std::vector<int> numbers{1, 2}; return numbers.size() != 2; }
`;

interface CompilerKind {
  readonly name: string;
  readonly command: readonly string[];
  readonly program: string;
  readonly extension: string;
  readonly purpose: Purpose;
  readonly advice: string;
}

export function compilerFinding(environment: NodeJS.ProcessEnv): Promise<Finding> {
  return findingOf(
    {
      ...{ name: "C compiler", command: (environment.CC?.trim() || "cc").split(/\s+/), purpose: "cpu" },
      ...{ program: PROGRAM, extension: "c" },
      advice:
        "Install gcc or clang and the headers of the C library (Debian: apt install gcc libc6-dev), or name a compiler in CC.",
    },
    environment,
  );
}

export function cppCompilerFinding(environment: NodeJS.ProcessEnv): Promise<Finding> {
  return findingOf(
    {
      ...{ name: "C++ compiler", command: (environment.CXX?.trim() || "c++").split(/\s+/), purpose: "cpp" },
      ...{ program: CPP_PROGRAM, extension: "cpp" },
      advice: "Install a C++ compiler (Debian: apt install g++), or name one in CXX.",
    },
    environment,
  );
}

async function findingOf(
  { name: what, command, program: text, extension, purpose, advice }: CompilerKind,
  environment: NodeJS.ProcessEnv,
): Promise<Finding> {
  const [compiler = "cc", ...flags] = command;
  const version = await ask([compiler, ...flags, "--version"], environment);
  if (!version.ok) return missing(what, version.why, [purpose], advice);
  const folder = await mkdtemp(join(tmpdir(), "kevo-doctor-"));
  try {
    const [source, program] = [join(folder, `a.${extension}`), join(folder, "a.out")];
    await writeFile(source, text);
    const built = await ask([compiler, ...flags, "-O2", "-o", program, source, "-pthread", "-lm"], environment);
    const ran = built.ok ? await ask([program], environment) : built;
    const name = version.text.split("\n")[0] ?? compiler;
    return ran.ok
      ? found(what, `${[compiler, ...flags].join(" ")}: ${name}`, [purpose])
      : missing(what, `a program built with ${name} does not run: ${ran.why}`, [purpose], advice);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

export async function gpuFindings(environment: NodeJS.ProcessEnv): Promise<Finding[]> {
  const query = ["--query-gpu=name,memory.total,driver_version", "--format=csv,noheader"];
  const answer = await ask(["nvidia-smi", ...query], environment);
  if (!answer.ok || answer.text === "") {
    const why = answer.ok ? "nvidia-smi lists none" : answer.why;
    return [missing("GPU", why, ["gpu"], "Start a gpu-evaluator on a machine with an NVIDIA GPU and its driver.")];
  }
  return answer.text.split("\n").map((line, index) => {
    const [name, memory, driver] = line.split(",").map((part) => part.trim());
    return found("GPU", `${index}: ${name}, ${memory}, driver ${driver}`, ["gpu"]);
  });
}

/** Versions from the packages' metadata: importing torch would take seconds. */
const VERSIONS = `import importlib.metadata as m, json, platform
def version(name):
    try: return m.version(name)
    except m.PackageNotFoundError: return None
print(json.dumps([platform.python_version(), *map(version, ("numpy", "torch", "triton", "flash-attn-4"))]))`;

export async function pythonFindings(environment: NodeJS.ProcessEnv): Promise<Finding[]> {
  const answer = await ask(["python3", "-c", VERSIONS], environment);
  if (!answer.ok) {
    return [missing("Python", answer.why, ["gpu", "comparison"], "Install Python 3.10 or newer.")];
  }
  const [python, numpy, torch, triton, flashAttention] = JSON.parse(answer.text) as (string | null)[];
  const library = (name: string, version: string | null | undefined, purposes: Finding["neededFor"]) =>
    version
      ? found(name, version, purposes)
      : missing(name, "not installed", purposes, `pip install ${name.toLowerCase()}`);
  return [
    found("Python", `${python}`, ["gpu", "comparison"]),
    library("NumPy", numpy, ["comparison"]),
    library("torch", torch, ["gpu", "comparison"]),
    library("triton", triton, ["gpu"]),
    library("flash-attn-4", flashAttention, ["attention"]),
  ];
}
