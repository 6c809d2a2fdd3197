/**
 * The sandbox around untrusted code, and around the programs that compile or start it. Its native part
 * (`native/sandbox.c`) is compiled at start by the compiler of the candidates; then every layer is tried on this host,
 * and the result reported. Nothing here is assumed to work.
 */
import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { UserError } from "../errors/user-error.ts";
import { outputOf } from "../process/command.ts";
import { kept } from "../process/kept-build.ts";
import { systemPaths } from "./paths.ts";

export const NATIVE = fileURLToPath(new URL("./native/", import.meta.url));

const LAYERS = ["namespaces", "landlock", "seccomp"] as const;
export type Layer = (typeof LAYERS)[number];

const MEANING: Record<Layer, string> = {
  namespaces: "separate namespaces (files, processes, network, users)",
  landlock: "files restricted by Landlock",
  seccomp: "system calls filtered (seccomp)",
};

interface Confinement {
  /** Absolute paths, which must exist when it starts; all else is out of sight or out of reach. */
  readonly read: readonly string[];
  readonly write: readonly string[];
  /** Filters system calls as a compiler needs them. */
  readonly toolCalls?: boolean;
  /** Address space, bytes. */
  readonly memoryBytes?: number;
  /** Of any file that it writes, bytes. */
  readonly fileBytes?: number;
  /** Processes and threads at once; held where a user namespace counts its own (Linux 5.14). */
  readonly tasks?: number;
}

export interface Sandbox {
  readonly active: Readonly<Record<Layer, boolean>>;
  /** Nothing inside reaches the network, other processes, or writes outside of what it was given. */
  readonly contains: boolean;
  /** One line, for people. */
  readonly description: string;
  /** The same command with what this host has around it. `command[0]` is found by PATH. */
  wrap(command: readonly string[], confinement: Confinement): string[];
}

export interface SandboxOptions {
  /** Compiler and its fixed arguments. */
  readonly compiler: readonly string[];
  /** Layers to leave out; for tests. */
  readonly without?: readonly Layer[];
  /** Where the compiler is looked for; this process's own PATH when omitted. */
  readonly path?: string;
}

const LIMIT_MS = 60_000;
const PARTS = ["sandbox.c", "namespaces.c", "confine.c"];

/** Builds into `folder`, which it creates. @throws Error, with the compiler's message, when it cannot be built. */
export async function prepareSandbox(folder: string, options: SandboxOptions): Promise<Sandbox> {
  const [compiler = "cc", ...fixed] = options.compiler;
  const root = join(folder, "empty");
  await mkdir(root, { recursive: true });
  const program = join(folder, "sandbox");
  const env = { PATH: options.path ?? process.env.PATH ?? "", LC_ALL: "C", TMPDIR: folder };
  const run = (...command: string[]) => outputOf(command, { cwd: folder, timeoutMs: LIMIT_MS, env });
  const files = PARTS.map((name) => join(NATIVE, name));
  const args = [...fixed, "-std=gnu17", "-O2", "-w", "-o", program, ...files];
  const version = await run(compiler, ...fixed, "--version");
  const build = { compiler, path: env.PATH, version, args, folders: [NATIVE], made: [], output: program };
  await kept(build, process.env, async () => {
    await run(compiler, ...args);
  });
  if (!existsSync(program)) {
    throw new UserError(`the C compiler '${compiler}' reports success but wrote no file. Name another compiler in CC.`);
  }
  const probed = readProbe(await run(program, "probe", root), options.without ?? []);
  // The user nobody must be able to read the files that this process writes from here on.
  const nobody =
    (process.umask() & 0o5) === 0 ? probed.nobody : { works: false, why: "the umask hides files from others" };
  return sandboxOf(program, root, { ...probed, nobody });
}

/** `nobody`: this process is root, and can start it as the user nobody. */
type Probed = Record<Layer | "nobody", { readonly works: boolean; readonly why: string }>;

function readProbe(text: string, without: readonly Layer[]): Probed {
  const lines = text.split("\n").map((line) => /^(\w+) (yes|no)(?: (.*))?$/.exec(line));
  const entries = [...LAYERS, "nobody" as const].map((layer) => {
    const line = lines.find((found) => found?.[1] === layer);
    if (layer !== "nobody" && without.includes(layer)) return [layer, { works: false, why: "left out" }];
    return [layer, { works: line?.[2] === "yes", why: line?.[3] ?? "" }];
  });
  return Object.fromEntries(entries) as Probed;
}

function sandboxOf(program: string, root: string, probed: Probed): Sandbox {
  const active = Object.fromEntries(LAYERS.map((layer) => [layer, probed[layer].works])) as Record<Layer, boolean>;
  const contains = active.seccomp && (active.namespaces || active.landlock);
  return {
    active,
    contains,
    description: describe(probed, contains),
    wrap: (command, { read, write, toolCalls = false, memoryBytes, fileBytes, tasks }) => [
      program,
      "run",
      ...(active.namespaces ? ["--root", root, ...(probed.nobody.works ? ["--nobody"] : [])] : []),
      ...(active.landlock ? ["--landlock"] : []),
      ...(toolCalls && active.seccomp ? ["--tool-calls"] : []),
      ...[...new Set(read)].flatMap((path) => ["--read", path]),
      ...[...new Set(write)].flatMap((path) => ["--write", path]),
      ...(memoryBytes === undefined ? [] : ["--memory", String(memoryBytes)]),
      ...(fileBytes === undefined ? [] : ["--file-size", String(fileBytes)]),
      ...(tasks === undefined ? [] : ["--tasks", String(tasks)]),
      "--",
      ...command,
    ],
  };
}

function describe(probed: Probed, contains: boolean): string {
  const works = LAYERS.filter((layer) => probed[layer].works).map((layer) => MEANING[layer]);
  if (probed.namespaces.works && probed.nobody.works) works.push("the user nobody");
  const lacks = LAYERS.filter((layer) => !probed[layer].works).map(
    (layer) => `no ${layer}${probed[layer].why === "" ? "" : ` (${probed[layer].why})`}`,
  );
  const verdict = contains ? "" : "NOT CONTAINED: ";
  return `${verdict}${[...works, "limits on memory, files and time", ...lacks].join("; ")}`;
}

export { systemPaths };
