/** `coordinator record`. */
import { resolve } from "node:path";
import { formatAddress, parseAddress } from "@kevo/core/config/address.ts";
import { parseDevices } from "@kevo/core/config/devices.ts";
import { readEnvironment } from "@kevo/core/config/environment.ts";
import { parseInteger, parseNumber } from "@kevo/core/config/number.ts";
import { UserError } from "@kevo/core/errors/user-error.ts";
import { RUN_EXIT_CODES, RUN_JSON, repeatable, withHelp } from "@kevo/core/program/command-help.ts";
import { leaveSoon } from "@kevo/core/program/leave-soon.ts";
import { BACKENDS, type BackendName } from "@kevo/proto/backend-name.ts";
import { EFFORTS, type Effort } from "@kevo/proto/run.ts";
import { Command, Option } from "commander";
import { DEFAULT_DATABASE } from "../lineage/default-database.ts";
import type { Launch } from "../run/launch.ts";
import type { RunRequest } from "../run/spec.ts";

interface GivenOptions {
  readonly kernel?: string;
  readonly backend?: BackendName;
  readonly space?: string;
  readonly timeScale: string;
  readonly workload?: string;
  readonly fix: string[];
  readonly limit?: string;
  readonly seed: string;
  readonly effort: Effort;
  readonly evaluator: string[];
  readonly devices?: string;
  readonly nats?: string;
  readonly out: string;
  readonly db: string;
  readonly json?: boolean;
}

const HELP = {
  notes: `Failed configurations are recorded with their outcome. No configuration is stopped early, and the fastest ones are
measured again at the end. After an interruption, repeat the command to continue; Ctrl-C also writes the incomplete file.`,
  json: RUN_JSON,
  exitCodes: RUN_EXIT_CODES,
  examples: [
    "coordinator record --kernel matmul-cpu --limit 500 --out matmul.json.gz",
    "coordinator record --kernel attention-forward --workload ten-models/llama-3.2-1b/s1024 \\\n  --fix KERNEL=tiles --fix SPLIT_KV=0,512 --out attention.json.gz",
    "coordinator start --backend replay --space attention.json.gz",
  ],
};

export function recordCommand(): Command {
  const command = new Command("record")
    .description("Measure every configuration of a kernel on one workload, and write a recorded space for replay.")
    .option("--kernel <id|path>", "the id of a kernel of this project, or a kernel's folder")
    .addOption(
      new Option("--backend <name>", "how to evaluate (default: the kernel's first backend)").choices(BACKENDS),
    )
    .option("--workload <name>", "the workload to record (default: the kernel's only workload)")
    .addOption(repeatable("--fix <name=values>", "restrict a parameter to one value, or to several", "all values"))
    .option("--limit <n>", "record a random sample of this size (default: all valid configurations)")
    .option("--seed <n>", "seed for the order, and for the sample", "1")
    .addOption(new Option("--effort <tier>", "how thoroughly to measure").choices(EFFORTS).default("quick"))
    .requiredOption("--out <file>", "recording to write, .json or .json.gz")
    .option("--space <file>", "replay: the recorded space to record again")
    .option("--time-scale <factor>", "replay: simulate the recorded durations, scaled by this factor", "0")
    .addOption(repeatable("--evaluator <host:port>", "use this evaluator instead of a local one", "a local evaluator"))
    .option("--devices <numbers>", "devices of the local evaluator, such as 0,1")
    .option("--nats <url>", "use this NATS server instead of an embedded one")
    .option("--db <file>", "lineage database, which holds the measurements until the file is written", DEFAULT_DATABASE)
    .option("--json", "end with one line of JSON on standard output")
    .action(async (given: GivenOptions) => {
      const request = requestOf(given);
      const launch = launchOf(given);
      const { KEVO_TOKEN: token } = readEnvironment();
      const { recordRun } = await import("./run-session.ts");
      await recordRun(request, launch, given.fix, { db: given.db, json: given.json === true, token });
      leaveSoon();
    });
  return withHelp(command, HELP);
}

function requestOf(given: GivenOptions): RunRequest {
  return {
    backend: given.backend ?? (given.space === undefined ? undefined : "replay"),
    workloads: given.workload === undefined ? [] : [given.workload],
    perWorkload: false,
    islands: 1,
    topology: "none",
    migrateEvery: 1,
    migrants: 0,
    sync: false,
    seed: parseInteger(given.seed, "--seed", { min: 0, max: 2 ** 31 - 1 }),
    evaluations:
      given.limit === undefined ? undefined : parseInteger(given.limit, "--limit", { min: 1, max: 100_000_000 }),
    timeS: null,
    effort: given.effort,
    search: "exhaustive",
  };
}

function launchOf(given: GivenOptions): Launch {
  const replay = given.space !== undefined;
  if (replay !== (given.backend === "replay" || (given.backend === undefined && replay))) {
    throw new UserError("--space FILE and --backend replay belong together. Give both, or neither.", 2);
  }
  if (replay === (given.kernel !== undefined)) {
    throw new UserError("Name a kernel: --kernel ID or --kernel PATH (or --space FILE to record a replay).", 2);
  }
  if (!/\.json(\.gz)?$/.test(given.out)) {
    throw new UserError(`--out ${given.out}: the name of a recording must end in .json or .json.gz.`, 2);
  }
  return {
    kernel: given.kernel ?? null,
    spaces: given.space === undefined ? [] : [resolve(given.space)],
    time_scale: parseNumber(given.timeScale, "--time-scale", { min: 0, max: 1000 }),
    evaluators: given.evaluator.map((text) => formatAddress(parseAddress(text, "--evaluator"))),
    devices: given.devices === undefined ? null : parseDevices(given.devices).join(","),
    external_workers: false,
    nats: given.nats ?? null,
    nats_listen: null,
    record: { out: resolve(given.out), fixed: {} },
  };
}
