/**
 * Where all daemons of this user on this host keep compiled kernels (`runner/shared_artefacts.py`). Only for the kernel
 * author's source: what a model wrote compiles in a sandbox that sees nothing of it.
 */
import { lstat, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { cacheRoot, USER_ID } from "@kevo/core/config/user-folders.ts";

/** @returns the folder, which only this user can enter; null and the reason where none can be made. */
export async function openSharedArtefacts(
  environment: NodeJS.ProcessEnv,
): Promise<{ folder: string; why: null } | { folder: null; why: string }> {
  try {
    const folder = join(cacheRoot(environment), "artefacts");
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const found = await lstat(folder);
    // Its files run on the device: no other user may have written them.
    if (found.isDirectory() && found.uid === USER_ID && (found.mode & 0o077) === 0) return { folder, why: null };
    return { folder: null, why: `${folder} is not a folder that only this user can enter; remove it` };
  } catch (error) {
    return { folder: null, why: (error as Error).message };
  }
}
