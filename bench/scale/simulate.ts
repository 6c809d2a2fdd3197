/**
 * A large cluster on one machine: one real coordinator with its database and nats-server, real island-workers, and
 * evaluators of which many share a process. What is measured, is measured from outside.
 */
import { type ChildProcess, fork, spawn } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { subjects } from "@kevo/proto/subjects.ts";
import { z } from "zod";
import { writeSyntheticSpace } from "../../tests/support/synthetic-space.ts";
import { connectWhenThere, findRun } from "../cluster/cluster.ts";
import { now } from "./clock.ts";
import type { Recorded } from "./coordinator-recorder.ts";
import type { EvaluatorsReady, EvaluatorsReport } from "./evaluators-process.ts";
import { childrenOf, type Usage, usageOf } from "./processor.ts";

const COORDINATOR = fileURLToPath(new URL("../../coordinator/cli/main.ts", import.meta.url));
const EVALUATORS = fileURLToPath(new URL("./evaluators-process.ts", import.meta.url));
const RECORDER = new URL("./coordinator-recorder.ts", import.meta.url).href;

const POLL_MS = 50;
/** How long results may be on their way to the log before they count as missing. */
const LAST_MS = 60_000;

export interface Simulation {
  readonly lanes: number;
  readonly lanesPerEvaluator: number;
  readonly islands: number;
  /** Mean time of an evaluation in its lane. */
  readonly laneMs: number;
  readonly warmUpS: number;
  readonly seconds: number;
  /** Processes that the evaluators share. */
  readonly processes: number;
  readonly search: "default" | "random";
  /** Folder for the coordinator's processor profile; null: none is made. */
  readonly profile: string | null;
}

/** Exact, in milliseconds. */
export interface Waits {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
  readonly count: number;
}

export interface Measured {
  readonly lanes: number;
  readonly islands: number;
  readonly evaluators: number;
  readonly lane_ms: number;
  readonly search: string;
  readonly seconds: number;
  readonly evaluations_per_second: number;
  /** Of all lanes together, 0 to 1. */
  readonly busy_share: number;
  /** From the result in the evaluator to its entry in the log on NATS, which is sent after the commit. Milliseconds. */
  readonly commit_ms: Waits;
  /** The same from the result's arrival in the coordinator to the end of its commit. */
  readonly commit_inside_ms: Waits;
  /** Collections of garbage in the coordinator: how much of its time they took, and the longest. */
  readonly collections: { readonly share: number; readonly max_ms: number };
  /** Processor time of all threads, and of the one that does the work; milliseconds of an evaluation. */
  readonly coordinator: { readonly cores: number; readonly main_cores: number; readonly ms_per_evaluation: number };
  readonly coordinator_peak_mb: number;
  readonly workers_cores: number;
  readonly evaluators_cores: number;
  readonly nats_cores: number;
  /** Of the whole machine, that of other programs included. */
  readonly machine_cores: number;
}

export async function simulate(folder: string, simulation: Simulation): Promise<Measured> {
  mkdirSync(folder, { recursive: true });
  const space = join(folder, "space.json");
  const expected = ((simulation.warmUpS + simulation.seconds) * simulation.lanes * 1000) / simulation.laneMs;
  // Random proposals of several islands repeat each other where the space is small.
  const values = Math.min(24, Math.max(8, Math.ceil((expected * 4) ** 0.25)));
  writeSyntheticSpace(space, { values, benchmarkMs: simulation.laneMs, spread: 0.5 });
  const count = Math.ceil(simulation.lanes / simulation.lanesPerEvaluator);
  const hosts = Array.from({ length: simulation.processes }, (_, index) => {
    const share = Math.ceil((count - index) / simulation.processes);
    return fork(EVALUATORS, [space, String(share), String(simulation.lanesPerEvaluator)]);
  });
  const stopped: (() => void)[] = hosts.map((host) => () => host.disconnect());
  try {
    const addresses = (await Promise.all(hosts.map((host) => told<EvaluatorsReady>(host)))).flatMap((r) => r.addresses);
    const coordinator = startCoordinator(folder, simulation, addresses);
    stopped.push(() => coordinator.kill("SIGKILL"));
    return await measure(folder, simulation, { coordinator, hosts, evaluators: addresses.length });
  } finally {
    for (const stop of stopped) stop();
  }
}

function startCoordinator(folder: string, simulation: Simulation, addresses: readonly string[]): ChildProcess {
  const profile = simulation.profile === null ? [] : ["--cpu-prof", "--cpu-prof-dir", simulation.profile];
  return spawn(
    process.execPath,
    [
      ...[
        ...profile,
        "--import",
        RECORDER,
        COORDINATOR,
        "start",
        "--backend",
        "replay",
        "--space",
        "space.json",
        "--time-scale",
        "1",
      ],
      ...["--search", simulation.search, "--islands", String(simulation.islands), "--evaluations", "10000000"],
      ...["--no-dashboard", "--json", ...addresses.flatMap((address) => ["--evaluator", address])],
    ],
    { cwd: folder, stdio: ["ignore", "ignore", "inherit", "ipc"] },
  );
}

interface Parts {
  readonly coordinator: ChildProcess;
  readonly hosts: readonly ChildProcess[];
  readonly evaluators: number;
}

async function measure(folder: string, simulation: Simulation, parts: Parts): Promise<Measured> {
  const { coordinator, hosts } = parts;
  const pid = coordinator.pid as number;
  const ended = new Promise<void>((resolve) => coordinator.once("close", () => resolve()));
  const bus = await connectWhenThere(folder, ended);
  const { run } = await findRun(bus, ended);
  const committed = new Map<string, number>();
  const named = z.looseObject({ candidate: z.string() });
  bus.subscribe(subjects.allLogs(run), z.unknown(), (entry) => {
    const { success, data } = named.safeParse(entry);
    if (success && !committed.has(data.candidate)) committed.set(data.candidate, now());
  });
  let isOver = false;
  void ended.then(() => {
    isOver = true;
  });
  // On a busy machine the first results are late; a window without any would say nothing.
  const untilCommitted = async (count: number) => {
    while (committed.size < count && !isOver) await sleep(POLL_MS);
  };
  await untilCommitted(simulation.lanes);
  await sleep(simulation.warmUpS * 1000);
  const names = (found: ReturnType<typeof childrenOf>) => ({
    nats: found.filter(({ command }) => command.includes("nats-server")).map((child) => child.pid),
    workers: found.filter(({ command }) => command.includes("island-worker")).map((child) => child.pid),
  });
  const children = names(childrenOf(pid));
  const look = async () => ({
    at: now(),
    machine: machineSeconds(),
    coordinator: usageOf(pid),
    nats: sum(children.nats.map(usageOf)),
    workers: sum(children.workers.map(usageOf)),
    hosts: sum(hosts.map((host) => usageOf(host.pid as number))),
    reports: await Promise.all(hosts.map((host) => asked<EvaluatorsReport>(host))),
    recorded: await asked<Recorded>(coordinator),
  });
  const before = await look();
  const known = committed.size;
  await sleep(simulation.seconds * 1000);
  await untilCommitted(known + simulation.lanes);
  const after = await look();
  const results = after.reports.flatMap((report) => report.results);
  // The last results are on their way.
  for (let wait = 0; wait < LAST_MS && results.some(([id]) => !committed.has(id)); wait += POLL_MS)
    await sleep(POLL_MS);
  const waits = results.flatMap(([candidate, at]) => {
    const stored = committed.get(candidate);
    return stored === undefined ? [] : [stored - at];
  });
  if (waits.length < results.length * 0.9) {
    throw new Error(`${results.length - waits.length} of ${results.length} results did not come to the log`);
  }
  coordinator.kill("SIGINT");
  await bus.close();
  await ended;
  const seconds = (after.at - before.at) / 1000;
  const total = (report: readonly EvaluatorsReport[], of: "busyMs" | "upMs") => report.reduce((s, r) => s + r[of], 0);
  const used = (of: "nats" | "workers" | "hosts") => (after[of] - before[of]) / seconds;
  const processor = after.coordinator.seconds - before.coordinator.seconds;
  return {
    ...{ lanes: simulation.lanes, islands: simulation.islands, evaluators: parts.evaluators },
    ...{ lane_ms: simulation.laneMs, search: simulation.search, seconds },
    evaluations_per_second: results.length / seconds,
    busy_share:
      (total(after.reports, "busyMs") - total(before.reports, "busyMs")) /
      (total(after.reports, "upMs") - total(before.reports, "upMs")),
    commit_ms: waitsOf(waits),
    commit_inside_ms: waitsOf(after.recorded.commitsMs),
    collections: collectionsIn(after.recorded, 1000 * seconds),
    coordinator: {
      cores: processor / seconds,
      main_cores: (after.coordinator.mainSeconds - before.coordinator.mainSeconds) / seconds,
      ms_per_evaluation: (1000 * processor) / results.length,
    },
    coordinator_peak_mb: after.coordinator.peak / 1024 ** 2,
    workers_cores: used("workers"),
    evaluators_cores: used("hosts"),
    nats_cores: used("nats"),
    machine_cores: (after.machine - before.machine) / seconds,
  };
}

export function waitsOf(times: readonly number[]): Waits {
  const sorted = times.toSorted((a, b) => a - b);
  const keptBy = (share: number) => sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
  return { p50: keptBy(0.5), p99: keptBy(0.99), max: keptBy(1), count: sorted.length };
}

function collectionsIn({ collectionsMs }: Recorded, ms: number): Measured["collections"] {
  const all = collectionsMs.reduce((total, one) => total + one, 0);
  return { share: all / ms, max_ms: collectionsMs.reduce((most, one) => Math.max(most, one), 0) };
}

function sum(usages: readonly Usage[]): number {
  return usages.reduce((total, { seconds }) => total + seconds, 0);
}

/** Processor time of everything that ran on this machine. */
function machineSeconds(): number {
  const [user = 0, nice = 0, system = 0] = (readFileSync("/proc/stat", "utf8").split("\n")[0] ?? "")
    .split(/\s+/)
    .slice(1)
    .map(Number);
  return (user + nice + system) / 100;
}

function told<T>(host: ChildProcess): Promise<T> {
  return new Promise((resolve, reject) => {
    host.once("message", (message) => resolve(message as T));
    host.once("exit", (code) => reject(new Error(`a process of the simulation ended with ${code}`)));
  });
}

function asked<T>(host: ChildProcess): Promise<T> {
  const report = told<T>(host);
  host.send({});
  return report;
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
