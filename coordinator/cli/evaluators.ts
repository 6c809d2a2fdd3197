/** `coordinator evaluators`: who worked, or works, for a run. */
import { withHelp } from "@kevo/core/program/command-help.ts";
import { Command } from "commander";
import { asc, eq } from "drizzle-orm";
import { z } from "zod";
import { resolveRun } from "../lineage/queries/resolve.ts";
import { DEFAULT_DATABASE, openReadOnly } from "../lineage/read-only.ts";
import { evaluators } from "../lineage/schema.ts";
import { renderTable } from "../progress/table.ts";
import { hint, print, printJson, RUN } from "./output.ts";

/** The part of a description that is shown. */
const description = z.object({
  credits: z.number(),
  compileProcesses: z.number(),
  toolchain: z.string(),
  devices: z.array(
    z.object({ id: z.string(), model: z.string(), state: z.string(), busyMs: z.number(), upMs: z.number() }),
  ),
});

export function evaluatorsCommand(): Command {
  const command = new Command("evaluators")
    .description("List a run's evaluators and how busy each of their devices was.")
    .argument("[run]", RUN)
    .option("--db <file>", "lineage database", DEFAULT_DATABASE)
    .option("--json", "write one JSON value to standard output")
    .action((run: string | undefined, given: { db: string; json?: boolean }) => {
      const lineage = openReadOnly(given.db);
      try {
        const { id, status } = resolveRun(lineage.db, run);
        const rows = lineage.db
          .select()
          .from(evaluators)
          .where(eq(evaluators.run, id))
          .orderBy(asc(evaluators.firstSeen))
          .all()
          .map((row) => ({ ...row, description: description.parse(JSON.parse(row.description)) }));
        if (given.json === true) printJson(rows);
        else {
          print(rows.length === 0 ? `No evaluator has worked for ${id} yet.` : rendered(rows));
          if (rows.length > 0 && status !== "running") hint(`As the run ${id} saw them last; it is ${status}.`);
        }
      } finally {
        lineage.close();
      }
    });
  return withHelp(command, {
    json: "an array with one object per evaluator is written",
    examples: ["coordinator evaluators"],
  });
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
