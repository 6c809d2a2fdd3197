/** A cluster for the benchmark: real coordinator, daemon and nats-server; the worker runs in the caller. */
import { spawn } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { readRecord } from "@kevo/coordinator/nats-server/record.ts";
import type { Bus } from "@kevo/core/bus/bus.ts";
import { connectBus } from "@kevo/core/bus/connect.ts";
import { openWorkerSession } from "@kevo/island-worker/worker/worker-session.ts";
import { runsReply } from "@kevo/proto/messages/control.ts";
import { type EvaluatorAnnouncement, evaluatorAnnouncement } from "@kevo/proto/messages/evaluators.ts";
import type { RunSpec } from "@kevo/proto/run.ts";
import { subjects } from "@kevo/proto/subjects.ts";
import { WIRE_VERSION } from "@kevo/proto/version.ts";
import { writeSyntheticSpace } from "../../tests/support/synthetic-space.ts";

const COORDINATOR = fileURLToPath(new URL("../../coordinator/cli/main.ts", import.meta.url));

export interface BenchRun {
  readonly bus: Bus;
  readonly spec: RunSpec;
  /** Address of the daemon that the coordinator has started. */
  readonly evaluator: string;
  /** Resolves when the run is complete. */
  readonly completed: Promise<void>;
}

export interface BenchRequest {
  readonly evaluations: number;
  readonly devices: number;
  /** Time in the lane of each evaluation. */
  readonly laneMs: number;
}

/**
 * Starts a run and takes part in it with the worker's own code. `observe` sees the worker's bus before the worker
 * uses it, so that it can time what passes.
 */
export async function takePart(
  folder: string,
  request: BenchRequest,
  observe: (bus: Bus) => Bus,
  during: (run: BenchRun) => Promise<void>,
): Promise<void> {
  mkdirSync(folder, { recursive: true });
  writeSyntheticSpace(join(folder, "space.json"), { values: 16, benchmarkMs: request.laneMs });
  const args = [
    ...["start", "--backend", "replay", "--space", "space.json", "--search", "random", "--external-workers", "--json"],
    ...["--islands", "4", "--evaluations", String(request.evaluations), "--time-scale", request.laneMs > 0 ? "1" : "0"],
    ...["--devices", Array.from({ length: request.devices }, (_, index) => index).join(",")],
  ];
  const coordinator = spawn(process.execPath, [COORDINATOR, ...args], {
    cwd: folder,
    stdio: ["ignore", "ignore", "inherit"],
  });
  const completed = new Promise<void>((resolve, reject) => {
    coordinator.once("close", (code) =>
      code === 0 ? resolve() : reject(new Error(`the coordinator ended with ${code}`)),
    );
  });
  completed.catch(() => {});
  const stop = new AbortController();
  try {
    const bus = observe(await connectWhenThere(folder, completed));
    const heard = Promise.withResolvers<EvaluatorAnnouncement>();
    bus.subscribe(subjects.announcement("*"), evaluatorAnnouncement, heard.resolve);
    const spec = await findRun(bus, completed);
    const { address } = await Promise.race([heard.promise, completed.then(() => Promise.reject(new Error("over")))]);
    const session = await openWorkerSession(bus, spec, "bench");
    const working = session.run(64, stop.signal);
    await during({ bus, spec, evaluator: address, completed });
    await completed;
    stop.abort();
    await working;
    await bus.close();
  } finally {
    stop.abort();
    coordinator.kill("SIGKILL");
  }
}

export async function connectWhenThere(folder: string, completed: Promise<void>): Promise<Bus> {
  let over = false;
  completed.then(
    () => {
      over = true;
    },
    () => {
      over = true;
    },
  );
  while (!over) {
    const record = readRecord(join(folder, ".kevo/nats"));
    if (record !== null) {
      // The record is written before the server answers.
      const bus = await connectBus({
        url: `nats://127.0.0.1:${record.port}`,
        role: "coordinator",
        name: "bench",
      }).catch(() => null);
      if (bus !== null) return bus;
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error("the coordinator ended before its nats-server was there");
}

export async function findRun(bus: Bus, completed: Promise<void>): Promise<RunSpec> {
  let over = false;
  completed
    .finally(() => {
      over = true;
    })
    .catch(() => {});
  while (!over) {
    const reply = await bus
      .request(subjects.runs, { v: WIRE_VERSION, worker: "bench" }, runsReply, 500)
      .catch(() => null);
    if (reply !== null) return reply.spec;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error("the coordinator ended before its run began");
}
