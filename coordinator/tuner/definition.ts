/** What is tuned, as a kernel in a folder that is named by its content, so that a run finds it again. */
import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { UserError } from "@kevo/core/errors/user-error.ts";
import { openSpace } from "@kevo/core/search-space/search-space.ts";
import { type KernelDefinition, kernelDefinition } from "@kevo/proto/kernel.ts";
import type { Direction, Objective } from "@kevo/proto/objective.ts";
import type { Parameter } from "@kevo/proto/search-space.ts";
import canonicalize from "canonicalize";
import type { StoredRun } from "./stored-run.ts";

export const OBJECTIVE = {
  name: "value",
  unit: null,
  span: null,
  beside: null,
  any_sign: true,
} as const satisfies Omit<Objective, "direction">;

export interface Tuned {
  readonly parameters: readonly Parameter[];
  readonly constraints: readonly string[];
  readonly direction: Direction;
}

/** Letters, digits and dashes, as an id must be. */
export function kernelIdOf(title: string): string {
  const id = title
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "");
  return id === "" ? "objective" : id;
}

/** @throws UserError for a constraint with a mistake, or where no configuration is valid. */
export function definitionOf(kernel: string, { parameters, constraints, direction }: Tuned): KernelDefinition {
  openSpace({ parameters: [...parameters], constraints: [...constraints] });
  return kernelDefinition.parse({
    ...{ id: kernel, title: kernel, backends: ["objective"], parameters, constraints },
    objective: { ...OBJECTIVE, direction },
    ...{ default: null, source: null, reference: null },
    workloads: [{ name: "objective", shape: {}, flops: 1, bytes: 1 }],
  });
}

/** @returns the folder. @throws UserError where the stored run is of another definition. */
export function writeDefinition(definition: KernelDefinition, database: string, stored: StoredRun | null): string {
  const text = canonicalize(definition) as string;
  const digest = createHash("sha256").update(text).digest("hex").slice(0, 12);
  const folder = join(dirname(database), "objectives", `${definition.id}-${digest}`);
  const earlier = stored?.folder ?? folder;
  if (basename(earlier) !== basename(folder)) {
    throw new UserError(
      `The run ${stored?.id} was started with another configSpace, direction or constraints, so their evaluations could not be compared. Restore them, or give another name.`,
      2,
    );
  }
  mkdirSync(earlier, { recursive: true });
  writeFileSync(join(earlier, "kernel.json"), text);
  return earlier;
}
