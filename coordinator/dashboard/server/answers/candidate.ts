/** `candidates/*id`. */
import { eq } from "drizzle-orm";
import { codeDifference, codeTextOf } from "../../../lineage/queries/evolved-source.ts";
import { measurementConditionsOf } from "../../../lineage/queries/measurement-conditions.ts";
import { detailsOf, type StoredMeasurement } from "../../../lineage/queries/show.ts";
import { timesOf } from "../../../lineage/queries/workloads.ts";
import { candidates } from "../../../lineage/schema.ts";
import type { CandidateAnswer } from "../../contract/candidates.ts";
import { changesBetween, gainOf } from "../../model/changes.ts";
import { describeParameter, sortedParameters } from "../../model/parameters.ts";
import type { Reader } from "../read/reader.ts";
import { NotFound } from "../refusal.ts";
import { rowsOf } from "./candidates.ts";
import { type Context, contextOf } from "./context.ts";
import { foreign, foreignOrNull } from "./text.ts";

const MAX_CHILDREN = 50;
const MAX_SAMPLES = 200;
const MAX_VALUES = 500;

type CandidateRecord = typeof candidates.$inferSelect;
type Relation = CandidateAnswer["parents"][number];

/** The run of a candidate, and its row there. @throws NotFound */
export function findCandidate(reader: Reader, id: string): { context: Context; row: number; record: CandidateRecord } {
  const record = reader.lineage.db.select().from(candidates).where(eq(candidates.id, id)).get();
  if (record === undefined) throw new NotFound(`There is no candidate ${id} in ${reader.lineage.path}.`);
  const context = contextOf(reader, record.run);
  return { context, row: context.view.table.rowOf(id) as number, record };
}

export function candidateAnswer(reader: Reader, id: string): CandidateAnswer {
  const { context, row, record } = findCandidate(reader, id);
  const { view, about } = context;
  const { table } = view;
  const { db, sqlite } = reader.lineage;
  const details = detailsOf(db, record);
  const { evaluation, measurements } = details;
  const conditions = measurementConditionsOf(db, record.run).get(record.answeredBy ?? id) ?? [];
  const children = sqlite
    .prepare("select candidate from parents where parent = ? order by rowid")
    .pluck()
    .all(id) as string[];
  return {
    about,
    objective: about.objective,
    row: rowsOf(context, [row])[0] as CandidateAnswer["row"],
    parameters: sortedParameters(table).map((parameter) => describeParameter(parameter, MAX_VALUES)),
    config: details.config,
    genome: details.genome,
    reason: foreignOrNull(details.reason),
    call: record.call,
    answered_by: details.answered_by,
    answers: details.answers.slice(0, MAX_CHILDREN),
    workloads: workloadsOf(reader, record, measurements),
    message: foreignOrNull(evaluation?.message),
    resources: [...(evaluation?.resources ?? [])],
    conditions,
    code: foreignOrNull(codeTextOf(db, record)),
    evaluator: evaluation?.evaluator ?? null,
    device: evaluation?.device ?? null,
    device_model: evaluation?.device_model ?? null,
    toolchain: evaluation?.toolchain ?? null,
    compile_ms: evaluation?.compile_ms ?? null,
    queued_ms: evaluation?.queued_ms ?? null,
    attempts: [...details.attempts],
    parents: details.parents.flatMap((parent) => relationTo(context, { record, row }, parent, "parent")),
    children: children.slice(0, MAX_CHILDREN).flatMap((child) => relationTo(context, { record, row }, child, "child")),
    children_total: children.length,
  };
}

/** Empty for one that is stored in no run of this database. */
function relationTo(
  context: Context,
  own: { record: CandidateRecord; row: number },
  id: string,
  is: "parent" | "child",
): Relation[] {
  const { reader, run, view } = context;
  const { table } = view;
  const other = table.rowOf(id);
  const record = reader.lineage.db.select().from(candidates).where(eq(candidates.id, id)).get();
  if (other === null || record === undefined) return [];
  const [parent, child] = is === "parent" ? [other, own.row] : [own.row, other];
  const [before, after] = is === "parent" ? [record, own.record] : [own.record, record];
  const diff = is === "parent" ? codeDifference(reader.lineage.db, before, after) : null;
  return [
    {
      candidate: id,
      status: view.outcomeOf(other) ?? "pending",
      proposer: table.proposerOf(other),
      island: table.island.get(other),
      value: run.values.of(view.fitnessOf(other)),
      changes: changesBetween(table, parent, child),
      code_changed: before.source !== after.source,
      code_diff: diff === null ? null : foreign(diff),
      gain: gainOf(view, parent, child),
    },
  ];
}

function workloadsOf(
  { lineage }: Reader,
  record: CandidateRecord,
  measurements: readonly StoredMeasurement[],
): CandidateAnswer["workloads"] {
  const times = timesOf(lineage.db, record.answeredBy ?? record.id);
  return times.map((time) => {
    const own = measurements.filter(({ workload }) => workload === time.workload);
    const again = own.filter(({ round }) => round > 0);
    const counting = again.length > 0 ? again : own;
    return {
      workload: time.workload,
      rounds: again.length,
      time_ms: time.time_ms,
      baseline: time.baseline,
      baseline_ms: time.baseline_ms,
      speedup: time.speedup === null ? null : { value: time.speedup, low: time.speedup_low, high: time.speedup_high },
      gflops: time.gflops,
      peak_share: time.peak_share,
      gbytes_per_s: time.gbytes_per_s,
      bandwidth_share: time.bandwidth_share,
      others: { ...time.others },
      samples_ms: counting.flatMap(({ samples }) => samples).slice(0, MAX_SAMPLES),
      metrics: Object.assign({}, ...counting.map(({ metrics }) => metrics)),
    };
  });
}
