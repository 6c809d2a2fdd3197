/** The island-worker's metrics. */
import { defineBusMetrics } from "@kevo/core/telemetry/bus-metrics.ts";
import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import { batchSent, batchSettled, leaseChanged } from "../telemetry/channels.ts";

const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];

/** @returns whether the worker is connected. */
export function defineWorkerMetrics(registry: Registry): () => boolean {
  const bus = defineBusMetrics(registry);
  const registers = [registry];
  const leased = new Gauge({ name: "kevo_worker_islands", help: "Islands that this worker holds", registers });
  const batches = new Counter({
    name: "kevo_worker_batches_total",
    help: "Batches that this worker sent, by how that ended",
    labelNames: ["answer"],
    registers,
  });
  const proposals = new Counter({
    name: "kevo_worker_proposals_total",
    help: "Proposed candidates, by proposer",
    labelNames: ["proposer"],
    registers,
  });
  const seconds = new Histogram({
    name: "kevo_worker_batch_seconds",
    help: "From sending a batch until the log contained it",
    buckets: SECONDS,
    registers,
  });
  leaseChanged.listen(({ held }) => leased.inc(held ? 1 : -1));
  batchSent.listen((sent) => {
    for (const proposer of sent.proposers) proposals.inc({ proposer });
  });
  batchSettled.listen((settled) => {
    batches.inc({ answer: settled.answer });
    seconds.observe(settled.seconds);
  });
  return () => bus.connected;
}
