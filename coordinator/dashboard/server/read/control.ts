/** The control of a run: the latest one of the same task whose search is without what is to be judged. */
import { type RunSpec, runSpec } from "@kevo/proto/run.ts";
import type { Reader } from "./reader.ts";
import { controlOf } from "./run-list.ts";
import type { RunReader } from "./run-reader.ts";

export function controlRunOf({ lineage }: Reader, { spec, row }: RunReader): { run: string; kind: string } | null {
  if (controlOf(spec) !== null) return null;
  const rows = lineage.sqlite
    .prepare("select id, spec from runs where kernel_hash = ? and id <> ? order by rowid desc limit 100")
    .raw()
    .all(row.kernelHash, row.id) as [string, string][];
  for (const [run, text] of rows) {
    const other = runSpec.parse(JSON.parse(text));
    const kind = controlOf(other);
    if (kind === null || !isSameTask(spec, other)) continue;
    const isOfModels = kind === "uninformed_models";
    if (isOfModels === (spec.llm !== undefined)) return { run, kind };
  }
  return null;
}

function isSameTask(a: RunSpec, b: RunSpec): boolean {
  const task = ({ backend, workloads, objective, islands }: RunSpec) =>
    JSON.stringify([backend, workloads, objective, [...new Set(islands.map(({ niche }) => JSON.stringify(niche)))]]);
  return task(a) === task(b);
}
