/** Puts a kernel package on this host's disk, under its hash, for an evaluator to compile from. */

import { createHash } from "node:crypto";
import { mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { KernelDefinition } from "@kevo/proto/kernel.ts";
import { reasonOf } from "../errors/system-error.ts";
import { UserError } from "../errors/user-error.ts";
import { retry } from "../retry/retry.ts";
import { type PackedFile, packFiles, unpackFiles } from "./archive.ts";
import { checkDefinition, DEFINITION_FILE, parseDefinition } from "./definition.ts";
import { readKernelFolder } from "./folder.ts";

export interface InstalledKernel {
  readonly hash: string;
  /** `<cache>/<hash>`. */
  readonly folder: string;
  readonly definition: KernelDefinition;
}

/**
 * Idempotent, and safe when several processes install the same kernel at the same time: each writes its own folder, and
 * the first rename wins. An existing folder is used only if it still has the hash.
 * @throws UserError when the bytes do not have the hash or are not a package, or the disk refuses.
 */
export async function installKernel(
  bytes: Uint8Array,
  expectedHash: string,
  cacheFolder: string,
): Promise<InstalledKernel> {
  const hash = sha256(bytes);
  if (hash !== expectedHash)
    throw new UserError(`The kernel package has SHA-256 ${hash}, not ${expectedHash}; it was not installed.`);
  const files = unpackFiles(bytes);
  const definitionFile = files.find(({ path }) => path === DEFINITION_FILE);
  if (definitionFile === undefined) throw new UserError(`The kernel package ${hash} has no ${DEFINITION_FILE}.`);
  const where = `${DEFINITION_FILE} of kernel package ${hash}`;
  const definition = parseDefinition(Buffer.from(definitionFile.content).toString("utf8"), where);
  checkDefinition(definition, new Set(files.map(({ path }) => path)), where);

  const folder = join(cacheFolder, hash);
  try {
    if (!(await isIntact(folder, hash))) await place(files, folder, cacheFolder, hash);
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(`Cannot install kernel ${definition.id} in ${cacheFolder}: ${reasonOf(error)}`);
  }
  return { hash, folder, definition };
}

async function place(files: readonly PackedFile[], folder: string, cacheFolder: string, hash: string): Promise<void> {
  await mkdir(cacheFolder, { recursive: true });
  const temporary = await mkdtemp(join(cacheFolder, ".install-"));
  try {
    for (const { path, content } of files) {
      await mkdir(dirname(join(temporary, path)), { recursive: true });
      // Read-only, against mistakes; a changed file is found by its hash.
      await writeFile(join(temporary, path), content, { mode: 0o444 });
    }
    const moveIn = async () => {
      try {
        await rename(temporary, folder);
      } catch (error) {
        if (await isIntact(folder, hash)) return;
        // Changed since it was installed: moved aside first, so that a reader never meets half a folder.
        const aside = await mkdtemp(join(cacheFolder, ".stale-"));
        await rename(folder, join(aside, "kernel")).catch(() => {});
        await rm(aside, { recursive: true, force: true });
        throw error;
      }
    };
    await retry(moveIn, { tries: 4, waitMs: 0 });
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

/** Packing the folder again must give the same hash. */
async function isIntact(folder: string, hash: string): Promise<boolean> {
  try {
    return sha256(packFiles(await readKernelFolder(folder))) === hash;
  } catch {
    return false;
  }
}

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
