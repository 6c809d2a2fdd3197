/** The daemon over gRPC: Evaluate, Describe, Drain, and gRPC health beside them. */
import { Server, type ServerWritableStream } from "@grpc/grpc-js";
import { parseAddress } from "@kevo/core/config/address.ts";
import { UserError } from "@kevo/core/errors/user-error.ts";
import type { Logger } from "@kevo/core/logging/logger.ts";
import { lowestCapability } from "@kevo/core/search-space/capability.ts";
import { TRACEPARENT } from "@kevo/core/telemetry/channel.ts";
import type { StageName } from "@kevo/proto/attempt.ts";
import {
  type Description,
  EVALUATOR_SERVICE_NAME,
  type EvaluateEvent,
  type EvaluateRequest__Output,
  type EvaluatorHandlers,
  evaluatorServerOptions,
  evaluatorService,
  type Result,
} from "@kevo/proto/evaluator-service.ts";
import { HealthImplementation } from "grpc-health-check";
import type { Job } from "../backends/backend.ts";
import { HostFault } from "../backends/host-fault.ts";
import { MachineBusy } from "../backends/machine-busy.ts";
import { type ToldEvaluation, tellEvaluation } from "../telemetry/channels.ts";
import { callerCheck, credentialsOf, type EvaluatorIdentity } from "./caller.ts";
import { type ConnectionGate, openGate } from "./connection-gate.ts";
import type { Daemon } from "./daemon.ts";
import type { EvolvedSources } from "./evolved-sources.ts";
import type { KernelCatalog } from "./kernel-catalog.ts";
import { Refusal } from "./refusal.ts";
import { checkRequest, unavailable } from "./request.ts";

export interface ServerOptions {
  readonly id: string;
  readonly version: string;
  /** HOST:PORT; port 0 takes a free one. */
  readonly listen: string;
  /** Secrets, of which every call proves that it knows one; or a certificate, for callers that show one of theirs. */
  readonly identity: EvaluatorIdentity;
  /** HOST:PORT at which others reach it, where that is another than the one it listens on. */
  readonly advertise?: string | null;
  readonly daemon: Daemon;
  readonly kernels: KernelCatalog;
  readonly evolvedSources: EvolvedSources;
  /** Called once a client has asked to drain and everything is finished. */
  readonly onDrained: () => void;
  readonly logger: Logger;
}

export interface EvaluatorServer {
  readonly port: number;
  /** Shows another certificate to connections that come from now on, and accepts those that its authorities sign. */
  renew(identity: EvaluatorIdentity & { readonly tls: unknown }): void;
  /** From now on health says NOT_SERVING and evaluations are refused; resolves when what was here is finished. */
  drain(): Promise<number>;
  /** Returns what would not be finished in time: others evaluate it. */
  handBack(which: "waiting" | "all"): void;
  /** Lets the last answers out, then closes. */
  close(): Promise<void>;
  /** Cancels the calls in progress and closes. */
  end(): void;
}

type EvaluateCall = ServerWritableStream<EvaluateRequest__Output, EvaluateEvent>;

/** @throws UserError when the address cannot be bound. */
export async function serveEvaluator(options: ServerOptions): Promise<EvaluatorServer> {
  const { daemon, kernels } = options;
  const capability = lowestCapability(daemon.backend.devices.map((device) => device.capability ?? ""));
  let gate: ConnectionGate | null = null;
  const advertised = options.advertise ? [parseAddress(options.advertise, "--advertise").port] : [];
  const check = callerCheck({
    identity: options.identity,
    ports: () => [...(gate === null ? [] : [gate.port]), ...advertised],
    onIdentified: (peer) => gate?.identified(peer),
  });
  const server = new Server({ ...evaluatorServerOptions, interceptors: [check.interceptor] });
  const health = new HealthImplementation({ "": "SERVING", [EVALUATOR_SERVICE_NAME]: "SERVING" });

  const drain = () => {
    health.setStatus("", "NOT_SERVING");
    health.setStatus(EVALUATOR_SERVICE_NAME, "NOT_SERVING");
    return daemon.drain();
  };

  const handlers: EvaluatorHandlers = {
    Evaluate: (call: EvaluateCall) => {
      const traceparent = call.metadata.get(TRACEPARENT)[0]?.toString();
      const told = tellEvaluation(call.request, traceparent);
      void evaluate(call, told).catch((error: unknown) => {
        const refusal = refusalOf(error, options.logger);
        told.ended(null, refusal.fault);
        call.emit("error", refusal.error);
      });
    },
    Describe: (call, answer) => {
      const refused = check.refusalOf(call);
      if (refused) answer(refused.error);
      else answer(null, describe(options, call.request.run));
    },
    Drain: (call, answer) => {
      const refused = check.refusalOf(call);
      if (refused) return answer(refused.error);
      void drain().then((finished) => {
        answer(null, { finished });
        options.onDrained();
      });
    },
  };

  async function evaluate(call: EvaluateCall, told: ToldEvaluation): Promise<void> {
    const refused = check.refusalOf(call);
    if (refused) throw refused;
    const cancelled = new AbortController();
    call.on("cancelled", () => cancelled.abort(new Refusal("cancelled", "the caller disconnected")));
    const checked = checkRequest(call.request, kernels, capability);
    const { job, deviceModel, source, invalid } = checked instanceof Promise ? await checked : checked;
    const stages = stageReporter(call, told.stage);
    // Reading it is the first thing that it could end this daemon with: the coordinator knows that it has arrived.
    if (source !== null) stages.report("QUEUED");
    const measured = (whole: Job) => daemon.evaluate(whole, deviceModel, cancelled.signal, stages.report);
    try {
      const result =
        invalid !== null
          ? daemon.invalid(invalid)
          : source === null
            ? await measured(job)
            : await evolved(job, source, measured);
      told.ended(result.outcome ?? null, null);
      call.write({ result });
      call.end();
    } finally {
      stages.end();
    }
  }

  async function evolved(job: Job, hash: string, measured: (job: Job) => Promise<Result>): Promise<Result> {
    const opened = await options.evolvedSources.open(job.kernel, hash).catch(unavailable);
    if ("invalid" in opened) return daemon.invalid(opened.invalid);
    try {
      return await measured({ ...job, evolvedSource: opened.path });
    } finally {
      await opened.dispose();
    }
  }

  server.addService(evaluatorService, handlers);
  health.addToServer(server);
  let injector = server.createConnectionInjector(credentialsOf(options.identity));
  const listening = await openGate(options.listen, (socket) => injector.injectConnection(socket));
  gate = listening;
  return {
    port: listening.port,
    renew: (identity) => {
      // Connections that exist stay what they are.
      injector = server.createConnectionInjector(credentialsOf(identity));
    },
    drain,
    handBack: (which) => daemon.handBack(which),
    end: () => {
      listening.close();
      server.forceShutdown();
    },
    close: () =>
      new Promise((resolve) => {
        listening.close();
        server.tryShutdown(() => resolve());
        // Connections that stay open without a call (health watchers) do not keep the daemon.
        setTimeout(() => server.forceShutdown(), 500).unref();
      }),
  };
}

/**
 * Sends a stage once it has lasted until the event loop's next turn: no reader could see a shorter one, and each
 * message costs as much as a whole recorded evaluation.
 */
function stageReporter(
  call: EvaluateCall,
  tell: (stage: StageName) => void,
): { report: (stage: StageName) => void; end: () => void } {
  let latest: StageName | null = null;
  let scheduled = false;
  const flush = () => {
    scheduled = false;
    if (latest !== null && !call.cancelled) call.write({ stage: latest });
    latest = null;
  };
  return {
    report: (stage) => {
      tell(stage);
      latest = stage;
      if (!scheduled) setImmediate(flush);
      scheduled = true;
    },
    end: () => {
      latest = null;
    },
  };
}

function describe({ id, version, daemon }: ServerOptions, run: string): Description {
  const { backend } = daemon;
  return {
    id,
    version,
    backend: backend.name,
    toolchain: backend.toolchain,
    protection: backend.protection.description,
    compileProcesses: backend.compileProcesses,
    credits: run === "" ? daemon.credits : daemon.shareOf(run),
    inFlight: daemon.inFlight,
    draining: daemon.draining,
    devices: backend.devices.map((device, index) => {
      const lane = daemon.lane(index);
      return {
        id: device.id,
        model: device.model,
        state: lane.state,
        peakGflops: device.peakGflops ?? 0,
        busyMs: lane.busyMs,
        upMs: performance.now() - daemon.startedAt,
        otherProcesses: device.otherProcesses ?? 0,
        capability: device.capability ?? "",
      };
    }),
  };
}

function refusalOf(error: unknown, logger: Logger): Refusal {
  if (error instanceof Refusal) return error;
  if (error instanceof MachineBusy) {
    logger.warn(error.message);
    return new Refusal("machine_busy", error.message);
  }
  logger.error(error);
  if (error instanceof HostFault) return new Refusal(error.fault, error.message);
  if (error instanceof UserError) return new Refusal("host_unfit", error.message);
  const what = error instanceof Error ? error.message : String(error);
  return new Refusal("evaluator_failed", `the evaluator failed, not the candidate: ${what}`);
}
