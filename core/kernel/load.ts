/** A kernel by id or path, checked and packed. */

import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { KernelDefinition } from "@kevo/proto/kernel.ts";
import { reasonOf } from "../errors/system-error.ts";
import { UserError } from "../errors/user-error.ts";
import type { ObjectiveRequest } from "../recorded-space/objective.ts";
import { type RecordedKernel, recordedKernel } from "../recorded-space/recorded-kernel.ts";
import { loadRecordedSpace } from "../recorded-space/recorded-space.ts";
import { packFiles } from "./archive.ts";
import { checkDefinition, DEFINITION_FILE, parseDefinition } from "./definition.ts";
import { readKernelFolder } from "./folder.ts";
import { KNOWN_FILE, type KnownConfiguration, parseKnown } from "./known-good.ts";

export interface KernelPackage {
  readonly definition: KernelDefinition;
  /** SHA-256 of `bytes`, lower-case hex. */
  readonly hash: string;
  /** The bytes that the object store carries and `installKernel` takes. */
  readonly bytes: Uint8Array;
  /** Configurations that its folder says are good. */
  readonly known: readonly KnownConfiguration[];
}

/**
 * @param idOrPath the id of a kernel in `kernelsFolder`, else the path of a kernel's folder
 * @throws UserError (code 2) on an unknown kernel, a mistake in its definition, or a folder that cannot be packed.
 */
export async function loadKernel(idOrPath: string, kernelsFolder: string): Promise<KernelPackage> {
  const folder = await findFolder(idOrPath, kernelsFolder);
  const where = join(folder, DEFINITION_FILE);
  const notOne = () => new UserError(`${folder} has no ${DEFINITION_FILE}, so it is not a kernel's folder.`, 2);
  // Before anything else in a folder that may be anybody's is looked at.
  const there = await stat(where).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT" || error.code === "ENOTDIR") return null;
    throw new UserError(`--kernel ${idOrPath}: ${reasonOf(error)}.`, 2);
  });
  if (there === null) throw notOne();
  const all = await readKernelFolder(folder);
  const files = all.filter(({ path }) => path !== KNOWN_FILE);
  const file = files.find(({ path }) => path === DEFINITION_FILE);
  if (file === undefined) throw notOne();
  const definition = parseDefinition(Buffer.from(file.content).toString("utf8"), where);
  checkDefinition(definition, new Set(files.map(({ path }) => path)), where);
  const knownGood = all.find(({ path }) => path === KNOWN_FILE);
  const known =
    knownGood === undefined
      ? []
      : parseKnown(Buffer.from(knownGood.content).toString("utf8"), definition, join(folder, KNOWN_FILE));
  const bytes = packFiles(files);
  return { definition, hash: createHash("sha256").update(bytes).digest("hex"), bytes, known };
}

/** Ids of the kernels in a folder, sorted. */
export async function listKernels(kernelsFolder: string): Promise<string[]> {
  const names = await readdir(kernelsFolder).catch(() => []);
  return names.filter((name) => existsSync(join(kernelsFolder, name, DEFINITION_FILE))).sort();
}

/** A kernel as it was recorded, and on which devices: the models' names, one for each recording. */
export interface RecordedPackage extends KernelPackage {
  readonly devices: readonly string[];
  /** Remarks for the user who replays them. */
  readonly notes: readonly string[];
}

function cutNote(path: string, rows: number): string {
  return `${path} was cut: it ends in the middle. Its ${rows} complete rows are replayed.`;
}

/**
 * The kernel of recorded spaces of one or more devices. Evaluators that replay one of the files know it by the same
 * hash; nothing of it is compiled, so its bytes are for the record only and cannot be installed.
 * @throws UserError when a file is missing or not a recorded space; with code 2 when the files are not of one kernel
 * with the same parameters and configurations, or two are of the same device.
 */
export async function kernelFromSpaces(
  paths: readonly string[],
  objective: ObjectiveRequest = {},
): Promise<RecordedPackage> {
  const notes: string[] = [];
  const recordings: { path: string; kernel: RecordedKernel; device: string }[] = [];
  for (const path of paths) {
    const space = await loadRecordedSpace(path, objective);
    if (space.cutAfter !== null) notes.push(cutNote(path, space.cutAfter));
    const next = { path, kernel: recordedKernel(space), device: space.deviceName };
    const [first] = recordings;
    if (first !== undefined && first.kernel.hash !== next.kernel.hash) {
      throw new UserError(
        `--space ${path}: ${difference(first.kernel.definition, next.kernel.definition)} differ from those of ` +
          `${first.path}. All recordings of a run must be of the same kernel on different devices.`,
        2,
      );
    }
    const twin = recordings.find(({ device }) => device === next.device);
    if (twin !== undefined) {
      throw new UserError(
        `--space ${path}: ${twin.path} is also a recording of the device ${twin.device}. Each recording of a run must be of a different device.`,
        2,
      );
    }
    recordings.push(next);
  }
  const { kernel } = recordings[0] as (typeof recordings)[number];
  return { ...kernel, known: [], devices: recordings.map(({ device }) => device), notes };
}

/** In what two recordings are not of the same kernel. */
function difference(a: KernelDefinition, b: KernelDefinition): string {
  if (a.title !== b.title) return `the kernel (${b.title}) and possibly more`;
  return JSON.stringify(a.parameters) === JSON.stringify(b.parameters) ? "its configurations" : "its parameters";
}

async function findFolder(idOrPath: string, kernelsFolder: string): Promise<string> {
  const isId = /^[a-z0-9][a-z0-9-]*$/.test(idOrPath);
  const named = join(kernelsFolder, idOrPath);
  if (isId && existsSync(join(named, DEFINITION_FILE))) return named;
  const folder = resolve(idOrPath);
  const found = await stat(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT" || error.code === "ENOTDIR") return null;
    throw new UserError(`--kernel ${idOrPath}: ${reasonOf(error)}.`, 2);
  });
  if (found?.isDirectory()) return folder;
  const known = await listKernels(kernelsFolder);
  throw new UserError(
    `--kernel ${idOrPath}: ${found === null ? "no such kernel" : "not a folder"}. ` +
      `Known kernels: ${known.join(", ") || "none"}. You can also give the path of a folder with a ${DEFINITION_FILE}.`,
    2,
  );
}
