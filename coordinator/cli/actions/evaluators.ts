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
    if (options.json === true) printJson(rows);
    else {
      print(rows.length === 0 ? `No evaluator has worked for the run ${id} yet.` : rendered(rows));
      if (rows.length > 0 && status !== "running")
        hint(`These are the last states that the run ${id} recorded; the run is ${status}.`);
    }
  } finally {
    lineage.close();
  }
}

interface Row {
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
