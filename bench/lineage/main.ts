/**
 * Waiting times at the lineage of a large run:
 *
 *     npm run bench:lineage [-- --evaluations 100000]
 *
 * Writes a database of this many evaluations and times each command as a whole process, start-up included.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { renderTable } from "../../coordinator/progress/table.ts";
import { writeManyEvaluations } from "./many-evaluations.ts";

const BIN = fileURLToPath(new URL("../../coordinator/bin/coordinator.mjs", import.meta.url));
const REPEATS = 3;

const { values } = parseArgs({ options: { evaluations: { type: "string", default: "100000" } } });
const folder = mkdtempSync(join(tmpdir(), "kevo-bench-lineage-"));
try {
  const path = join(folder, "lineage.db");
  const count = Number(values.evaluations);
  const run = writeManyEvaluations(path, count);
  const last = `${run}/0/${Math.floor((count - 1) / 4)}/0`;
  const commands = [
    ["runs"],
    ...["best", "top", "workloads", "islands", "migrations", "failures", "spend"].map((name) => ["lineage", name]),
    ["lineage", "top", "--limit", String(count)],
    ["lineage", "top", "--limit", String(count), "--json"],
    ...["show", "ancestors", "descendants"].map((name) => [
      "lineage",
      name,
      name === "descendants" ? `${run}/0/0/0` : last,
    ]),
    ["lineage", "sql", "select count(*) from evaluations"],
  ];
  const rows = commands.map((command) => {
    const seconds = Array.from({ length: REPEATS }, () => {
      const started = performance.now();
      const { status, stderr } = spawnSync(process.execPath, [BIN, ...command, "--db", path], {
        stdio: ["ignore", "ignore", "pipe"],
        encoding: "utf8",
      });
      if (status !== 0 && command[1] !== "workloads") throw new Error(`${command.join(" ")}: ${stderr}`);
      return (performance.now() - started) / 1000;
    });
    return [command.join(" "), (seconds.sort((a, b) => a - b)[1] as number).toFixed(2)];
  });
  console.log(renderTable([{ head: "command" }, { head: "seconds", align: "right" }], rows));
  console.log(`\nMedians of ${REPEATS}; ${count} evaluations; ${cpus().length} × ${cpus()[0]?.model}.`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
