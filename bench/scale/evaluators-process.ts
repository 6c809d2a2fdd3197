/**
 * Many evaluators in one process: each with its own port, connection, credits, queues and lanes, as on hosts of their own.
 * Their daemons and servers are the real ones; the recorded durations pass, and nothing is computed.
 *
 *     node evaluators-process.ts SPACE EVALUATORS LANES
 *
 * Speaks with the process that forked it: says the addresses, and the lanes' busy time and the results since the last
 * time whenever it is asked.
 */
import { randomBytes, randomUUID } from "node:crypto";
import { publishLocalSecret, removeLocalSecret } from "@kevo/core/identity/local-secrets.ts";
import { createLogger } from "@kevo/core/logging/logger.ts";
import { loadRecordedSpace } from "@kevo/core/recorded-space/recorded-space.ts";
import { openReplayBackend, type ReplayBackend } from "@kevo/gpu-evaluator/backends/replay/replay-backend.ts";
import { Daemon } from "@kevo/gpu-evaluator/daemon/daemon.ts";
import { EvolvedSources } from "@kevo/gpu-evaluator/daemon/evolved-sources.ts";
import { KernelCatalog } from "@kevo/gpu-evaluator/daemon/kernel-catalog.ts";
import { serveEvaluator } from "@kevo/gpu-evaluator/daemon/server.ts";
import { now } from "./clock.ts";

export interface EvaluatorsReady {
  readonly addresses: readonly string[];
}

export interface EvaluatorsReport {
  /** Sums over all lanes, milliseconds. */
  readonly busyMs: number;
  readonly upMs: number;
  /** Candidates whose result was there since the last report, and when. */
  readonly results: readonly (readonly [candidate: string, at: number])[];
}

const [path = "", evaluators = "1", lanes = "1"] = process.argv.slice(2);
const space = await loadRecordedSpace(path);
const logger = createLogger("bench");
let results: [string, number][] = [];
const daemons: Daemon[] = [];
const ports: number[] = [];

for (let index = 0; index < Number(evaluators); index++) {
  const devices = Array.from({ length: Number(lanes) }, (_, device) => device);
  const backend = observed(openReplayBackend({ space, devices, timeScale: 1 }));
  const daemon = new Daemon(backend, logger);
  const secret = randomBytes(32).toString("hex");
  const server = await serveEvaluator({
    id: randomUUID(),
    version: "bench",
    listen: "127.0.0.1:0",
    identity: { secrets: [secret] },
    daemon,
    kernels: new KernelCatalog({ get: async () => backend.kernel }),
    evolvedSources: new EvolvedSources({ bus: null, folder: "" }),
    onDrained: () => {},
    logger,
  });
  publishLocalSecret("evaluator", server.port, { secret, pid: process.pid });
  daemons.push(daemon);
  ports.push(server.port);
}

process.on("message", () => {
  const each = daemons.flatMap((daemon) => daemon.backend.devices.map((_, lane) => daemon.lane(lane).busyMs));
  const upMs = daemons.reduce((sum, daemon) => sum + (now() - startedAt) * daemon.backend.devices.length, 0);
  const report: EvaluatorsReport = { busyMs: each.reduce((a, b) => a + b, 0), upMs, results };
  results = [];
  process.send?.(report);
});
process.on("disconnect", () => {
  for (const port of ports) removeLocalSecret("evaluator", port);
  process.exit();
});
const startedAt = now();
const ready: EvaluatorsReady = { addresses: ports.map((port) => `127.0.0.1:${port}`) };
process.send?.(ready);

/** The same backend, whose results are noted when they are there. */
function observed(backend: ReplayBackend): ReplayBackend {
  return {
    ...backend,
    measure: async (artifact, job, device, onTiming, signal) => {
      const found = await backend.measure(artifact, job, device, onTiming, signal);
      results.push([job.candidate, now()]);
      return found;
    },
  };
}
