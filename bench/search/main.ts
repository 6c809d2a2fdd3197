/**
 * `npm run bench:search`: how many evaluations the default search needs on a recorded space, beside the project's
 * random search and other tools' curves; with several spaces of one kernel, one run for all devices beside a run for
 * each. The islands, proposers and knowledge of the real thing, in process.
 */
import { basename } from "node:path";
import { parseArgs } from "node:util";
import { UserError } from "@kevo/core/errors/user-error.ts";
import { loadRecordedSpace, type RecordedSpace } from "@kevo/core/recorded-space/recorded-space.ts";
import { openSpace } from "@kevo/core/search-space/search-space.ts";
import { type OtherCurve, readComparison } from "./compare.ts";
import { compareJoint, comparisonLines } from "./joint.ts";
import { type SearchTrace, simulate } from "./simulate.ts";
import { type AskFigures, askFigures, type Figures, figuresOf, type Quantiles } from "./statistics.ts";

const HELP = `Usage: npm run bench:search -- --space FILE [options]

  --space FILE       recorded space, .json or .json.gz; repeat it for the same kernel on several devices to compare one
                     run for all of them with one run for each
  --evaluations N    unique evaluations of a search, of all its devices together; failures count (default 400)
  --seeds N          number of searches, one for each seed (default 25)
  --first-seed N     the first seed (default 0)
  --parallel N       evaluations in flight, whose results arrive in random order (default 1)
  --islands N        islands (default 4, as for coordinator start; for several devices, one for each)
  --compare FILE     curves of other tuners: {space: {strategy: {fraction_of_optimum: {"50": …}, …}}}
  --json             end with one line of JSON on standard output

Example: npm run bench:search -- --space gemm-RTX3090.json.gz --compare kernel-tuner.json`;
const BUDGETS = [50, 100, 200, 400];
const JOINT_BUDGETS = [100, 200, 400, 600];

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      space: { type: "string", multiple: true },
      evaluations: { type: "string", default: "400" },
      seeds: { type: "string", default: "25" },
      "first-seed": { type: "string", default: "0" },
      parallel: { type: "string", default: "1" },
      islands: { type: "string" },
      compare: { type: "string" },
      json: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) {
    console.log(HELP);
    return;
  }
  if (values.space === undefined) throw new UserError("--space FILE is required; --help shows an example", 2);
  const names = values.space.map((path) => basename(path).replace(/\.json(\.gz)?$/, ""));
  const [name] = names as [string];
  const seeds = seedsFrom(whole("--first-seed", values["first-seed"], 0), whole("--seeds", values.seeds));
  const evaluations = whole("--evaluations", values.evaluations);
  const setting = {
    evaluations,
    parallel: whole("--parallel", values.parallel),
    islands: values.islands === undefined ? defaultIslands(names.length) : whole("--islands", values.islands),
  };
  const others = values.compare === undefined ? {} : await readComparison(values.compare, name);
  const recordings = await Promise.all(values.space.map((path) => loadRecordedSpace(path)));
  const [recorded] = recordings as [RecordedSpace];
  const space = openSpace(recorded.definition);
  const print = values.json ? console.error : console.log;
  const budgets = [...new Set([...BUDGETS.filter((budget) => budget < evaluations), evaluations])];
  if (recordings.length > 1) {
    const { comparison, asks } = compare(names, recordings, seeds, setting);
    print(`${names.join(", ")}: ${space.count} configurations, ${describeSeeds(seeds)}, ${setting.islands} islands`);
    for (const line of comparisonLines(comparison, seeds.length)) print(line);
    for (const line of askLines(asks)) print(line);
    if (values.json) {
      console.log(JSON.stringify({ spaces: names, ...counted(seeds), ...setting, ...comparison, ...asks }));
    }
    return;
  }
  const run = (search: "default" | "random") => {
    const traces = seeds.map((seed) => simulate(space, recordings, { ...setting, seed, search }));
    return figuresOf(traces, recorded.optimum, budgets);
  };
  const figures = run("default");
  const random = run("random");
  const { islands, parallel } = setting;
  print(`${name}: ${space.count} configurations, ${describeSeeds(seeds)}, ${islands} islands, ${parallel} in parallel`);
  for (const line of table(
    budgets,
    seeds.length,
    { "kernelevolve (default)": figures, "kernelevolve (random)": random },
    others,
  )) {
    print(line);
  }
  for (const line of askLines(figures)) print(line);
  if (values.json) console.log(JSON.stringify({ space: name, ...counted(seeds), ...setting, ...figures, random }));
}

/** One run for all devices, and one for each with its share of the evaluations and the islands of a single run. */
function compare(
  names: readonly string[],
  recordings: readonly RecordedSpace[],
  seeds: readonly number[],
  setting: { readonly evaluations: number; readonly parallel: number; readonly islands: number },
) {
  const run = (of: readonly RecordedSpace[], alone: Partial<typeof setting>): SearchTrace[] => {
    const space = openSpace((of[0] as RecordedSpace).definition);
    return seeds.map((seed) => simulate(space, of, { ...setting, ...alone, seed, search: "default" }));
  };
  const evaluations = Math.floor(setting.evaluations / recordings.length);
  const budgets = [
    ...new Set([...JOINT_BUDGETS.filter((budget) => budget < setting.evaluations), setting.evaluations]),
  ];
  const joint = run(recordings, {});
  const comparison = compareJoint(
    joint,
    recordings.map((recorded) => run([recorded], { evaluations, islands: defaultIslands(1) })),
    names,
    recordings.map(({ optimum }) => optimum),
    budgets,
  );
  return { comparison, asks: askFigures(joint) };
}

/** As `coordinator start` has it. */
function defaultIslands(devices: number): number {
  return devices * Math.max(1, Math.floor(4 / devices));
}

function askLines({ ask_ms, last_ask_ms, last_ask_cpu_ms }: AskFigures): string[] {
  return [
    `one ask: ${milliseconds(ask_ms)}; from ${last_ask_ms.told} told: ${milliseconds(last_ask_ms)}`,
    `of the processor: ${milliseconds(last_ask_cpu_ms)}`,
  ];
}

function milliseconds({ p50, p95, p99 }: Quantiles): string {
  return `median ${p50.toFixed(1)} ms, 95th percentile ${p95.toFixed(1)} ms, 99th ${p99.toFixed(1)} ms`;
}

function table(
  budgets: readonly number[],
  seeds: number,
  own: Record<string, Figures>,
  others: Record<string, OtherCurve>,
): string[] {
  const cells = (first: string, ...rest: string[]) => first.padEnd(26) + rest.map((cell) => cell.padStart(22)).join("");
  const lines = [cells("fraction of the optimum at", ...budgets.map(String), "within 5 %", "median to 5 %")];
  for (const [name, figures] of Object.entries(own)) {
    const [low, high] = figures.median_interval;
    const fractions = budgets.map((budget) => {
      const [from, to] = figures.interval[budget] as [number, number];
      return `${figures.fraction_of_optimum[budget]?.toFixed(3)} [${from.toFixed(3)}, ${to.toFixed(3)}]`;
    });
    const needed = `${figures.median_evaluations_to_5_percent ?? "-"} [${low ?? "-"}, ${high ?? "-"}]`;
    lines.push(cells(name, ...fractions, `${figures.within_5_percent} of ${seeds}`, needed));
  }
  for (const [name, curve] of Object.entries(others)) {
    const fractions = budgets.map((budget) => curve.fraction_of_optimum[budget]?.toFixed(3) ?? "-");
    const within = `${curve.within_5_percent} of ${curve.seeds ?? "?"}`;
    lines.push(cells(name, ...fractions, within, String(curve.median_evaluations_to_5_percent ?? "-")));
  }
  return lines;
}

function seedsFrom(first: number, count: number): number[] {
  return Array.from({ length: count }, (_, at) => first + at);
}

function counted(seeds: readonly number[]) {
  return { seeds: seeds.length, first_seed: seeds[0] as number };
}

function describeSeeds(seeds: readonly number[]): string {
  return `${seeds.length} seeds from ${seeds[0]}`;
}

function whole(option: string, text: string, least = 1): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < least)
    throw new UserError(
      `${option} ${text}: this must be a whole number ${least === 0 ? "of 0 or more" : "above 0"}`,
      2,
    );
  return value;
}

try {
  await main();
} catch (error) {
  const isUsage = error instanceof TypeError && "code" in error && String(error.code).startsWith("ERR_PARSE_ARGS");
  if (!(error instanceof UserError) && !isUsage) throw error;
  console.error((error as Error).message);
  process.exitCode = error instanceof UserError ? error.exitCode : 2;
}
