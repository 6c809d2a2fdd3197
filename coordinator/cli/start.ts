/** `coordinator start`. */
import { resolve } from "node:path";
import { formatAddress, parseAddress } from "@kevo/core/config/address.ts";
import { parseDevices } from "@kevo/core/config/devices.ts";
import { parseDuration } from "@kevo/core/config/duration.ts";
import { readEnvironment } from "@kevo/core/config/environment.ts";
import { parseInteger, parseNumber } from "@kevo/core/config/number.ts";
import { EFFORT } from "@kevo/core/effort/effort.ts";
import { UserError } from "@kevo/core/errors/user-error.ts";
import { RUN_EXIT_CODES, RUN_JSON, repeatable, withHelp } from "@kevo/core/program/command-help.ts";
import { leaveSoon } from "@kevo/core/program/leave-soon.ts";
import {
  addObjectiveOptions,
  type ObjectiveOptions,
  objectiveRequestOf,
} from "@kevo/core/recorded-space/objective-options.ts";
import { addTelemetryOptions, type TelemetryOptions, telemetryOf } from "@kevo/core/telemetry/options.ts";
import { BACKENDS, type BackendName } from "@kevo/proto/backend-name.ts";
import { EFFORTS, type Effort, type RunSpec, TOPOLOGIES, type Topology } from "@kevo/proto/run.ts";
import { Command, Option } from "commander";
import { DEFAULT_DATABASE } from "../lineage/default-database.ts";
import type { Launch } from "../run/launch.ts";
import type { WantedPrior } from "../run/prior.ts";
import type { RunRequest } from "../run/spec.ts";
import { addDashboardOptions, dashboardAddress } from "./dashboard-options.ts";
import { addModelOptions, MODEL_HELP, type ModelOptions, modelsOf } from "./model-options.ts";
import { BELL, WAIT } from "./read-options.ts";

interface GivenOptions extends ModelOptions, ObjectiveOptions, TelemetryOptions {
  readonly kernel?: string;
  readonly backend?: BackendName;
  readonly space: string[];
  readonly timeScale: string;
  readonly workload: string[];
  readonly perWorkload?: boolean;
  readonly islands?: string;
  readonly topology: Topology;
  readonly migrateEvery: string;
  readonly migrants: string;
  readonly sync?: boolean;
  readonly seed?: string;
  readonly evaluations?: string;
  readonly time?: string;
  readonly effort: Effort;
  readonly search: RunSpec["search"];
  readonly prior: string[];
  readonly evaluator: string[];
  readonly devices?: string;
  readonly externalEvaluators?: boolean;
  readonly minEvaluators?: string;
  readonly maxEvaluators?: string;
  readonly externalWorkers?: boolean;
  readonly evolve: "config" | "source";
  readonly requireSandbox?: boolean;
  readonly nats?: string;
  readonly natsCreds?: string;
  readonly natsReplicas?: string;
  readonly natsListen?: string;
  readonly wait?: string;
  readonly db: string;
  readonly bell?: boolean;
  readonly dashboard?: string | false;
  readonly json?: boolean;
  readonly parent?: boolean;
  readonly replayRun?: string;
  readonly standby?: boolean;
}

const EFFORT_TABLE = [
  "Effort        evaluations   finalists   re-measured",
  ...EFFORTS.map((name) => {
    const { evaluations, finalists, rounds } = EFFORT[name].run;
    return `  ${name.padEnd(12)}${String(evaluations).padStart(11)}${String(finalists).padStart(12)}${`${rounds} times`.padStart(14)}`;
  }),
  "  With full, each candidate and its baseline are also timed longer. When each workload has its own islands:",
  ...EFFORTS.map((name) => {
    const { evaluationsPerNiche, remeasurements } = EFFORT[name].run;
    return `  ${name}: ${evaluationsPerNiche} evaluations per workload, about ${remeasurements} re-measurements at most.`;
  }),
].join("\n");

const HELP = {
  notes: `${EFFORT_TABLE}\n\n${MODEL_HELP}`,
  json: RUN_JSON,
  exitCodes: RUN_EXIT_CODES,
  examples: [
    "coordinator start --kernel attention-cpu --islands 4 --evaluations 200",
    "coordinator start --kernel ./my-kernel --time 10m",
    "coordinator start --kernel attention-cpu --llm grok-4.3 --budget-usd 0.50",
    "coordinator start --kernel attention-cpu-naive --llm grok-4.3 --evolve source",
    "coordinator start --kernel attention-forward --workload 'ten-models/*' --time 6m",
    "coordinator start --backend replay --space gemm.json.gz --islands 4 --evaluations 200 --sync --seed 7",
    "coordinator start --space cache.json --objective GFLOP/s --maximize --beside energy:min",
    "coordinator start --backend replay --space conv-A100.json.gz --space conv-A4000.json.gz --evaluations 400",
  ],
};

export function startCommand(): Command {
  const command = new Command("start")
    .description("Evolve a kernel. This command runs a whole cluster on this machine; other machines can join it.")
    .option("--kernel <id|path>", "the id of a kernel of this project, or a kernel's folder")
    .addOption(
      new Option("--backend <name>", "how to evaluate (default: the kernel's first backend)").choices(BACKENDS),
    )
    .addOption(
      repeatable(
        "--space <file>",
        "replay: a recorded space in Kernel Tuner's cache format, .json or .json.gz; several files are the same kernel on several devices, among which the islands are divided",
        "none",
      ),
    )
    .option("--time-scale <factor>", "replay: simulate the recorded durations, scaled by this factor", "0");
  addObjectiveOptions(command)
    .addOption(repeatable("--workload <name|pattern>", "measure these workloads only", "all workloads"))
    .option("--per-workload", "give each workload its own islands (the default for a pattern)")
    .option("--islands <n>", "number of islands (default: 4, or one per workload of a pattern)")
    .addOption(
      new Option("--topology <name>", "which islands send elites to which").choices(TOPOLOGIES).default("ring"),
    )
    .option("--migrate-every <n>", "batches between migrations", "5")
    .option("--migrants <n>", "elites to send at each migration", "1")
    .option("--sync", "advance all islands in step, so that a replay with the same seed repeats exactly")
    .option("--seed <n>", "seed for all random numbers (default: random)")
    .option("--evaluations <n>", "budget of unique evaluations (default: see the effort table)")
    .option("--time <duration>", "stop proposing after this time, such as 90s or 10m")
    .addOption(
      new Option("--effort <tier>", "how thoroughly to measure; see the table").choices(EFFORTS).default("quick"),
    )
    .addOption(
      new Option("--search <name>", "search method; random is the control")
        .choices(["default", "random"])
        .default("default"),
    )
    .addOption(
      repeatable(
        "--prior <run>",
        "measure this earlier run's best configurations first; FILE:RUN is a run of another database, none starts from nothing, not even from what the kernel's known-good.json names",
        "the latest finished runs of the same kernel on the same device model",
      ),
    );
  addModelOptions(command)
    .addOption(
      new Option("--evolve <what>", "with source, the models of --llm also rewrite the kernel's marked region")
        .choices(["config", "source"])
        .default("config"),
    )
    .option("--require-sandbox", "refuse to start a local evaluator that cannot contain candidates")
    .addOption(repeatable("--evaluator <host:port>", "use this evaluator instead of a local one", "a local evaluator"))
    .option("--external-evaluators", "do not start a local evaluator; wait for ones that announce themselves")
    .option("--min-evaluators <n>", "wait while fewer evaluators serve (default: 0); without --wait, for any time")
    .option("--max-evaluators <n>", "use at most n evaluators; further ones wait in reserve (default: no limit)")
    .option("--devices <numbers>", "devices of the local evaluator, such as 0,1")
    .option("--external-workers", "do not start local island-workers")
    .option("--wait <duration>", WAIT)
    .option(
      "--nats <url[,url]>",
      "use this NATS server instead of an embedded one; of a cluster, name several with commas between them",
    )
    .option("--nats-creds <file>", "credentials file of a NATS user, for --nats")
    .option(
      "--nats-replicas <n>",
      "how many servers of the cluster of --nats keep each stream: 1, 3 or 5 (default: 3 in a cluster)",
    )
    .option("--nats-listen <host:port>", "address on which the embedded NATS server listens (default: loopback)")
    .option(
      "--replay-run <run>",
      "repeat a run made with --sync, candidate by candidate; model answers and evaluations come from the lineage, so this needs no key, network or device",
    )
    .option(
      "--standby",
      "while another coordinator uses the database, wait; take over its run within ten seconds when it ends or stops working (docs/cluster.md)",
    )
    .option("--bell", BELL);
  addTelemetryOptions(addDashboardOptions(command))
    .option("--parent", "stop when standard input closes, that is, when the parent process dies")
    .option("--db <file>", "lineage database", DEFAULT_DATABASE)
    .option("--json", "end with one line of JSON on standard output")
    .action(async (given: GivenOptions, command: Command) => {
      if (given.replayRun !== undefined) return await repeat(given.replayRun, given, command);
      const request = requestOf(given);
      const launch = launchOf(given);
      const { KEVO_TOKEN: token } = readEnvironment();
      const options = { ...outputOf(given), token };
      if (given.standby === true) {
        const { standBy } = await import("./standby.ts");
        await standBy(request, launch, options);
      } else {
        const { startRun } = await import("./run-session.ts");
        await startRun(request, launch, options);
      }
      leaveSoon();
    });
  return withHelp(command, HELP);
}

/** Everything else is as it was recorded. */
async function repeat(run: string, given: GivenOptions, command: Command): Promise<void> {
  const others = command.options
    .map((option) => ({ flag: option.long ?? option.flags, name: option.attributeName() }))
    .filter(
      ({ name }) => !["replayRun", "db", "json", "bell", "parent", "dashboard", "metrics", "logFormat"].includes(name),
    )
    .filter(({ name }) => command.getOptionValueSource(name) === "cli");
  if (others.length > 0) {
    const flags = others.map(({ flag }) => flag).join(", ");
    throw new UserError(`--replay-run repeats a run unchanged. Omit ${flags}.`, 2);
  }
  const { KEVO_TOKEN: token } = readEnvironment();
  const { repeatRun } = await import("./run-session.ts");
  await repeatRun(run, { ...outputOf(given), token });
}

function outputOf(given: GivenOptions) {
  const { db, json = false, bell = false, parent = false } = given;
  return { db, json, bell, parent, dashboard: dashboardAddress(given), telemetry: telemetryOf(given) };
}

function requestOf(given: GivenOptions): RunRequest {
  const evaluations = given.evaluations;
  return {
    backend: given.backend ?? (given.space.length === 0 ? undefined : "replay"),
    workloads: given.workload,
    perWorkload: given.perWorkload,
    islands: given.islands === undefined ? undefined : parseInteger(given.islands, "--islands", { min: 1, max: 1024 }),
    topology: given.topology,
    migrateEvery: parseInteger(given.migrateEvery, "--migrate-every", { min: 1, max: 1_000_000 }),
    migrants: parseInteger(given.migrants, "--migrants", { min: 0, max: 64 }),
    sync: given.sync === true,
    seed: given.seed === undefined ? undefined : parseInteger(given.seed, "--seed", { min: 0, max: 2 ** 31 - 1 }),
    evaluations:
      evaluations === undefined ? undefined : parseInteger(evaluations, "--evaluations", { min: 1, max: 100_000_000 }),
    timeS: given.time === undefined ? null : parseDuration(given.time, "--time"),
    effort: given.effort,
    search: given.search,
    prior: priorOf(given.prior),
    evolvesCode: given.evolve === "source",
    llm: modelsOf(given, given.externalWorkers === true ? null : process.env),
  };
}

function priorOf(given: readonly string[]): WantedPrior {
  if (!given.includes("none")) return given;
  if (given.length > 1) throw new UserError("--prior none excludes other runs. Omit it, or them.", 2);
  return "none";
}

function natsOf(given: GivenOptions): Pick<Launch, "nats_creds" | "nats_replicas"> {
  if (given.nats !== undefined && given.natsListen !== undefined) {
    throw new UserError("--nats uses a running server, --nats-listen starts one. Omit one of them.", 2);
  }
  const { natsCreds: creds, natsReplicas: replicas } = given;
  const stray = creds !== undefined ? "--nats-creds" : replicas !== undefined ? "--nats-replicas" : null;
  if (stray !== null && given.nats === undefined) {
    throw new UserError(`${stray} applies to the server of --nats. Name one, or omit it.`, 2);
  }
  return {
    ...(creds !== undefined && { nats_creds: resolve(creds) }),
    ...(replicas !== undefined && { nats_replicas: parseInteger(replicas, "--nats-replicas", { min: 1, max: 5 }) }),
  };
}

function evaluatorsOf(given: GivenOptions): Pick<Launch, "external_evaluators" | "min_evaluators" | "max_evaluators"> {
  if (given.externalEvaluators === true && given.evaluator.length > 0) {
    throw new UserError("--evaluator names the evaluators, --external-evaluators waits for any. Omit one of them.", 2);
  }
  const bound = (text: string | undefined, name: string) =>
    text === undefined ? undefined : parseInteger(text, name, { min: 1, max: 256 });
  const [min, max] = [bound(given.minEvaluators, "--min-evaluators"), bound(given.maxEvaluators, "--max-evaluators")];
  if (min !== undefined && max !== undefined && min > max) {
    throw new UserError(`--min-evaluators ${min} exceeds --max-evaluators ${max}. Lower it, or raise the other.`, 2);
  }
  return {
    ...(given.externalEvaluators === true && { external_evaluators: true }),
    ...(min !== undefined && { min_evaluators: min }),
    ...(max !== undefined && { max_evaluators: max }),
  };
}

function launchOf(given: GivenOptions): Launch {
  const replay = given.backend === "replay" || (given.backend === undefined && given.space.length > 0);
  if (replay && given.space.length === 0) {
    throw new UserError("--backend replay requires --space FILE, a recorded space in Kernel Tuner's cache format.", 2);
  }
  if (!replay && given.space.length > 0) {
    throw new UserError(`--space applies to --backend replay, not to ${given.backend}. Omit one of them.`, 2);
  }
  if (replay && given.kernel !== undefined) {
    console.error(`--kernel ${given.kernel} has no effect: a replay uses the recorded kernel.`);
  }
  if (!replay && given.kernel === undefined) {
    throw new UserError(
      "Name a kernel: --kernel ID or --kernel PATH (or replay a recorded space with --space FILE).",
      2,
    );
  }
  const objective = objectiveRequestOf(given, replay);
  return {
    kernel: replay ? null : (given.kernel as string),
    spaces: given.space.map((path) => resolve(path)),
    time_scale: parseNumber(given.timeScale, "--time-scale", { min: 0, max: 1000 }),
    ...(objective !== undefined && { objective }),
    evaluators: given.evaluator.map((text) => formatAddress(parseAddress(text, "--evaluator"))),
    devices: given.devices === undefined ? null : parseDevices(given.devices).join(","),
    ...(given.requireSandbox === true && { require_sandbox: true }),
    ...evaluatorsOf(given),
    external_workers: given.externalWorkers === true,
    ...(given.wait !== undefined && { wait_s: parseDuration(given.wait, "--wait") }),
    nats: given.nats ?? null,
    ...natsOf(given),
    nats_listen: given.natsListen ?? null,
    record: null,
  };
}
