/**
 * `npm run bench:tuner`: the Python `Tuner` on recorded spaces, whose objective looks the time up, beside the same search in
 * process (`bench:search`) with the same seeds, and the time between two calls of the objective: what an evaluation costs
 * beyond the objective itself.
 */
import { spawnSync } from "node:child_process";
import { basename, delimiter, dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { loadRecordedSpace } from "@kevo/core/recorded-space/recorded-space.ts";
import { openSpace } from "@kevo/core/search-space/search-space.ts";
import { type SearchTrace, simulate } from "../search/simulate.ts";
import { figuresOf } from "../search/statistics.ts";

const HELP = `Usage: npm run bench:tuner -- --space FILE … [--seeds 5] [--evaluations 200]

Example: npm run bench:tuner -- --space gemm-RTX3090.json.gz --seeds 10`;
const SCRIPT = fileURLToPath(new URL("recorded_space.py", import.meta.url));
const PACKAGE = fileURLToPath(new URL("../../python", import.meta.url));
const BUDGETS = [50, 100, 200];

const { values } = parseArgs({
  options: {
    space: { type: "string", multiple: true },
    seeds: { type: "string", default: "5" },
    evaluations: { type: "string", default: "200" },
    help: { type: "boolean", short: "h", default: false },
  },
});
if (values.help || values.space === undefined) console.log(HELP);
else for (const file of values.space) await compare(file, Number(values.seeds), Number(values.evaluations));

async function compare(file: string, count: number, evaluations: number): Promise<void> {
  const recorded = await loadRecordedSpace(file);
  const space = openSpace(recorded.definition);
  const seeds = Array.from({ length: count }, (_, seed) => seed);
  const budgets = [...BUDGETS.filter((budget) => budget < evaluations), evaluations];
  const gaps: number[] = [];
  const tuned = seeds.map((seed) => {
    const { best, gaps_ms } = tune(file, seed, evaluations);
    gaps.push(...gaps_ms);
    return traceOf(best);
  });
  const inProcess = (migrants: number) =>
    seeds.map((seed) =>
      simulate(space, [recorded], { seed, evaluations, islands: 4, parallel: 1, search: "default", migrants }),
    );
  console.log(`${basename(file)}, ${count} seeds: fraction of the optimum at ${budgets.join(", ")} evaluations`);
  const rows = { Tuner: tuned, "in process": inProcess(0), "with migrants": inProcess(1) };
  for (const [name, traces] of Object.entries(rows)) {
    const { fraction_of_optimum: fraction, interval } = figuresOf(traces, recorded.optimum, budgets);
    const cells = budgets.map((budget) => {
      const [from, to] = interval[budget] as [number, number];
      return `${(fraction[budget] as number).toFixed(3)} [${from.toFixed(3)}, ${to.toFixed(3)}]`;
    });
    console.log(`  ${name.padEnd(24)}${cells.join("   ")}`);
  }
  gaps.sort((a, b) => a - b);
  const at = (share: number) => (gaps[Math.floor(share * (gaps.length - 1))] as number).toFixed(1);
  const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
  console.log(`  between two calls: mean ${mean.toFixed(1)} ms, median ${at(0.5)} ms, 95th percentile ${at(0.95)} ms`);
}

function tune(file: string, seed: number, evaluations: number): { best: (number | null)[]; gaps_ms: number[] } {
  const path = `${dirname(process.execPath)}${delimiter}${process.env.PATH}`;
  const { stdout, stderr, status } = spawnSync("python3", [SCRIPT, file, String(seed), String(evaluations)], {
    env: { ...process.env, PATH: path, PYTHONPATH: PACKAGE },
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`seed ${seed}: ${stderr}`);
  return JSON.parse(stdout);
}

function traceOf(best: readonly (number | null)[]): SearchTrace {
  return { best: [best.map((time) => time ?? Number.POSITIVE_INFINITY)], asks: [], proposers: new Map() };
}
