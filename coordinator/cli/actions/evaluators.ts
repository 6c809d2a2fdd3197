/** What `coordinator evaluators` does. */
import { asc, eq } from "drizzle-orm";
import { z } from "zod";
import { resolveRun } from "../../lineage/queries/resolve.ts";
import { openReadOnly } from "../../lineage/read-only.ts";
import { evaluators } from "../../lineage/schema.ts";
import { renderTable } from "../../progress/table.ts";
import { hint, print, printJson } from "../output.ts";
import type { ReadOptions } from "../read-options.ts";

/** The part of a description that is shown. */
const description = z.object({
  credits: z.number(),
  compileProcesses: z.number(),
  toolchain: z.string(),
  devices: z.array(
    z.object({ id: z.string(), model: z.string(), state: z.string(), busyMs: z.number(), upMs: z.number() }),
  ),
});

export function listEvaluators(run: string | undefined, options: ReadOptions): void {
  const lineage = openReadOnly(options.db);
  try {
    const { id, status } = resolveRun(lineage.db, run);
    const rows = lineage.db
      .select()
      .from(evaluators)
      .where(eq(evaluators.run, id))
      .orderBy(asc(evaluators.firstSeen))
      .all()
      .map((row) => ({ ...row, description: description.parse(JSON.parse(row.description)) }));
    if (options.json === true) printJson(rows.map(answerOf));
    else {
      print(rows.length === 0 ? `No evaluator has worked for the run ${id} yet.` : rendered(rows));
      if (rows.length > 0 && status !== "running")
        hint(`These are the last states that the run ${id} recorded; the run is ${status}.`);
    }
  } finally {
    lineage.close();
  }
}

/** As everything else is named; the names of the first version beside them. */
function answerOf(row: Row) {
  const { id, run, address, backend, state, firstSeen, lastSeen, description } = row;
  const { credits, compileProcesses, toolchain, devices } = description;
  return {
    ...{ id, run, address, backend, state, credits, toolchain },
    compile_processes: compileProcesses,
    devices: devices.map(({ id, model, state, busyMs, upMs }) => ({ id, model, state, busy_ms: busyMs, up_ms: upMs })),
    first_seen: firstSeen,
    last_seen: lastSeen,
    ...{ description, firstSeen, lastSeen },
  };
}

interface Row {
  readonly id: string;
  readonly run: string;
  readonly firstSeen: number;
  readonly lastSeen: number;
  readonly address: string;
  readonly state: string;
  readonly backend: string;
  readonly description: z.infer<typeof description>;
}

function rendered(rows: readonly Row[]): string {
  const columns = [{ head: "evaluator" }, { head: "state" }, { head: "backend" }, { head: "device" }, { head: "busy" }];
  return renderTable(
    columns,
    rows.flatMap(({ address, state, backend, description: { devices } }) =>
      devices.map((device) => [
        address,
        state,
        backend,
        `${device.id} ${device.model}`,
        device.upMs > 0 ? `${Math.round((100 * device.busyMs) / device.upMs)} %` : "",
      ]),
    ),
  );
}
