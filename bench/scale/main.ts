/** `npm run bench:scale`: how many lanes one coordinator keeps busy, and what that costs. */
import { mkdtempSync, rmSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type Measured, simulate } from "./simulate.ts";

const HELP = `Usage: npm run bench:scale -- [options]

Simulates a cluster of many lanes and islands around one real coordinator, and measures how busy the lanes are, the time from
a result to its commit, and the processor time and memory of the coordinator.

  --lanes N,N...       numbers of lanes, one simulation each (default: 250,500,1000)
  --islands N          number of islands (default: 200)
  --lane-ms N          mean time of an evaluation in its lane (default: 1000)
  --per-evaluator N    lanes of each evaluator (default: 8)
  --processes N        processes that the simulated evaluators share (default: 2)
  --seconds N          how long to measure (default: 20)
  --warm-up N          seconds before that (default: 15)
  --search NAME        default or random (default: random, which leaves the processor to the coordinator)
  --profile DIR        write the coordinator's processor profile there
  --folder DIR         the folder of the database (default: a temporary folder)
  --json               one JSON object for each simulation

Example: npm run bench:scale -- --lanes 1000`;

const { values } = parseArgs({
  options: {
    lanes: { type: "string", default: "250,500,1000" },
    islands: { type: "string", default: "200" },
    "lane-ms": { type: "string", default: "1000" },
    "per-evaluator": { type: "string", default: "8" },
    processes: { type: "string", default: "2" },
    seconds: { type: "string", default: "20" },
    "warm-up": { type: "string", default: "15" },
    search: { type: "string", default: "random" },
    profile: { type: "string" },
    folder: { type: "string" },
    json: { type: "boolean" },
    help: { type: "boolean", short: "h" },
  },
});
if (values.help) console.log(HELP);
else {
  const measured: Measured[] = [];
  for (const lanes of values.lanes.split(",").map(Number)) {
    const folder = mkdtempSync(join(values.folder ?? tmpdir(), "kevo-bench-scale-"));
    try {
      const found = await simulate(folder, {
        ...{ lanes, lanesPerEvaluator: Number(values["per-evaluator"]), islands: Number(values.islands) },
        ...{ laneMs: Number(values["lane-ms"]), warmUpS: Number(values["warm-up"]), seconds: Number(values.seconds) },
        ...{ processes: Number(values.processes), search: values.search === "default" ? "default" : "random" },
        profile: values.profile ?? null,
      });
      if (values.json) console.log(JSON.stringify(found));
      measured.push(found);
    } finally {
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    }
  }
  if (!values.json) report(measured);
}

/** The tables of docs/scaling.md. */
function report(measured: readonly Measured[]): void {
  const lanes = [
    ...["lanes", "evaluations/s", "busy", "result to log, p50", "p99", "in the coordinator, p50", "p99"],
    ...["coordinator", "memory", "collecting", "machine"],
  ];
  const rows = measured.map((m) => [
    ...[m.lanes.toLocaleString("en"), m.evaluations_per_second.toFixed(0), `${(100 * m.busy_share).toFixed(1)} %`],
    ...[m.commit_ms, m.commit_inside_ms].flatMap(({ p50, p99 }) => [`${p50.toFixed(0)} ms`, `${p99.toFixed(0)} ms`]),
    ...[`${m.coordinator.cores.toFixed(2)} cores`, `${m.coordinator_peak_mb.toFixed(0)} MB`],
    ...[`${(100 * m.collections.share).toFixed(0)} %, ≤ ${m.collections.max_ms.toFixed(0)} ms`],
    `${m.machine_cores.toFixed(2)} cores`,
  ]);
  console.log(`${markdown([lanes, ...rows])}\n`);
  for (const m of measured) {
    const each = (cores: number) => `${((1000 * cores) / m.evaluations_per_second).toFixed(2)} ms`;
    console.log(
      `${markdown([
        [`part, at ${m.lanes.toLocaleString("en")} lanes`, "processor time for each evaluation"],
        ["coordinator", `${m.coordinator.ms_per_evaluation.toFixed(2)} ms`],
        ["each evaluator beside compiling and timing", each(m.evaluators_cores)],
        ["nats-server", each(m.nats_cores)],
        [`island-workers, --search ${m.search}`, each(m.workers_cores)],
      ])}\n`,
    );
  }
  const [first] = measured;
  if (first === undefined) return;
  console.log(
    `${first.islands} islands, ${first.lane_ms} ms in the lane on average, --search ${first.search}; ${cpus().length} × ${cpus()[0]?.model}, Node ${process.version}. Processor time in cores; machine: of everything that ran.\nResult to log: from the evaluator's result to its entry on NATS, which is sent after the commit. In the coordinator: from the arrival of the result to the end of the commit. Collecting: the share of its time for which the coordinator stood still to collect garbage, and the longest such time.`,
  );
}

function markdown([head = [], ...rows]: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}
