/** What a message calls a baseline. */
import { isDeepStrictEqual } from "node:util";
import type { KernelDefinition } from "@kevo/proto/kernel.ts";

/** One that is the default itself is called so first: its author may not think of the default as a baseline. */
export function describeBaseline({ id, baselines, default: usual }: KernelDefinition, name: string): string {
  const config = { ...usual, ...baselines.find((one) => one.name === name)?.config };
  return isDeepStrictEqual(config, { ...usual })
    ? `the default configuration of kernel ${id} (baseline '${name}')`
    : `baseline '${name}' of kernel ${id}`;
}
