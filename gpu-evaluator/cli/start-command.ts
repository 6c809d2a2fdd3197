/** `gpu-evaluator start`: the options, their checks and their help. */
import { formatAddress, isLoopback, parseAddress } from "@kevo/core/config/address.ts";
import { parseDevices } from "@kevo/core/config/devices.ts";
import { parseDuration } from "@kevo/core/config/duration.ts";
import { readEnvironment } from "@kevo/core/config/environment.ts";
import { loopbackHost } from "@kevo/core/config/loopback.ts";
import { parseNumber } from "@kevo/core/config/number.ts";
import { UserError } from "@kevo/core/errors/user-error.ts";
import { readInvitation } from "@kevo/core/identity/invitation.ts";
import { withHelp } from "@kevo/core/program/command-help.ts";
import {
  addObjectiveOptions,
  type ObjectiveOptions,
  objectiveRequestOf,
} from "@kevo/core/recorded-space/objective-options.ts";
import { addTelemetryOptions, type TelemetryOptions, telemetryOf } from "@kevo/core/telemetry/options.ts";
import { Command, Option } from "commander";
import type { WhenBusy } from "../backends/cpu/measure.ts";
import type { BackendChoice } from "./open-backend.ts";

interface GivenOptions extends ObjectiveOptions, TelemetryOptions {
  readonly backend: BackendChoice["name"];
  readonly devices?: string;
  readonly listen?: string;
  readonly advertise?: string;
  readonly nats?: string;
  readonly natsCreds?: string;
  readonly join?: string;
  readonly space?: string;
  readonly timeScale?: string;
  readonly parent?: boolean;
  readonly json?: boolean;
  readonly requireSandbox?: boolean;
  readonly grace?: string;
}

const HELP = {
  notes: `To serve other hosts, set the same KEVO_TOKEN here and at the coordinator; a wildcard address also needs --advertise.
The Triton backend uses the GPUs in CUDA_VISIBLE_DEVICES, and KEVO_PYTHON (or python3) for torch and triton.
SIGTERM, SIGINT and SIGHUP drain the evaluator: it accepts no more candidates, finishes those it has, and ends. A second signal
ends it immediately.`,
  json: "one line with the address is written as soon as the evaluator serves",
  examples: [
    "gpu-evaluator start --backend cpu",
    "KEVO_PYTHON=/venv/bin/python gpu-evaluator start --backend triton --devices 0,1",
    "gpu-evaluator start --backend replay --space gemm.json.gz --devices 0,1,2,3 --listen 127.0.0.1:50051",
    "KEVO_TOKEN=… gpu-evaluator start --backend cpu --listen 0.0.0.0:50051 --advertise gpu-7:50051 --nats nats://head:4222",
  ],
};

export function startCommand(): Command {
  const command = new Command("start")
    .description("Serve evaluations until a signal ends the evaluator.")
    .addOption(
      new Option("--backend <name>", "how to evaluate")
        .choices(["cpu", "triton", "cuda", "replay", "objective"])
        .makeOptionMandatory(),
    )
    .option("--devices <numbers>", "devices to use, such as 0,1 (default: all visible GPUs, or 0 without a GPU)")
    .option(
      "--listen <host:port>",
      "address to serve on; port 0 selects a free port (default: a free port on loopback)",
    )
    .option(
      "--advertise <host:port>",
      "address at which other hosts reach this evaluator (default: the --listen address)",
    )
    .option("--nats <url[,url]>", "NATS server at which to announce this evaluator and fetch kernels")
    .option("--nats-creds <file>", "credentials file of a NATS user, for --nats")
    .option("--join <file>", "an invitation, made with coordinator invite --role evaluator")
    .option("--space <file>", "replay: a recorded space in Kernel Tuner's cache format, .json or .json.gz")
    .option("--time-scale <factor>", "replay: simulate the recorded durations, scaled by this factor (default: 0)");
  addTelemetryOptions(addObjectiveOptions(command))
    .option("--parent", "end when standard input closes, that is, when the parent process dies")
    .option(
      "--grace <duration>",
      "how long the platform waits after SIGTERM before it kills, such as 30s; candidates that would not be finished by then are handed back (default: finish all)",
    )
    .option("--require-sandbox", "refuse to start where candidates cannot be contained (docs/sandbox.md)")
    .option("--json", "write one line of JSON with the address")
    .action(async (given: GivenOptions) => {
      const { KEVO_TOKEN: token, KEVO_PYTHON: python, KEVO_OBJECTIVE: socket, KEVO_WHEN_BUSY } = readEnvironment();
      const whenBusy = KEVO_WHEN_BUSY === "measure" ? "claim_nothing" : "refuse";
      const invitation = given.join === undefined ? undefined : readInvitation(given.join, "evaluator");
      const checked = {
        backend: backendChoice(given, { python, socket, whenBusy }),
        ...(await addresses(given, token)),
      };
      // Loaded once the options are known to be right, so that help and mistakes answer at once.
      const { start } = await import("./start.ts");
      await start({
        ...checked,
        nats: given.nats ?? invitation?.nats,
        creds: given.natsCreds,
        token,
        invitation,
        invitationFile: given.join,
        parent: given.parent === true,
        json: given.json === true,
        graceS: given.grace === undefined ? undefined : graceOf(given.grace),
        requireSandbox: given.requireSandbox === true,
        telemetry: telemetryOf(given),
      });
    });
  return withHelp(command, HELP);
}

/** Platforms state it as a number of seconds. */
const graceOf = (text: string) => parseDuration(/^\d+$/.test(text) ? `${text}s` : text, "--grace");

interface FromEnvironment {
  readonly python: string | undefined;
  readonly socket: string | undefined;
  readonly whenBusy: WhenBusy;
}

function backendChoice(given: GivenOptions, { python, socket, whenBusy }: FromEnvironment): BackendChoice {
  const devices = given.devices === undefined ? undefined : parseDevices(given.devices);
  if (given.backend === "replay") {
    if (given.space === undefined) {
      throw new UserError(
        "--backend replay requires --space FILE, a recorded space in Kernel Tuner's cache format.",
        2,
      );
    }
    const timeScale = parseNumber(given.timeScale ?? "0", "--time-scale", { min: 0 });
    const objective = objectiveRequestOf(given, true);
    return { name: "replay", space: given.space, timeScale, devices: devices ?? [0], objective };
  }
  objectiveRequestOf(given, false);
  const stray = given.space !== undefined ? "--space" : given.timeScale !== undefined ? "--time-scale" : null;
  if (stray !== null) throw new UserError(`${stray} applies to --backend replay only. Omit it.`, 2);
  if (given.backend === "objective") {
    if (socket !== undefined) return { name: "objective", socket };
    throw new UserError(
      "--backend objective is started by the program that has the function, which names its socket in KEVO_OBJECTIVE (docs/python.md).",
      2,
    );
  }
  if (given.backend === "triton" || given.backend === "cuda") return { name: given.backend, devices, python };
  return { name: "cpu", devices, whenBusy };
}

/** The address to bind and the one to announce; null for the bound one. */
async function addresses(
  given: GivenOptions,
  token: string | undefined,
): Promise<{ listen: string; advertise: string | null }> {
  const listen =
    given.listen === undefined
      ? { host: await loopbackHost(), port: 0 }
      : parseAddress(given.listen, "--listen", { anyPort: true });
  if (!isLoopback(listen.host) && token === undefined && given.join === undefined) {
    throw new UserError(
      `--listen ${given.listen}: other hosts can reach this address. Join with an invitation (--join FILE, made with coordinator invite), set KEVO_TOKEN here and at the coordinator, or listen on 127.0.0.1.`,
      2,
    );
  }
  if (given.advertise !== undefined) {
    return { listen: formatAddress(listen), advertise: formatAddress(parseAddress(given.advertise, "--advertise")) };
  }
  if (listen.host === "0.0.0.0" || listen.host === "::") {
    throw new UserError(
      `--listen ${given.listen} means every address of this host. Name the one that other hosts reach with --advertise HOST:PORT.`,
      2,
    );
  }
  return { listen: formatAddress(listen), advertise: null };
}
