/** `npm run test:faults`: random faults on every process of a run, then an audit of its ledger. */
import { parseArgs } from "node:util";
import { type FaultyRun, faultyRun, type OwnEnd } from "./faulty-run.ts";
import { syncEquality } from "./sync-equality.ts";
import { takeOver, WAYS_TO_GO } from "./takeover.ts";
import { describeAbsences } from "./timeline.ts";

const HELP = `Usage: npm run test:faults -- [--seed N] [--seeds N] [--faults N] [--verbose]

Starts a replay with real processes, kills, stops, cuts off and starves them, and checks the ledger afterwards. The same
seed repeats the schedule of faults. Exit code 1: an evaluation was lost or counted twice, a worker that was believed dead
wrote, or a run did not complete.

  --seed N    first seed (default: drawn)
  --seeds N   number of runs, each with the next seed (default: 1)
  --faults N  faults in each run (default: 100)
  --standby N instead: N times, kill and stop a coordinator beside a standby, and print how long nothing was stored
  --nats URL  with --standby: both coordinators use this server, not an embedded one
  --sync N    instead: N runs with --sync whose coordinator and workers are killed at random, each compared, candidate by
              candidate, with one that was left alone
  --verbose   print each fault when it happens

Example: npm run test:faults -- --seed 1 --seeds 10`;

const { values } = parseArgs({
  options: {
    seed: { type: "string" },
    seeds: { type: "string", default: "1" },
    faults: { type: "string", default: "100" },
    standby: { type: "string" },
    nats: { type: "string" },
    sync: { type: "string" },
    verbose: { type: "boolean", default: false },
    help: { type: "boolean", short: "h", default: false },
  },
});

if (values.help) console.log(HELP);
else if (values.standby !== undefined) await measureTakeovers(Number(values.standby));
else if (values.sync !== undefined) await compareSyncRuns(Number(values.sync));
else await main();

async function compareSyncRuns(times: number): Promise<void> {
  const first = Number(values.seed ?? "1");
  for (let seed = first; seed < first + times; seed++) {
    const { kills, candidates, differs } = await syncEquality(seed);
    const verdict = differs === null ? `all ${candidates} candidates are equal` : `NOT equal: ${differs}`;
    console.log(`seed ${seed}: killed ${kills.join(", ")}; ${verdict}`);
    if (differs !== null) process.exitCode = 1;
  }
}

async function measureTakeovers(times: number): Promise<void> {
  for (const signal of WAYS_TO_GO) {
    const taken: number[] = [];
    for (let time = 0; time < times; time++) {
      const { ms, findings, standby } = await takeOver(signal, values.nats ?? null);
      taken.push(ms);
      for (const { problem, text } of findings) console.log(`  ${problem}: ${text}`);
      if (findings.length > 0 || standby.code !== 0) process.exitCode = 1;
    }
    const [least, most] = [Math.min(...taken), Math.max(...taken)];
    console.log(`${signal}: the first evaluation after ${(least / 1000).toFixed(1)} to ${(most / 1000).toFixed(1)} s`);
  }
}

async function main(): Promise<void> {
  const first = values.seed === undefined ? Math.floor(Math.random() * 1e6) : Number(values.seed);
  const startedAt = performance.now();
  const onNote = (text: string) => {
    if (values.verbose) console.log(`  ${((performance.now() - startedAt) / 1000).toFixed(1)} s: ${text}`);
  };
  let faults = 0;
  let wrong = 0;
  let longest: { readonly seed: number; readonly stall: FaultyRun["longestStall"] } | null = null;
  for (let seed = first; seed < first + Number(values.seeds); seed++) {
    if (values.verbose) console.log(`seed ${seed}`);
    const run = await faultyRun({ seed, faults: Number(values.faults), onNote });
    faults += run.faults;
    wrong += run.findings.length;
    const { longestStall: stall } = run;
    if (longest === null || stall.ms > longest.stall.ms) longest = { seed, stall };
    const count = (problem: string) => run.findings.filter((finding) => finding.problem === problem).length;
    console.log(
      `seed ${seed}: ${run.faults} faults in ${run.seconds.toFixed(0)} s, ${count("lost")} lost, ${count("double")} double, ${count("zombie")} zombie writes, ${count("incomplete") === 0 ? "complete" : "NOT complete"}; ` +
        `longest stall ${(stall.ms / 1000).toFixed(1)} s after ${stall.after} evaluations, ${describeAbsences(stall.away)}`,
    );
    for (const { problem, text } of run.findings) console.log(`  ${problem}: ${text}`);
    if (run.without.length > 0) console.log(`  not possible: ${run.without.join("; ")}`);
    for (const end of run.ends.filter(isUnexplained)) {
      console.log(`  ${end.how}, and said at the end:\n    ${end.stderr.trim().split("\n").slice(-60).join("\n    ")}`);
    }
  }
  console.log(`${faults} faults, ${wrong} findings`);
  if (longest !== null) {
    console.log(`The longest stall, of seed ${longest.seed}, from a second before it:`);
    for (const { at, text } of longest.stall.moments) console.log(`  ${(at / 1000).toFixed(2).padStart(6)} s  ${text}`);
    console.log(`  ${(longest.stall.ms / 1000).toFixed(2).padStart(6)} s  the next evaluation was stored`);
  }
  process.exitCode = wrong === 0 ? 0 : 1;
}

/** Programs say in one line what they end of; a stack, or nothing, is an error that nobody expected. */
function isUnexplained({ stderr }: OwnEnd): boolean {
  const last = stderr.trim().split("\n").at(-1) ?? "";
  return !/^(coordinator|standby|island-worker|gpu-evaluator|The|Cannot)\b/.test(last);
}
