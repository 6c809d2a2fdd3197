/** The kernel `fused-moe` for one model: its folder with a workload for each batch size, and what is known to be good. */
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DEFINITION_FILE, parseDefinition } from "@kevo/core/kernel/definition.ts";
import { KNOWN_FILE, type KnownGoodFile } from "@kevo/core/kernel/known-good.ts";
import type { KernelDefinition } from "@kevo/proto/kernel.ts";
import type { TunedRow } from "./format.ts";
import { CARRIED, type CarriedConfig, configOf, nearestRow } from "./lookup.ts";

export interface MoeShape {
  readonly experts: number;
  readonly topK: number;
  readonly hidden: number;
  readonly intermediate: number;
}

/** Rows that a run tries first, such as those of a file that is there already. */
export interface Seeds {
  readonly name: string;
  readonly rows: ReadonlyMap<number, TunedRow>;
}

export function workloadName(batch: number): string {
  return `batch-${batch}`;
}

/** Name of a model's folder: the same sizes make the same kernel, so that a later run learns from an earlier one. */
export function folderName({ experts, topK, hidden, intermediate }: MoeShape): string {
  return `fused-moe-e${experts}-k${topK}-h${hidden}-i${intermediate}`;
}

/**
 * Writes the folder anew.
 * @param source folder of the kernel `fused-moe`
 */
export function writeMoeKernel(
  source: string,
  folder: string,
  shape: MoeShape,
  batches: readonly number[],
  seeds: readonly Seeds[],
): void {
  const { experts, topK, hidden, intermediate } = shape;
  const where = join(source, DEFINITION_FILE);
  const definition = parseDefinition(readFileSync(where, "utf8"), where);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const file of [definition.source, definition.reference]) {
    if (file !== null) cpSync(join(source, file), join(folder, file));
  }
  const workloads = batches.map((tokens) => ({
    name: workloadName(tokens),
    shape: { experts, topk: topK, hidden, intermediate, tokens },
    flops: 6 * tokens * topK * hidden * intermediate,
  }));
  const ownDefinition = { ...definition, ...ofStacks(definition), workloads, features: ["tokens"] };
  writeFileSync(join(folder, DEFINITION_FILE), JSON.stringify(ownDefinition, null, 2));
  writeFileSync(join(folder, KNOWN_FILE), JSON.stringify(knownFile(batches, seeds)));
}

/** Of the kernel's parameters those that a row can carry: the others keep their defaults. */
function ofStacks({ parameters, constraints, default: usual }: KernelDefinition): Partial<KernelDefinition> {
  const isCarried = (name: string) => (CARRIED as readonly string[]).includes(name);
  const others = parameters.filter(({ name }) => !isCarried(name)).map(({ name }) => new RegExp(`\\b${name}\\b`));
  return {
    parameters: parameters.filter(({ name }) => isCarried(name)),
    constraints: constraints.filter((text) => !others.some((name) => name.test(text))),
    default: usual && Object.fromEntries(Object.entries(usual).filter(([name]) => isCarried(name))),
  };
}

/** By workload, the configurations of rows that are there. */
export function rivalsOf(batches: readonly number[], rows: readonly Seeds[]): Record<string, CarriedConfig[]> {
  return Object.fromEntries(
    batches.map((batch) => [workloadName(batch), rows.map((one) => configOf(nearestRow(one.rows, batch)))]),
  );
}

function knownFile(batches: readonly number[], seeds: readonly Seeds[]): KnownGoodFile {
  const rows = batches.map((batch) =>
    seeds.map((one) => CARRIED.map((name) => configOf(nearestRow(one.rows, batch))[name])),
  );
  return {
    parameters: [...CARRIED],
    configurations: rows.flat(),
    good: batches.map((batch, at) => ({
      workload: workloadName(batch),
      // A file's device may be another, and its rows are then as good a beginning.
      device: "any",
      configurations: seeds.map((_, place) => at * seeds.length + place),
    })),
  };
}
