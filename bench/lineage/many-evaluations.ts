/** A lineage database as one large run leaves it: what its rows say is made up, how many there are is not. */

import { openLineage } from "../../coordinator/lineage/database.ts";
import { labelledRandom } from "../../core/random/random.ts";
import { genomeHash } from "../../core/search-space/genome.ts";
import type { RunSpec } from "../../proto/run.ts";
import { WIRE_VERSION } from "../../proto/version.ts";

/** Few, as in a run: the rest of a ranking is single evaluations. */
const FINALISTS = 4;

/** Its name. */
export const MANY = "20260101-many-0000";

/**
 * One completed run of `count` evaluations, with its islands' logs: one in ten fails, one in three has parents, and
 * finalists were re-measured.
 */
export function writeManyEvaluations(path: string, count: number, islands = 4): string {
  const { sqlite, close } = openLineage(path);
  const random = labelledRandom("a lineage of many evaluations");
  const run = MANY;
  const niche = { workloads: null, device: null };
  const spec: RunSpec = {
    ...{ run, kernel: { id: "many", title: "many", hash: "0", definition: "0" }, backend: "cpu", workloads: ["small"] },
    ...{ seed: 1, islands: Array.from({ length: islands }, (_, index) => ({ index, niche })), topology: "ring" },
    ...{ migrate_every: 5, migrants: 1, sync: false, batch_size: 4, search: "default", evaluations: count },
    ...{ time_s: null, effort: "quick" },
  };
  const launch = {
    ...{ kernel: "many", spaces: [], time_scale: 0, evaluators: [], devices: null, external_workers: false },
    ...{ nats: null, nats_listen: null },
  };
  const insert = (table: string, row: Record<string, unknown>) => {
    const names = Object.keys(row);
    const known =
      statements.get(table) ??
      sqlite.prepare(
        `insert into ${table} (${names.join(", ")}) values (${names.map((name) => `@${name}`).join(", ")})`,
      );
    statements.set(table, known);
    known.run(row);
  };
  const wire = { v: WIRE_VERSION, run };
  const statements = new Map<string, ReturnType<typeof sqlite.prepare>>();
  sqlite.transaction(() => {
    insert("runs", {
      ...{ id: run, kernel: "many", kernel_hash: "0", backend: "cpu", spec: JSON.stringify(spec) },
      ...{ launch: JSON.stringify(launch), status: "completed", accepted: count },
      ...{ created_at: 1, ended_at: 2 },
    });
    for (let island = 0; island < islands; island++) {
      const next = Math.ceil((count - island) / islands);
      insert("islands", { run, island, niche: JSON.stringify(niche), next_batch: next, tail: 2 * next });
      insert("log", { run, island, n: 0, entry: JSON.stringify({ ...wire, island, n: 0, type: "opened", spec }) });
    }
    for (let n = 0; n < count; n++) {
      const island = n % islands;
      const id = `${run}/${island}/${Math.floor(n / islands)}/0`;
      const config = { A: random.integer(64), B: random.integer(64), C: n };
      const parent = n < islands ? null : `${run}/${island}/${random.integer(Math.floor(n / islands))}/0`;
      const proposer = n % 50 === 49 ? "migrant" : (["surrogate", "mutation", "crossover"][n % 3] as string);
      const batch = Math.floor(n / islands);
      const genome = genomeHash({ config, source: null });
      insert("candidates", {
        ...{ id, run, island, batch, position: 0, genome },
        ...{ config: JSON.stringify(config), proposer, created_at: n },
      });
      const parents = parent !== null && (n % 3 === 0 || proposer === "migrant") ? [parent] : [];
      for (const each of parents) insert("parents", { candidate: id, position: 0, parent: each });
      const candidate = { config, source: null, proposer, parents, reason: null, id, index: 0, genome };
      const asked = { ...wire, island, n: 1 + 2 * batch, type: "asked", k: batch, candidates: [candidate] };
      insert("log", { run, island, n: asked.n, entry: JSON.stringify(asked) });
      insert("attempts", {
        ...{ candidate: id, attempt: 1, evaluator: "e", stage: "TIMING", end: "result" },
        ...{ started_at: n, ended_at: n },
      });
      if (proposer === "migrant" && parent !== null) {
        insert("migrations", {
          ...{ candidate: id, run, origin: parent, from_island: (island + 1) % islands, to_island: island },
          ...{ batch, created_at: n },
        });
      }
      const failed = n % 10 === 9;
      const speedup = Math.exp(random.normal() / 4);
      insert("evaluations", {
        ...{ candidate: id, run, outcome: failed ? "compile_error" : "ok", fitness: failed ? null : speedup },
        ...{ time_ms: failed ? null : 1 / speedup, message: failed ? `error: line ${n % 7}` : null, attempt: 1 },
        ...{ evaluator: "e", device: "cpu:0", device_model: "CPU", toolchain: "cc", compile_ms: 900, lane_ms: 400 },
        ...{ queued_ms: 10, stopped_early: 0, created_at: n },
      });
      const [message, time_ms] = failed ? [`error: line ${n % 7}`, null] : [null, 1 / speedup];
      const measurements = failed ? [] : [{ workload: "small", time_ms, speedup, peak_share: 0.5 }];
      const evaluated = {
        ...{ ...wire, island, n: 2 + 2 * batch, type: "evaluated", candidate: id, cached: false },
        ...{ outcome: failed ? "compile_error" : "ok", fitness: failed ? null : speedup, time_ms, measurements },
        ...{ message, device: "CPU" },
      };
      insert("log", { run, island, n: evaluated.n, entry: JSON.stringify(evaluated) });
      for (let round = 0; !failed && round <= (n < FINALISTS ? 2 : 0); round++) {
        insert("measurements", {
          ...{ candidate: id, round, workload: "small", time_ms: 1 / speedup, baseline_ms: 1, baseline: "default" },
          ...{ speedup, speedup_low: speedup * 0.98, speedup_high: speedup * 1.02, gflops: 10, error: 1e-7 },
          ...{ samples: JSON.stringify(Array.from({ length: 12 }, () => 1 / speedup)), created_at: n },
        });
      }
    }
  })();
  close();
  return run;
}
