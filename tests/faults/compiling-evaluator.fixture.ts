/**
 * An evaluator of the product with the replay backend, whose compiler is a process that can be killed. Arguments: the
 * recorded space, the port to listen on, the address to announce, the URL of NATS.
 */
import { randomUUID } from "node:crypto";
import { tmpdir } from "node:os";
import { connectBus } from "@kevo/core/bus/connect.ts";
import { callSecretOfToken } from "@kevo/core/identity/token-keys.ts";
import { createLogger } from "@kevo/core/logging/logger.ts";
import { runCommand } from "@kevo/core/process/command.ts";
import { loadRecordedSpace } from "@kevo/core/recorded-space/recorded-space.ts";
import { openReplayBackend } from "@kevo/gpu-evaluator/backends/replay/replay-backend.ts";
import { announce } from "@kevo/gpu-evaluator/daemon/announce.ts";
import { Daemon } from "@kevo/gpu-evaluator/daemon/daemon.ts";
import { EvolvedSources } from "@kevo/gpu-evaluator/daemon/evolved-sources.ts";
import { KernelCatalog } from "@kevo/gpu-evaluator/daemon/kernel-catalog.ts";
import { renewableBus } from "@kevo/gpu-evaluator/daemon/renewable-bus.ts";
import { serveEvaluator } from "@kevo/gpu-evaluator/daemon/server.ts";

const [space, port, address, url] = process.argv.slice(2) as [string, string, string, string];
const COMPILER = ["/bin/sleep", "0.03"];
const token = process.env.KEVO_TOKEN as string;

const logger = createLogger("gpu-evaluator", { KEVO_LOG: "silent" });
const replay = openReplayBackend({ space: await loadRecordedSpace(space), devices: [0], timeScale: 1 });
const id = randomUUID();
await serveEvaluator({
  id,
  version: "0",
  listen: `127.0.0.1:${port}`,
  advertise: address,
  identity: { secrets: [callSecretOfToken(token)] },
  daemon: new Daemon(
    {
      ...replay,
      compile: async (job, signal) => {
        const { signal: killed } = await runCommand(COMPILER, { env: {}, timeoutMs: 2_000, signal });
        if (killed !== null) return { outcome: "compile_error", message: `the compiler was ended by ${killed}` };
        return replay.compile(job, signal);
      },
    },
    logger,
  ),
  kernels: new KernelCatalog({ get: async () => replay.kernel }),
  evolvedSources: new EvolvedSources({ bus: null, folder: tmpdir() }),
  onDrained: () => {},
  logger,
});
try {
  const bus = renewableBus(await connectBus({ url, role: "evaluator", token, name: `gpu-evaluator ${id}` }));
  announce(bus, { id, address, backend: "replay" });
} catch (error) {
  console.error((error as Error).message);
  process.exit(1);
}
