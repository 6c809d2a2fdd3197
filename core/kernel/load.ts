/** A kernel by id or path, checked and packed. */
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { KernelDefinition } from "@kevo/proto/kernel.ts";
import canonicalize from "canonicalize";
import { UserError } from "../errors/user-error.ts";
import { recordedKernel } from "../recorded-space/recorded-kernel.ts";
import { loadRecordedSpace } from "../recorded-space/recorded-space.ts";
import { packFiles } from "./archive.ts";
import { checkDefinition, DEFINITION_FILE, parseDefinition } from "./definition.ts";
import { readKernelFolder } from "./folder.ts";

export interface KernelPackage {
  readonly definition: KernelDefinition;
  /** SHA-256 of `bytes`, lower-case hex. */
  readonly hash: string;
  /** What the object store carries and `installKernel` takes. */
  readonly bytes: Uint8Array;
}

/**
 * @param idOrPath the id of a kernel in `kernelsFolder`, else the path of a kernel's folder
 * @throws UserError (code 2) on an unknown kernel, a mistake in its definition, or a folder that cannot be packed.
 */
export async function loadKernel(idOrPath: string, kernelsFolder: string): Promise<KernelPackage> {
  const folder = await findFolder(idOrPath, kernelsFolder);
  const where = join(folder, DEFINITION_FILE);
  const files = await readKernelFolder(folder);
  const file = files.find(({ path }) => path === DEFINITION_FILE);
  if (file === undefined)
    throw new UserError(`${folder} has no ${DEFINITION_FILE}, so it is not a kernel's folder.`, 2);
  const definition = parseDefinition(Buffer.from(file.content).toString("utf8"), where);
  checkDefinition(definition, new Set(files.map(({ path }) => path)), where);
  const bytes = packFiles(files);
  return { definition, hash: createHash("sha256").update(bytes).digest("hex"), bytes };
}

/** Ids of the kernels in a folder, sorted. */
export async function listKernels(kernelsFolder: string): Promise<string[]> {
  const names = await readdir(kernelsFolder).catch(() => []);
  return names.filter((name) => existsSync(join(kernelsFolder, name, DEFINITION_FILE))).sort();
}

/**
 * The kernel that a recorded space stands for. Evaluators that replay the same file know it by the same hash;
 * nothing of it is compiled, so its bytes are for the record only and cannot be installed.
 * @throws UserError when the file is missing or not a recorded space.
 */
export async function kernelFromSpace(path: string): Promise<KernelPackage> {
  const space = await loadRecordedSpace(path);
  const { definition, hash } = recordedKernel(space);
  const bytes = Buffer.from(canonicalize({ definition, device: space.deviceName }) as string);
  return { definition, hash, bytes };
}

async function findFolder(idOrPath: string, kernelsFolder: string): Promise<string> {
  const isId = /^[a-z0-9][a-z0-9-]*$/.test(idOrPath);
  const named = join(kernelsFolder, idOrPath);
  if (isId && existsSync(join(named, DEFINITION_FILE))) return named;
  const folder = resolve(idOrPath);
  const found = await stat(folder).catch(() => null);
  if (found?.isDirectory()) return folder;
  const known = await listKernels(kernelsFolder);
  throw new UserError(
    `--kernel ${idOrPath}: ${found === null ? "no such kernel" : "not a folder"}. ` +
      `Known are ${known.join(", ") || "none"}; or give the path of a folder with a ${DEFINITION_FILE}.`,
    2,
  );
}
