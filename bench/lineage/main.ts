/**
 * Waiting times at the lineage of a large run:
 *
 *     npm run bench:lineage [-- --evaluations 100000 --islands 4]
 *
 * Writes a database of this many evaluations and times each command as a whole process, start-up included; then what
 * `resume` reads of it. `--db FILE` keeps the database, and takes it if it is there.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { renderTable } from "../../coordinator/progress/table.ts";
import { MANY, writeManyEvaluations } from "./many-evaluations.ts";

const BIN = fileURLToPath(new URL("../../coordinator/bin/coordinator.mjs", import.meta.url));
const REPEATS = 3;

const TAKE_UP = fileURLToPath(new URL("./take-up.ts", import.meta.url));
/** Rows of the longest list: more are for no person. */
const LONG_LIST = 100_000;

const { values } = parseArgs({
  options: {
    evaluations: { type: "string", default: "100000" },
    islands: { type: "string", default: "4" },
    db: { type: "string" },
  },
});
const folder = mkdtempSync(join(tmpdir(), "kevo-bench-lineage-"));
try {
  const path = values.db ?? join(folder, "lineage.db");
  const [count, islands] = [Number(values.evaluations), Number(values.islands)];
  const run = existsSync(path) ? MANY : writeManyEvaluations(path, count, islands);
  const last = `${run}/0/${Math.floor((count - 1) / islands)}/0`;
  const long = String(Math.min(count, LONG_LIST));
  const commands = [
    ["runs"],
    ...["best", "top", "workloads", "islands", "migrations", "failures", "spend"].map((name) => ["lineage", name]),
    ["lineage", "top", "--limit", "1000"],
    ["lineage", "top", "--limit", long],
    ["lineage", "top", "--limit", long, "--json"],
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
  const mb = statSync(path).size / 1024 ** 2;
  console.log(`\nSize: ${mb.toFixed(0)} MB, ${((1024 * mb) / count).toFixed(1)} KB for each evaluation.`);
  const resumed = spawnSync(process.execPath, [TAKE_UP, path], { encoding: "utf8" });
  if (resumed.status !== 0) throw new Error(resumed.stderr);
  const { seconds, peak_mb } = JSON.parse(resumed.stdout);
  console.log(`Read back by a resume: ${seconds.toFixed(1)} s, at most ${peak_mb.toFixed(0)} MB of memory.`);
  console.log(`\nMedians of ${REPEATS}; ${count} evaluations; ${cpus().length} × ${cpus()[0]?.model}.`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
