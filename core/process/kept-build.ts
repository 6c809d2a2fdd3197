/**
 * Builds of this project's own C code, which every evaluator compiles on its host: kept for the next start, since they take
 * longer than the rest of it. Candidates are never kept here, and their sandbox sees nothing of it.
 */
import { createHash, randomUUID } from "node:crypto";
import { readFileSync, realpathSync, statSync } from "node:fs";
import { copyFile, lstat, mkdir, readdir, readFile, rename, rm, stat, utimes } from "node:fs/promises";
import { cpus } from "node:os";
import { join } from "node:path";
import { cacheRoot, USER_ID } from "../config/user-folders.ts";
import { findProgram } from "./find-program.ts";

export interface Build {
  /** The compiler as it is called, where it is looked for, and what it says of itself. */
  readonly compiler: string;
  readonly path: string;
  readonly version: string;
  readonly args: readonly string[];
  /** Folders whose C files it may include, and files made before. In `args` their names may differ from start to start. */
  readonly folders: readonly string[];
  readonly made: readonly string[];
  readonly output: string;
}

/** A build that no start has used for this long is removed, milliseconds. */
const KEPT_MS = 30 * 24 * 3_600_000;

/** Puts the kept build at `output`, or lets `compile` put it there and keeps a copy. Whatever `compile` throws, this throws. */
export async function kept(build: Build, environment: NodeJS.ProcessEnv, compile: () => Promise<void>): Promise<void> {
  const folder = await openFolder(environment);
  const file = folder === null ? null : join(folder, await keyOf(build));
  if (file !== null && (await take(file, build.output))) return;
  await compile();
  if (folder !== null && file !== null) await keep(folder, file, build.output);
}

/** Null where none can be made that only this user can enter: its files judge candidates. */
async function openFolder(environment: NodeJS.ProcessEnv): Promise<string | null> {
  try {
    const folder = join(cacheRoot(environment), "builds");
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const found = await lstat(folder);
    return found.isDirectory() && found.uid === USER_ID && (found.mode & 0o077) === 0 ? folder : null;
  } catch {
    return null;
  }
}

async function take(file: string, output: string): Promise<boolean> {
  try {
    await copyFile(file, output);
    const now = new Date();
    await utimes(file, now, now);
    return true;
  } catch {
    return false;
  }
}

/** Fails without a word, as on a full disk: the build itself is there. */
async function keep(folder: string, file: string, output: string): Promise<void> {
  const part = `${file}.${randomUUID()}.part`;
  try {
    await copyFile(output, part);
    await rename(part, file);
    const oldest = Date.now() - KEPT_MS;
    for (const name of await readdir(folder)) {
      const path = join(folder, name);
      if ((await stat(path)).mtimeMs < oldest) await rm(path, { force: true });
    }
  } catch {
    await rm(part, { force: true }).catch(() => {});
  }
}

async function keyOf({ compiler, path, version, args, folders, made, output }: Build): Promise<string> {
  const hash = createHash("sha256");
  const add = (part: string | Buffer) => hash.update(`${part.length}\n`).update(part);
  for (const part of [processor(), identity(compiler, path), version]) add(part);
  for (const arg of args) add(made.includes(arg) || arg === output ? "made" : arg);
  for (const file of made) add(await readFile(file));
  for (const folder of folders) {
    for (const name of (await readdir(folder)).sort()) {
      add(name);
      add(await readFile(join(folder, name)));
    }
  }
  return hash.digest("hex");
}

/** Another file of the same name and version, such as a wrapper, may build something else. */
function identity(compiler: string, path: string): string {
  const file = findProgram(compiler, path);
  if (file === null) return compiler;
  const { ino, size, mtimeMs } = statSync(file);
  return [realpathSync(file), ino, size, mtimeMs].join("\n");
}

/** What `-march=native` depends on. */
function processor(): string {
  try {
    const lines = readFileSync("/proc/cpuinfo", "utf8").split("\n\n", 1)[0]?.split("\n") ?? [];
    return lines.filter((line) => /^(vendor_id|cpu family|model|stepping|flags|Features|CPU )/.test(line)).join("\n");
  } catch {
    return cpus()[0]?.model ?? process.arch;
  }
}
