/** `coordinator record`. */
import { resolve } from "node:path";
import { formatAddress, parseAddress } from "@kevo/core/config/address.ts";
import { parseDevices } from "@kevo/core/config/devices.ts";
import { readEnvironment } from "@kevo/core/config/environment.ts";
import { parseInteger, parseNumber } from "@kevo/core/config/number.ts";
import { UserError } from "@kevo/core/errors/user-error.ts";
import { BACKENDS, type BackendName, EFFORTS, type Effort } from "@kevo/proto/run.ts";
import { Command, Option } from "commander";
import { DEFAULT_DATABASE } from "../lineage/read-only.ts";
import type { Launch } from "../run/launch.ts";
import type { Wish } from "../run/spec.ts";

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

const collect = (value: string, list: string[]) => [...list, value];

const AFTER_HELP = `
Configurations that fail are recorded with their outcome. Nothing is stopped early, and the fastest are measured again at
the end. However it was cut off, the same command goes on where it stopped; Ctrl-C also leaves the file as far as it came.

Examples:
  coordinator record --kernel matmul-cpu --limit 500 --out matmul.json.gz
  coordinator record --kernel attention-forward --workload ten-models/llama-3.2-1b/s1024 \\
    --fix KERNEL=tiles --fix SPLIT_KV=0,512 --out attention.json.gz
  coordinator start --backend replay --space attention.json.gz`;

export function recordCommand(): Command {
  return new Command("record")
    .description("Measure every configuration of a kernel on one workload, for replay: Kernel Tuner's cache format.")
    .option("--kernel <id|path>", "a kernel of this project by its id, or the folder of one")
    .addOption(new Option("--backend <name>", "what evaluates (default: the kernel's first)").choices(BACKENDS))
    .option("--workload <name>", "the workload to record (default: the kernel's only one)")
    .option("--fix <name=values>", "hold a parameter at a value, or at some; may be repeated", collect, [])
    .option("--limit <n>", "a random sample of so many (default: all that are valid)")
    .option("--seed <n>", "seed of their order, and of the sample", "1")
    .addOption(new Option("--effort <tier>", "how long each is timed").choices(EFFORTS).default("quick"))
    .requiredOption("--out <file>", "where the recording goes, .json or .json.gz")
    .option("--space <file>", "replay: the recorded space to record again")
    .option("--time-scale <factor>", "replay: recorded durations times this pass again", "0")
    .option("--evaluator <host:port>", "use this evaluator instead of a local one; may be repeated", collect, [])
    .option("--devices <numbers>", "devices of the local evaluator, such as 0,1")
    .option("--nats <url>", "use this NATS server instead of an embedded one")
    .option("--db <file>", "lineage database, where the work lies until it is done", DEFAULT_DATABASE)
    .option("--json", "end with one line of JSON on standard output")
    .addHelpText("after", AFTER_HELP)
    .action(async (given: GivenOptions) => {
      const wish = wishOf(given);
      const launch = launchOf(given);
      const { KEVO_TOKEN: token } = readEnvironment();
      const { recordRun } = await import("./run-session.ts");
      await recordRun(wish, launch, given.fix, { db: given.db, json: given.json === true, token });
    });
}

function wishOf(given: GivenOptions): Wish {
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
    throw new UserError("--space FILE and --backend replay go together: give both or neither.", 2);
  }
  if (replay === (given.kernel !== undefined)) {
    throw new UserError("Name a kernel: --kernel ID or --kernel PATH (or --space FILE to record a replay).", 2);
  }
  if (!/\.json(\.gz)?$/.test(given.out)) {
    throw new UserError(`--out ${given.out}: a recording's name ends in .json or .json.gz.`, 2);
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
