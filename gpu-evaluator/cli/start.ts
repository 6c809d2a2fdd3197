/** A daemon's life: open, serve and announce, drain, close. */
import { randomBytes, randomUUID } from "node:crypto";
import { rm } from "node:fs/promises";
import { connectBus } from "@kevo/core/bus/connect.ts";
import { formatAddress, parseAddress } from "@kevo/core/config/address.ts";
import { UserError } from "@kevo/core/errors/user-error.ts";
import type { Invitation } from "@kevo/core/identity/invitation.ts";
import { publishLocalSecret, removeLocalSecret } from "@kevo/core/identity/local-secrets.ts";
import { onRenewedInvitation } from "@kevo/core/identity/renewed-invitation.ts";
import { callSecretOfToken } from "@kevo/core/identity/token-keys.ts";
import { createLogger, type Logger } from "@kevo/core/logging/logger.ts";
import { startTimeOf } from "@kevo/core/process/process-identity.ts";
import { saveMemory } from "@kevo/core/program/little-memory.ts";
import type { Telemetry } from "@kevo/core/telemetry/options.ts";
import { counted } from "@kevo/core/text/plural.ts";
import type { Backend } from "../backends/backend.ts";
import { createScratch } from "../backends/scratch.ts";
import { announce } from "../daemon/announce.ts";
import { Daemon } from "../daemon/daemon.ts";
import { EvolvedSources } from "../daemon/evolved-sources.ts";
import { KernelCatalog } from "../daemon/kernel-catalog.ts";
import { renewableBus } from "../daemon/renewable-bus.ts";
import { type EvaluatorServer, serveEvaluator } from "../daemon/server.ts";
import { observeEvaluator } from "../observe/observe-evaluator.ts";
import packageJson from "../package.json" with { type: "json" };
import { type BackendChoice, openBackend } from "./open-backend.ts";
import { untilToldToStop } from "./stop.ts";

export interface StartOptions {
  readonly backend: BackendChoice;
  /** HOST:PORT to bind. */
  readonly listen: string;
  /** HOST:PORT to announce; null for the bound one. */
  readonly advertise: string | null;
  readonly nats: string | undefined;
  /** Path of a credentials file for it. */
  readonly creds: string | undefined;
  readonly token: string | undefined;
  readonly invitation: Invitation | undefined;
  /** From which that was read. */
  readonly invitationFile: string | undefined;
  readonly parent: boolean;
  readonly json: boolean;
  /** How long the platform lets it run after it was asked to end, seconds; for any time without. */
  readonly graceS: number | undefined;
  /** Start only where candidates can be contained. */
  readonly requireSandbox: boolean;
  readonly telemetry: Telemetry;
}

/** Serves until it is drained by a signal or a client, then closes everything. @throws UserError */
export async function start(options: StartOptions): Promise<void> {
  saveMemory();
  const { invitation, token } = options;
  const id = randomUUID();
  const logger = createLogger("gpu-evaluator");
  const { nats: url, creds } = options;
  const connect = (by: Invitation | undefined) =>
    connectBus({ url: url as string, role: "evaluator", token, creds, invitation: by, name: `gpu-evaluator ${id}` });
  const bus = url === undefined ? null : renewableBus(await connect(invitation));
  try {
    const { backend, kernels } = await openBackend(options.backend, bus, logger);
    const codeFolder = await createScratch("sources");
    try {
      sayProtection(backend, options.requireSandbox, logger);
      const daemon = new Daemon(backend, logger);
      await using _observed = await observeEvaluator(daemon, options.telemetry, logger);
      const stop = untilToldToStop(options.parent);
      const byToken = options.token === undefined ? [] : [callSecretOfToken(options.token)];
      const localSecret = randomBytes(32).toString("hex");
      const server = await serveEvaluator({
        id,
        version: packageJson.version,
        listen: options.listen,
        identity: invitation === undefined ? { secrets: [localSecret, ...byToken] } : { tls: invitation },
        advertise: options.advertise,
        daemon,
        kernels: new KernelCatalog(kernels),
        evolvedSources: new EvolvedSources({ bus, folder: codeFolder }),
        onDrained: stop.drained,
        logger,
      });
      const renew = async (by: Invitation) => {
        server.renew({ tls: by });
        await bus?.replaceBy(await connect(by));
        logger.info({ expires: by.expires }, "the invitation was replaced");
      };
      if (options.invitationFile !== undefined) {
        const note = (message: string) => logger.warn(message);
        const renewed = (by: Invitation) => void renew(by).catch((error: Error) => note(error.message));
        onRenewedInvitation(options.invitationFile, "evaluator", renewed, note);
      }
      // For coordinators of this user on this host. They read it only while this process lives.
      if (invitation === undefined) {
        const startTime = startTimeOf(process.pid) ?? undefined;
        publishLocalSecret("evaluator", server.port, { secret: localSecret, pid: process.pid, startTime });
      }
      const { host } = parseAddress(options.listen, "--listen", { anyPort: true });
      const listening = formatAddress({ host, port: server.port });
      const address = options.advertise ?? listening;
      const announcement = bus === null ? null : announce(bus, { id, address, backend: backend.name });
      say(
        options.json,
        { listening, id },
        `${backend.name} on ${backend.devices.map((device) => device.model).join(", ")}`,
      );

      const asking = await stop.requested;
      announcement?.state("draining");
      if (asking === "signal" && daemon.inFlight > 0) {
        console.error(
          `gpu-evaluator: ends when ${counted(daemon.inFlight, "candidate")} in progress ${daemon.inFlight === 1 ? "is" : "are"} finished; a second signal ends it immediately`,
        );
      }
      const handBack = options.graceS === undefined ? null : handBackInTime(server, options.graceS);
      const ended = await Promise.race([server.drain().then(() => "drained" as const), stop.atOnce]);
      clearTimeout(handBack ?? undefined);
      announcement?.state("disconnected");
      // One that was invited has none; on another address of this host the port may be another's.
      if (invitation === undefined) removeLocalSecret("evaluator", server.port);
      if (ended === "drained") await server.close();
      else server.end();
      process.exitCode = ended === "drained" ? 0 : 130;
    } finally {
      await backend.close();
      await rm(codeFolder, { recursive: true, force: true });
    }
  } finally {
    await bus?.close();
  }
  process.exit();
}

/** To send the last answers, and to end what runs. */
const ENDING_MS = 2_000;

/** What has not begun goes to others at once, and what is not done near the end of the grace goes to them then. */
function handBackInTime(server: Pick<EvaluatorServer, "handBack">, graceS: number): NodeJS.Timeout {
  server.handBack("waiting");
  const graceMs = graceS * 1000;
  return setTimeout(() => server.handBack("all"), Math.max(graceMs / 2, graceMs - ENDING_MS));
}

function sayProtection({ name, protection }: Backend, required: boolean, logger: Logger): void {
  if (protection.contains) logger.info({ protection: protection.description }, "candidates are contained");
  else if (required) {
    throw new UserError(
      `--require-sandbox: this host cannot contain candidates of the backend ${name}: ${protection.description}. Start on a host that can (docs/sandbox.md lists the requirements), or omit the option.`,
      2,
    );
  } else logger.warn({ protection: protection.description }, "candidates are not contained by a sandbox");
}

function say(json: boolean, line: { listening: string; id: string }, what: string): void {
  console.log(json ? JSON.stringify(line) : `gpu-evaluator: listening on ${line.listening}, backend ${what}`);
}
