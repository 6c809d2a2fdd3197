/** The system's C compiler: which one, what it calls this machine, and the support code compiled with it once. */

import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { reasonOf } from "@kevo/core/errors/system-error.ts";
import { UserError } from "@kevo/core/errors/user-error.ts";
import { runCommand } from "@kevo/core/process/command.ts";
import { bareEnvironment } from "@kevo/core/process/environment.ts";
import { kept } from "@kevo/core/process/kept-build.ts";
import {
  type Layer,
  prepareSandbox,
  NATIVE as SANDBOX_NATIVE,
  type Sandbox,
  systemPaths,
} from "@kevo/core/sandbox/sandbox.ts";
import type { DeviceRates } from "./device-limits.ts";
import { deviceRates } from "./device-rates.ts";

export const NATIVE = fileURLToPath(new URL("./native/", import.meta.url));

export interface Toolchain {
  /** Compiler and its fixed arguments, as in CC="ccache gcc". */
  readonly compiler: readonly string[];
  /** The C++ compiler likewise, or null and what to do about it: only kernels in C++ need one. */
  readonly cppCompiler: { readonly command: readonly string[] | null; readonly missing: string };
  /** `-march=native` or what this compiler has instead. */
  readonly native: readonly string[];
  /** One line for people and for comparing evaluations. */
  readonly description: string;
  readonly cores: number;
  /** The entry of a kernel without `arguments`, and of its reference. */
  readonly floatEntry: { readonly kernel: string; readonly reference: string };
  /** Linked with every candidate, besides its entry. */
  readonly harness: readonly string[];
  /** Linked with a kernel's reference: what writes files of known answers, and what makes inputs for the referee. */
  readonly referenceMain: string;
  readonly inputsMain: readonly string[];
  /** Executable of the kernel that does nothing. */
  readonly emptyKernel: string;
  /** The referee and its arguments, in its sandbox; it sees these folders, which exist, and nothing else. */
  readonly referee: (folders: readonly string[]) => string[];
  readonly sandbox: Sandbox;
  /** Beside its own folder and the kernel's, what a compiler reads. */
  readonly readable: readonly string[];
  /** `-static` where that links: a candidate then opens no file at all. */
  readonly linkage: readonly string[];
  /** Measured peak of all cores, GFLOP/s. */
  readonly peakGflops: number;
  readonly rates: DeviceRates;
}

const SETUP_LIMIT_MS = 60_000;
/** Processes and threads of all candidates and baselines together. */
const REFEREE_TASKS = 16_384;
/** Parts of the referee, C files of `native/`. */
const REFEREE = [
  "referee",
  "launch",
  "process",
  "waits",
  "memory",
  "data-file",
  "round",
  "elements",
  "poison",
  "judge",
];

export interface ToolchainOptions {
  readonly signal?: AbortSignal;
  /** Layers of the sandbox to leave out; for tests. */
  readonly without?: readonly Layer[];
}

/** Compiles the support code into `folder`. Throws UserError when there is no working compiler. */
export async function prepareToolchain(
  folder: string,
  { signal, without = [] }: ToolchainOptions = {},
): Promise<Toolchain> {
  const compiler = (process.env.CC?.trim() || "cc").split(/\s+/);
  const [file = "cc", ...fixed] = compiler;
  await mkdir(folder, { recursive: true });
  const cc = async (...args: string[]) => {
    const env = bareEnvironment({ TMPDIR: folder, LC_ALL: "C" });
    try {
      return await runCommand([file, ...fixed, ...args], { cwd: folder, timeoutMs: SETUP_LIMIT_MS, signal, env });
    } catch (error) {
      signal?.throwIfAborted();
      throw new UserError(
        `cannot start the C compiler '${compiler.join(" ")}' (${reasonOf(error)}). ` +
          "Install a C compiler (Debian: apt install gcc libc6-dev), or name one in the environment variable CC.",
      );
    }
  };
  const told = await cc("--version");
  /** Null when `output` is there; otherwise what the compiler said. */
  const tryBuild = async (output: string, ...options: string[]): Promise<string | null> => {
    const args = ["-std=gnu17", "-O2", "-pthread", "-I", NATIVE, "-o", output, ...options];
    const made = args.filter((arg) => arg.startsWith(folder));
    const path = join(folder, output);
    const how = { compiler: file, path: process.env.PATH ?? "", version: told.stdout, args: [...fixed, ...args] };
    try {
      await kept({ ...how, folders: [NATIVE, SANDBOX_NATIVE], made, output: path }, process.env, async () => {
        const result = await cc(...args);
        if (result.code !== 0) throw new Refused(result.stderr);
        if (!existsSync(path))
          throw new UserError(
            `the C compiler '${compiler.join(" ")}' reports success but wrote no file. Name another compiler in CC.`,
          );
      });
    } catch (error) {
      if (error instanceof Refused) return error.message;
      throw error;
    }
    return null;
  };
  const build = async (output: string, ...options: string[]) => {
    const refused = await tryBuild(output, ...options);
    if (refused === null) return join(folder, output);
    throw new UserError(
      `the C compiler '${compiler.join(" ")}' cannot build the evaluator's own support code: ` +
        `${firstLines(refused, 3)}. Building it needs gcc 9 or clang 12 and the headers of the C library (libc6-dev).`,
    );
  };
  const object = (name: string) => build(`${name}.o`, "-c", join(NATIVE, `${name}.c`));
  const nativeFlags = async () => {
    for (const flag of ["-march=native", "-mcpu=native"]) {
      if ((await tryBuild("native-probe.o", flag, "-c", join(NATIVE, "team.c"))) === null) return [flag];
    }
    return [];
  };
  // A kept probe does not tell that the library has been removed since. Compilers name a file that they lack without its folder.
  const findStaticLibrary = async () => {
    const named = await cc("-print-file-name=libc.a");
    return named.code !== 0 || existsSync(named.stdout.trim());
  };
  // Independent steps run at the same time: the start of an evaluator waits for this.
  const [cppCompiler, native, hasStaticLibrary, ...objects] = await Promise.all([
    findCppCompiler(folder, signal),
    nativeFlags(),
    findStaticLibrary(),
    ...["channel", "team", "harness", "reference-main", "inputs-main", "entry-floats", "reference-entry-floats"].map(
      object,
    ),
  ]);
  const version = firstLines(told.stdout, 1) || compiler.join(" ");
  const [channel, team, main, referenceMain, inputs, kernel, reference] = objects as [
    ...[string, string, string, string, string],
    ...[string, string],
  ];
  const harness = [main, channel, team];
  const inputsMain = [inputs, channel];
  const isStatic =
    hasStaticLibrary && (await tryBuild("static-probe", "-static", join(NATIVE, "peak.c"), team)) === null;
  const linkage = isStatic ? ["-static"] : [];
  const confine = ["-I", SANDBOX_NATIVE, join(SANDBOX_NATIVE, "confine.c")];
  const parts = REFEREE.map((name) => join(NATIVE, `${name}.c`));
  const [sandbox, referee, peak, emptyKernel] = await Promise.all([
    prepareSandbox(folder, { compiler, without }),
    // It judges every timed output, so it is worth its optimisation.
    build("referee", "-O3", ...native, ...parts, ...confine, ...linkage, "-lm"),
    build("peak", "-O3", ...native, join(NATIVE, "peak.c"), team),
    build("empty-kernel", join(NATIVE, "empty.c"), kernel, ...harness, ...linkage),
  ]);
  const cores = availableParallelism();
  const rates = deviceRates(peak, cores, folder);
  const peakGflops = await rates.gflops("f32");
  signal?.throwIfAborted();
  const description = [version, ...native, `${process.arch} ${process.platform}`].join(", ");
  const libraries = isStatic ? [] : systemPaths(file);
  return {
    ...{ compiler, cppCompiler, native, description, cores, harness, referenceMain, inputsMain, emptyKernel },
    floatEntry: { kernel, reference },
    ...{ peakGflops, rates, sandbox, linkage },
    readable: [...new Set([...systemPaths(file), ...systemPaths(cppCompiler.command?.[0] ?? file)]), folder, NATIVE],
    referee: (folders) => {
      const { seccomp, landlock } = sandbox.active;
      const files = landlock && !isStatic ? ["--files", ...libraries] : [];
      const options = [...(seccomp ? ["--calls"] : []), ...(isStatic ? [] : ["--loads-libraries"]), ...files];
      const read = [...libraries, folder, ...(sandbox.active.namespaces ? [] : ["/proc", "/dev/null"])];
      return sandbox.wrap([referee, ...options], { read, write: folders, tasks: REFEREE_TASKS });
    },
  };
}

/** The compiler ran, and refused what it was given. */
class Refused extends Error {}

async function findCppCompiler(folder: string, signal: AbortSignal | undefined): Promise<Toolchain["cppCompiler"]> {
  const command = (process.env.CXX?.trim() || "c++").split(/\s+/);
  const env = bareEnvironment({ TMPDIR: folder, LC_ALL: "C" });
  const options = { cwd: folder, timeoutMs: SETUP_LIMIT_MS, signal, env };
  const told = await runCommand([...command, "--version"], options).catch(() => null);
  signal?.throwIfAborted();
  if (told?.code === 0) return { command, missing: "" };
  const missing = `This kernel is written in C++, and the compiler '${command.join(" ")}' does not run. Install a C++ compiler (Debian: apt install g++), or name one in the environment variable CXX.`;
  return { command: null, missing };
}

export function firstLines(text: string, count: number): string {
  return text.trim().split("\n").slice(0, count).join("\n");
}
