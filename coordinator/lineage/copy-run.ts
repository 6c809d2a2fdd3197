/** One run's rows, out of one lineage database and into another: for recordings. */
import { proposerName } from "@kevo/proto/proposer.ts";
import type Database from "better-sqlite3";
import { z } from "zod";

/**
 * Tables in the order in which they may be filled, and how a row belongs to a run. Attempts, evaluators and the islands'
 * logs stay behind: they describe processes that no longer run.
 */
const TABLES = {
  runs: "id = @run",
  islands: "run = @run",
  candidates: "run = @run",
  parents: "candidate >= @run || '/' and candidate < @run || '0'",
  evaluations: "run = @run",
  measurements: "candidate >= @run || '/' and candidate < @run || '0'",
  migrations: "run = @run",
  events: "run = @run",
} as const;

const row = z.record(z.string(), z.union([z.string(), z.number(), z.null()]));
export const runDump = z.object(
  Object.fromEntries(Object.keys(TABLES).map((table) => [table, z.array(row)])) as Record<
    keyof typeof TABLES,
    z.ZodArray<typeof row>
  >,
);
export type RunDump = z.infer<typeof runDump>;

/** Without paths of this machine: the launch names no kernel, and the final line names no database. */
export function dumpRun(sqlite: Database.Database, run: string): RunDump {
  const tables = Object.entries(TABLES).map(([table, which]) => [
    table,
    sqlite.prepare(`select * from ${table} where ${which} order by rowid`).all({ run }),
  ]);
  const dump = runDump.parse(Object.fromEntries(tables));
  return {
    ...dump,
    runs: dump.runs.map((one) => ({ ...one, result: null, launch: withKernel(one.launch, "") })),
    events: dump.events.map(({ id: _, ...event }) => event),
  };
}

/** @param kernel the folder of the run's kernel on this host. A run that already exists stays unchanged. */
export function insertRun(sqlite: Database.Database, dump: RunDump, kernel: string): void {
  sqlite.transaction(() => {
    const [first] = dump.runs;
    if (sqlite.prepare("select 1 from runs where id = ?").get(first?.id) !== undefined) return;
    for (const table of Object.keys(TABLES) as (keyof typeof TABLES)[]) {
      for (const given of dump[table]) {
        const values = {
          ...given,
          ...(table === "runs" && { launch: withKernel(given.launch, kernel) }),
          ...(table === "candidates" && { proposer: proposerName(String(given.proposer)) }),
        };
        const names = Object.keys(values);
        const places = names.map((name) => `@${name}`).join(", ");
        sqlite.prepare(`insert into ${table} (${names.join(", ")}) values (${places})`).run(values);
      }
    }
  })();
}

function withKernel(launch: string | number | null | undefined, kernel: string): string {
  return JSON.stringify({ ...JSON.parse(String(launch)), kernel });
}
