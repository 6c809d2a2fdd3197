/**
 * `npm run bench:search`: how many evaluations the default search needs on a recorded space, beside the project's
 * random search and other tools' curves; with several spaces of one kernel, one run for all devices beside a run for
 * each. The islands, proposers and knowledge of the real thing, in process.
 */
import { parseArgs } from "node:util";
import { UserError } from "@kevo/core/errors/user-error.ts";
import type { RecordedSpace } from "@kevo/core/recorded-space/recorded-space.ts";
import { openSpace } from "@kevo/core/search-space/search-space.ts";
import { type OtherCurve, readComparisons } from "./compare.ts";
import { exportJobSpace } from "./job/export.ts";
import { openJobSpace } from "./job/job-space.ts";
import { readMeasured } from "./job/measured.ts";
import { modelQuality, modelQualityLines } from "./job/model-quality.ts";
import { compareJoint, comparisonLines } from "./joint.ts";
import { type SearchTrace, simulate } from "./simulate.ts";
import { type AskFigures, askFigures, type Figures, figuresOf, type Quantiles } from "./statistics.ts";
import { openSubject, type SubjectRequest } from "./subject.ts";
import { simulateAll } from "./threads.ts";

const HELP = `Usage: npm run bench:search -- --space FILE|--job FOLDER [options]

  --space FILE       recorded space, .json or .json.gz; repeat it for the same kernel on several devices to compare one
                     run for all of them with one run for each
  --job FOLDER       instead: recordings of a part of a kernel's space; what was not measured is predicted by a model.
                     Repeat it for one run for several workloads, each with islands of its own
  --model-quality    with --job: how well that model predicts what it has not seen, and end
  --export FILE      with --job: write the whole space in Kernel Tuner's cache format, for other tuners, and end
  --from-default     with --job: start from the kernel's default, as runs do; a recorded space names none
  --known-good       with --job: start from what the kernel's known-good.json names for other workloads
  --no-conditions    with --job: search without knowing which parameters count, as before activeWhen
  --evaluations N    unique evaluations of a search, of all its devices together; failures count (default 400)
  --seeds N          number of searches, one for each seed (default 25)
  --first-seed N     the first seed (default 0)
  --parallel N       evaluations in flight, whose results arrive in random order (default 1)
  --threads N        threads that searches are spread over; use 1 where the time of an ask matters (default 1)
  --islands N        islands (default 4, as for coordinator start; for several devices, one for each)
  --compare FILE     curves of other tuners: {space: {strategy: {fraction_of_optimum: {"50": …}, …}}}; repeatable
  --json             end with one line of JSON on standard output

Example: npm run bench:search -- --space gemm-RTX3090.json.gz --compare kernel-tuner.json`;
const BUDGETS = [50, 100, 200, 400];
const JOINT_BUDGETS = [100, 200, 400, 600];

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      space: { type: "string", multiple: true },
      job: { type: "string", multiple: true },
      "model-quality": { type: "boolean", default: false },
      export: { type: "string" },
      "from-default": { type: "boolean", default: false },
      "known-good": { type: "boolean", default: false },
      "no-conditions": { type: "boolean", default: false },
      evaluations: { type: "string", default: "400" },
      seeds: { type: "string", default: "25" },
      "first-seed": { type: "string", default: "0" },
      parallel: { type: "string", default: "1" },
      threads: { type: "string", default: "1" },
      islands: { type: "string" },
      compare: { type: "string", multiple: true, default: [] },
      json: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) {
    console.log(HELP);
    return;
  }
  if ((values.space === undefined) === (values.job === undefined)) {
    throw new UserError("one of --space FILE and --job FOLDER is required; --help shows an example", 2);
  }
  const print = values.json ? console.error : console.log;
  const end = (result: object) => {
    if (values.json) console.log(JSON.stringify(result));
  };
  if (values["model-quality"]) {
    const [job] = values.job ?? [];
    if (job === undefined) throw new UserError("--model-quality is about a --job FOLDER", 2);
    const quality = modelQuality(await readMeasured(job));
    for (const line of modelQualityLines(quality)) print(line);
    end({ job, ...quality });
    return;
  }
  if (values.export !== undefined) {
    const [job] = values.job ?? [];
    if (job === undefined) throw new UserError("--export is about a --job FOLDER", 2);
    const { measured, predicted } = await exportJobSpace(openJobSpace(await readMeasured(job)), values.export);
    print(`${values.export}: ${measured} configurations measured, ${predicted} predicted`);
    end({ job, file: values.export, measured, predicted });
    return;
  }
  const seeds = seedsFrom(whole("--first-seed", values["first-seed"], 0), whole("--seeds", values.seeds));
  const evaluations = whole("--evaluations", values.evaluations);
  const threads = whole("--threads", values.threads);
  const request: SubjectRequest = {
    spaces: values.space ?? [],
    jobs: values.job ?? [],
    fromDefault: values["from-default"],
    conditions: !values["no-conditions"],
    knownGood: values["known-good"],
  };
  const setting = {
    evaluations,
    parallel: whole("--parallel", values.parallel),
    islands:
      values.islands === undefined
        ? request.jobs.length > 1
          ? request.jobs.length
          : defaultIslands(Math.max(1, request.spaces.length))
        : whole("--islands", values.islands),
  };
  const budgets = [...new Set([...BUDGETS.filter((budget) => budget < evaluations), evaluations])];
  const subject = await openSubject(request);
  const { names, space, recordings } = subject;
  if (request.spaces.length > 1) {
    const { comparison, asks } = compare(names, recordings, seeds, setting);
    print(`${names.join(", ")}: ${space.count} configurations, ${describeSeeds(seeds)}, ${setting.islands} islands`);
    for (const line of comparisonLines(comparison, seeds.length)) print(line);
    for (const line of askLines(asks)) print(line);
    end({ spaces: names, ...counted(seeds), ...setting, ...comparison, ...asks });
    return;
  }
  const { islands, parallel } = setting;
  const search = async (search: "default" | "random") => {
    const total = { ...setting, evaluations: evaluations * recordings.length, differ: "workload" as const, search };
    const traces = await simulateAll(
      subject,
      request,
      seeds.map((seed) => ({ ...total, seed })),
      threads,
    );
    return recordings.map(({ optimum }, at) => figuresOf(traces, optimum, budgets, at, recordings.length));
  };
  const [found, random] = [await search("default"), await search("random")];
  for (const [at, name] of names.entries()) {
    const figures = found[at] as Figures;
    const others = await readComparisons(values.compare, name);
    print(
      `${name}: ${space.count} configurations, ${describeSeeds(seeds)}, ${islands} islands, ${parallel} in parallel`,
    );
    const own = { "kernelevolve (default)": figures, "kernelevolve (random)": random[at] as Figures };
    for (const line of table(budgets, seeds.length, own, others)) print(line);
    for (const line of askLines(figures)) print(line);
    end({ space: name, ...counted(seeds), ...setting, ...figures, random: random[at] });
  }
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
    lines.push(
      cells("  median over seeds", ...budgets.map((budget) => `${figures.median_fraction[budget]?.toFixed(3)}`)),
    );
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
