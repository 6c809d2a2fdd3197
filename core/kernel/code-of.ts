/** The kernel's own source, out of its package or its folder. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { KernelDefinition } from "@kevo/proto/kernel.ts";
import { unpackFiles } from "./archive.ts";

/** Null where the kernel has none, as in replay. @throws UserError when the bytes are no package. */
export function codeIn({ source }: KernelDefinition, bytes: Uint8Array): string | null {
  const file = source === null ? undefined : unpackFiles(bytes).find(({ path }) => path === source);
  return file === undefined ? null : Buffer.from(file.content).toString("utf8");
}

/** Of a kernel that lies unpacked in `folder`. */
export async function codeOf({ source }: KernelDefinition, folder: string): Promise<string | null> {
  return source === null ? null : readFile(join(folder, source), "utf8");
}
