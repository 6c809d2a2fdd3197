/** Which configurations a run may evaluate. The database does not say: its kernel's definition does, where it still is. */
import { openSpace } from "@kevo/core/search-space/search-space.ts";
import type { Config } from "@kevo/proto/search-space.ts";
import { asStored } from "../../../run/as-stored.ts";
import { kernelOf } from "../../../run/kernel-of.ts";
import { launch } from "../../../run/launch.ts";
import { Kept } from "./kept.ts";
import type { RunReader } from "./run-reader.ts";

export type IsValid = (config: Config) => boolean;

const kept = new Kept<Promise<IsValid | null>>(16);

/** Null where the definition is not there any more, or is another one than that of the run. */
export function validityIn({ row, spec }: RunReader): Promise<IsValid | null> {
  return kept.get(row.id, () => opened(row.launch, spec.kernel.definition).catch(() => null));
}

async function opened(stored: string, definition: string): Promise<IsValid> {
  const kernel = asStored(await kernelOf(launch.parse(JSON.parse(stored))), definition);
  const space = openSpace(kernel.definition);
  return (config) => {
    try {
      return space.isValid(space.encode(config));
    } catch {
      // A value that the space does not have.
      return false;
    }
  };
}
