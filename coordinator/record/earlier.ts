/** A recording as a run, and whether an earlier run began to record to the same file. */
import { UserError } from "@kevo/core/errors/user-error.ts";
import type { KernelPackage } from "@kevo/core/kernel/load.ts";
import type { RunSpec } from "@kevo/proto/run.ts";
import canonicalize from "canonicalize";
import { desc, sql } from "drizzle-orm";
import { commandFor } from "../lineage/command.ts";
import { type LineageDatabase, pathOf } from "../lineage/database.ts";
import type { Run } from "../lineage/queries/resolve.ts";
import { runs } from "../lineage/schema.ts";
import { type RunRequest, specOf } from "../run/spec.ts";
import { type Fixed, planRecording } from "./plan.ts";

/**
 * One island that has all of the plan as its budget.
 * @throws UserError (code 2) unless the request names one cell of the kernel.
 */
export function recordSpecOf(
  request: RunRequest,
  kernel: Pick<KernelPackage, "definition" | "hash"> & { readonly devices: readonly string[] },
  fixed: Fixed,
  now: Date,
): RunSpec {
  const spec = specOf({ ...request, perWorkload: false }, kernel, now);
  if (spec.workloads.length > 1) {
    throw new UserError(
      `A recording covers one workload, but ${spec.workloads.length} match. Choose one with --workload: ${spec.workloads.join(", ")}.`,
      2,
    );
  }
  const plan = planRecording(kernel.definition, fixed, spec.seed, request.evaluations ?? null);
  return { ...spec, evaluations: plan.configurations.length };
}

/**
 * The latest recording that writes to the same file.
 * @throws UserError (code 2) when it is unfinished and was begun with other options.
 */
export function earlierRecording(
  db: LineageDatabase,
  wanted: RunSpec,
  { out, fixed }: { readonly out: string; readonly fixed: Fixed },
): Run | undefined {
  const row = db
    .select()
    .from(runs)
    .where(sql`json_extract(${runs.launch}, '$.record.out') = ${out}`)
    .orderBy(desc(runs.createdAt), desc(sql`rowid`))
    .limit(1)
    .get();
  if (row === undefined || row.status === "completed") return row;
  const spec: RunSpec = JSON.parse(row.spec);
  const stored = JSON.parse(row.launch).record.fixed;
  const same = sameness(spec, stored) === sameness(wanted, fixed);
  if (same) return row;
  throw new UserError(
    `The run ${row.id} is recording to ${out} with other options or another version of the kernel. To finish it: ${commandFor(`resume ${row.id}`, pathOf(db))}. Or choose another --out.`,
    2,
  );
}

/** All that decides which configurations are measured, and how. */
function sameness({ kernel, backend, workloads, seed, evaluations, effort }: RunSpec, fixed: Fixed): string {
  return canonicalize({ kernel: kernel.hash, backend, workloads, seed, evaluations, effort, fixed }) as string;
}
