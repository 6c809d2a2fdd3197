/** `gpu-evaluator start`: the options, their checks and their help. */
import { formatAddress, isLoopback, parseAddress } from "@kevo/core/config/address.ts";
import { parseDevices } from "@kevo/core/config/devices.ts";
import { readEnvironment } from "@kevo/core/config/environment.ts";
import { parseNumber } from "@kevo/core/config/number.ts";
import { UserError } from "@kevo/core/errors/user-error.ts";
import { Command, Option } from "commander";
import type { BackendChoice } from "./open-backend.ts";

interface GivenOptions {
  readonly backend: "cpu" | "triton" | "replay";
  readonly devices?: string;
  readonly listen: string;
  readonly advertise?: string;
  readonly nats?: string;
  readonly space?: string;
  readonly timeScale?: string;
  readonly parent?: boolean;
  readonly json?: boolean;
  readonly requireSandbox?: boolean;
}

const AFTER_HELP = `
Beyond loopback both sides need the same KEVO_TOKEN in their environment, and a wildcard address needs --advertise.
The Triton backend takes the GPUs that CUDA_VISIBLE_DEVICES leaves and runs KEVO_PYTHON, or python3, for torch and triton.
SIGTERM and SIGINT drain: nothing new is taken, what is here is finished. A second signal ends at once.

Examples:
  gpu-evaluator start --backend cpu
  KEVO_PYTHON=/venv/bin/python gpu-evaluator start --backend triton --devices 0,1
  gpu-evaluator start --backend replay --space gemm.json.gz --devices 0,1,2,3 --listen 127.0.0.1:50051
  KEVO_TOKEN=… gpu-evaluator start --backend cpu --listen 0.0.0.0:50051 --advertise gpu-7:50051 --nats nats://head:4222`;

export function startCommand(): Command {
  return new Command("start")
    .description("Serve evaluations until told to stop.")
    .addOption(
      new Option("--backend <name>", "what evaluates").choices(["cpu", "triton", "replay"]).makeOptionMandatory(),
    )
    .option("--devices <numbers>", "devices to use, such as 0,1; each has one lane (default: all visible GPUs, else 0)")
    .option("--listen <host:port>", "address to serve on; port 0 takes a free one", "127.0.0.1:0")
    .option("--advertise <host:port>", "address that others reach it at (default: the one it listens on)")
    .option("--nats <url>", "NATS server: announce this evaluator there, and fetch kernels from there")
    .option("--space <file>", "replay: recorded space in Kernel Tuner's cache format, .json or .json.gz")
    .option("--time-scale <factor>", "replay: recorded durations times this pass again (default: 0)")
    .option("--parent", "end when standard input closes, as it does when the process that started this one dies")
    .option("--require-sandbox", "start only where candidates can be contained (docs/sandbox.md)")
    .option("--json", "print one line of JSON with the address once it serves")
    .addHelpText("after", AFTER_HELP)
    .action(async (given: GivenOptions) => {
      const { KEVO_TOKEN: token, KEVO_PYTHON: python } = readEnvironment();
      const checked = { backend: backendChoice(given, python), ...addresses(given, token) };
      // Loaded once the options are known to be right, so that help and mistakes answer at once.
      const { start } = await import("./start.ts");
      await start({
        ...checked,
        nats: given.nats,
        token,
        parent: given.parent === true,
        json: given.json === true,
        requireSandbox: given.requireSandbox === true,
      });
    });
}

function backendChoice(given: GivenOptions, python: string | undefined): BackendChoice {
  const devices = given.devices === undefined ? undefined : parseDevices(given.devices);
  if (given.backend === "replay") {
    if (given.space === undefined) {
      throw new UserError("--backend replay needs --space FILE: a recorded space in Kernel Tuner's cache format.", 2);
    }
    const timeScale = parseNumber(given.timeScale ?? "0", "--time-scale", { min: 0 });
    return { name: "replay", space: given.space, timeScale, devices: devices ?? [0] };
  }
  const stray = given.space !== undefined ? "--space" : given.timeScale !== undefined ? "--time-scale" : null;
  if (stray !== null) throw new UserError(`${stray} is for --backend replay only: leave it out.`, 2);
  return given.backend === "triton" ? { name: "triton", devices, python } : { name: "cpu", devices };
}

/** What to bind and what to announce; null when it is the bound address. */
function addresses(given: GivenOptions, token: string | undefined): { listen: string; advertise: string | null } {
  const listen = parseAddress(given.listen, "--listen", { anyPort: true });
  if (!isLoopback(listen.host) && token === undefined) {
    throw new UserError(
      `--listen ${given.listen}: other hosts can reach this address. Set KEVO_TOKEN here and at the coordinator, or listen on 127.0.0.1.`,
      2,
    );
  }
  if (given.advertise !== undefined) {
    return { listen: formatAddress(listen), advertise: formatAddress(parseAddress(given.advertise, "--advertise")) };
  }
  if (listen.host === "0.0.0.0" || listen.host === "::") {
    throw new UserError(
      `--listen ${given.listen} is every address of this host: name the one that others reach with --advertise HOST:PORT.`,
      2,
    );
  }
  return { listen: formatAddress(listen), advertise: null };
}
