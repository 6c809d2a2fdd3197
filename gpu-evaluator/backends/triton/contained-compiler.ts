/**
 * Compiles code that a model wrote. Each candidate gets a fresh process inside the compilers' sandbox: no network, no
 * keys; it reads the folders of the system, of Python and of the kernel, and writes into a new folder alone. Its output
 * is examined when everything in the sandbox has ended.
 */
import { existsSync } from "node:fs";
import { lstat, mkdir, readdir, readFile, rm } from "node:fs/promises";
import { delimiter, dirname, join } from "node:path";
import { UserError } from "@kevo/core/errors/user-error.ts";
import { retry } from "@kevo/core/retry/retry.ts";
import { type Layer, prepareSandbox, type Sandbox, systemPaths } from "@kevo/core/sandbox/sandbox.ts";
import { isPlace, pythonPaths } from "../python-paths.ts";
import type { Frame } from "./frames.ts";
import { RunnerError, RunnerLost, RunnerProcess } from "./runner-process.ts";

export interface ContainedCompilerOptions {
  readonly python: string;
  /** Folder and name of the program. */
  readonly runner: string;
  readonly program: string;
  readonly env: Readonly<Record<string, string>>;
  /** An existing folder of this daemon's. */
  readonly scratch: string;
  readonly memoryBytes: number;
  /** Command of the C compiler that builds the sandbox. */
  readonly cc: readonly string[];
  /** Layers to leave out; for tests. */
  readonly without?: readonly Layer[];
}

export interface Answered {
  readonly frame: Frame;
  /** Holds its artefacts and nothing but plain files and folders. */
  readonly cacheDir: string;
  readonly dispose: () => Promise<void>;
}

const START_LIMIT_MS = 120_000;
const STARTS = 3;
/** Of one file, and of all that it writes. Machine code and its intermediate forms take less than a hundredth. */
const FILE_BYTES = 256 * 1024 ** 2;
const MAX_BYTES = 1024 ** 3;
/** The compiler starts one program at a time; threads are not counted. */
const MAX_PROCESSES = 32;
/** Threads count here. */
const MAX_TASKS = 1024;
const LOOK_MS = 200;
const DEVICES = ["/dev/null", "/dev/zero", "/dev/urandom"];

export class ContainedCompiler {
  readonly protection: { readonly description: string; readonly contains: boolean };
  readonly #options: ContainedCompilerOptions;
  readonly #sandbox: Sandbox | null;
  /** What Python reads, absolute. */
  readonly #libraries: readonly string[];
  #count = 0;

  private constructor(
    options: ContainedCompilerOptions,
    sandbox: Sandbox | null,
    libraries: readonly string[],
    description: string,
  ) {
    this.#options = options;
    this.#sandbox = sandbox;
    this.#libraries = libraries;
    this.protection = { description, contains: sandbox?.contains ?? false };
  }

  /** Builds the sandbox and starts the compile process in it once. Where either fails `protection` says so. */
  static async open(options: ContainedCompilerOptions): Promise<ContainedCompiler> {
    const { scratch, cc, without = [], env } = options;
    await mkdir(join(scratch, "evolved"));
    try {
      const { PATH: path } = env;
      const built = { compiler: cc, without, ...(path !== undefined && { path }) };
      const sandbox = await prepareSandbox(join(scratch, "sandbox"), built);
      const compiler = new ContainedCompiler(
        options,
        sandbox,
        await librariesOf(options),
        `evolved code compiles in: ${sandbox.description}`,
      );
      await compiler.#probe();
      return compiler;
    } catch (error) {
      const [why] = (error as Error).message.trim().split("\n");
      const description = `NOT CONTAINED: evolved code compiles without a sandbox (${why}), with limits on memory and time only`;
      return new ContainedCompiler(options, null, [], description);
    }
  }

  /**
   * Asks one question of a fresh process.
   * @param readable folders of the kernel and of the evolved source
   * @param question gets its `cache_dir` here
   * @throws RunnerLost when the process was lost to it; UserError when none starts.
   */
  async run(question: Frame, readable: readonly string[], limitMs: number, signal: AbortSignal): Promise<Answered> {
    const folder = await this.#folder();
    const dispose = () => rm(folder, { recursive: true, force: true });
    try {
      const cacheDir = join(folder, "artefacts");
      await mkdir(cacheDir);
      const process = await this.#started(folder, readable);
      const watched = this.#watch(process, folder);
      try {
        const asked = { ...question, cache_dir: cacheDir };
        const frame = await process.request(asked, "compiled", limitMs, { signal: watched.or(signal) });
        await process.end();
        const strange = await strangeIn(cacheDir);
        if (strange !== null) throw new RunnerLost("garbled", `it left ${strange} in place of its machine code`);
        return { frame, cacheDir, dispose };
      } catch (error) {
        const why = watched.why();
        if (why !== null) throw new RunnerLost("ended", why);
        // The candidate's code can say so as well as the runner.
        throw error instanceof RunnerError ? new RunnerLost("garbled", error.message) : error;
      } finally {
        watched.stop();
        await process.end();
      }
    } catch (error) {
      await dispose();
      throw error;
    }
  }

  async #probe(): Promise<void> {
    const folder = await this.#folder();
    const process = this.#start(folder, []);
    try {
      await process.ready(START_LIMIT_MS);
    } finally {
      await process.end();
      await rm(folder, { recursive: true, force: true });
    }
  }

  async #folder(): Promise<string> {
    const folder = join(this.#options.scratch, "evolved", String(++this.#count));
    await mkdir(folder);
    return folder;
  }

  /** A process killed during its start was killed from outside. */
  async #started(folder: string, readable: readonly string[]): Promise<RunnerProcess> {
    const start = async () => {
      const process = this.#start(folder, readable);
      try {
        await process.ready(START_LIMIT_MS);
        return process;
      } catch (error) {
        await process.end();
        throw new UserError(`a compile process for evolved code failed to start: ${(error as Error).message}`);
      }
    };
    return retry(start, { tries: STARTS, waitMs: 0 });
  }

  #start(folder: string, readable: readonly string[]): RunnerProcess {
    const { python, runner, program, memoryBytes } = this.#options;
    const own = { HOME: folder, TMPDIR: folder, TRITON_CACHE_DIR: join(folder, "triton") };
    const env: Record<string, string> = { ...this.#options.env, ...own };
    const common = { python, script: join(runner, program), env, cwd: folder, niceness: 10 };
    const sandbox = this.#sandbox;
    if (sandbox === null) return new RunnerProcess({ ...common, memoryBytes });
    const devices = sandbox.active.namespaces ? [] : DEVICES.filter(existsSync);
    const confinement = {
      read: [...systemPaths(python, env.PATH), runner, ...this.#libraries, ...readable],
      write: [folder, ...devices],
      toolCalls: true,
      ...{ memoryBytes, fileBytes: FILE_BYTES, tasks: MAX_TASKS },
    };
    // The sandbox may have started its child before this process could lower its priority from outside.
    const around = (command: readonly string[]) => ["nice", "-n", "10", ...sandbox.wrap(command, confinement)];
    return new RunnerProcess({ ...common, memoryBytes: null, niceness: 0, around });
  }

  /** Ends a process that starts others without end, or fills the disk. */
  #watch(process: RunnerProcess, folder: string) {
    const ended = new AbortController();
    let why: string | null = null;
    let timer: NodeJS.Timeout;
    const look = async () => {
      const [processes, bytes] = await Promise.all([processesOf(process.pid), bytesIn(folder)]);
      if (processes > MAX_PROCESSES)
        why = `it ran ${processes} processes at the same time; the limit is ${MAX_PROCESSES}`;
      if (bytes > MAX_BYTES) why = `it wrote ${bytes} bytes; the limit is ${MAX_BYTES}`;
      if (why !== null) ended.abort();
      else if (!stopped) timer = setTimeout(look, LOOK_MS);
    };
    let stopped = false;
    timer = setTimeout(look, LOOK_MS);
    return {
      why: () => why,
      or: (signal: AbortSignal) => AbortSignal.any([signal, ended.signal]),
      stop: () => {
        stopped = true;
        clearTimeout(timer);
      },
    };
  }
}

/** Folders that Python names, and those that the environment names for it and for CUDA. */
async function librariesOf({ python, env }: ContainedCompilerOptions): Promise<string[]> {
  const files = [env.TRITON_PTXAS_PATH, env.TRITON_LIBCUDA_PATH].flatMap((file) => (file ? [dirname(file)] : []));
  const named = [...(env.LD_LIBRARY_PATH?.split(delimiter) ?? []), ...files, env.CUDA_HOME ?? ""];
  return [...(await pythonPaths(python, env, START_LIMIT_MS)), ...named.filter(isPlace)];
}

/** Members of a process group; nothing in the sandbox may leave it. 0 where /proc does not say. */
async function processesOf(group: number | undefined): Promise<number> {
  const names = await readdir("/proc").catch(() => []);
  const groups = names
    .filter((name) => /^\d+$/.test(name))
    .map(async (name) => {
      const stat = await readFile(`/proc/${name}/stat`, "utf8").catch(() => "");
      // After the name in brackets: state, parent, group.
      return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[2]);
    });
  return (await Promise.all(groups)).filter((found) => found === group).length;
}

async function bytesIn(folder: string): Promise<number> {
  const names = await readdir(folder, { recursive: true }).catch(() => []);
  const sizes = names.map((name) =>
    lstat(join(folder, name)).then(
      ({ blocks }) => blocks * 512,
      () => 0,
    ),
  );
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}

/**
 * Finds entries other than files and folders: the measuring process, as this user, would follow links and read pipes.
 */
async function strangeIn(cacheDir: string): Promise<string | null> {
  if (!(await lstat(cacheDir)).isDirectory()) return "no folder";
  for (const entry of await readdir(cacheDir, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() && !entry.isDirectory()) return `${entry.name}, which is not a file,`;
  }
  return null;
}
