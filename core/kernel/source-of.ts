/** The kernel's own source out of its package. */
import type { KernelDefinition } from "@kevo/proto/kernel.ts";
import { unpackFiles } from "./archive.ts";

/** Null where the kernel has none, as in replay. @throws UserError when the bytes are no package. */
export function sourceOf(definition: KernelDefinition, bytes: Uint8Array): string | null {
  if (definition.source === null) return null;
  const file = unpackFiles(bytes).find(({ path }) => path === definition.source);
  return file === undefined ? null : Buffer.from(file.content).toString("utf8");
}
