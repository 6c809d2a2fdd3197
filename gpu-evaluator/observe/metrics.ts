/** The evaluator's metrics: its credits and lanes at each scrape, and what was counted in between. */
import { defineBusMetrics } from "@kevo/core/telemetry/bus-metrics.ts";
import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import type { Daemon } from "../daemon/daemon.ts";
import { evaluationEnded } from "../telemetry/channels.ts";

const SECONDS = [0.01, 0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900];

/** Labels are the host's devices and members of enums. */
export function defineEvaluatorMetrics(registry: Registry, daemon: Daemon): void {
  defineBusMetrics(registry);
  const registers = [registry];
  const gauge = (name: string, help: string, value: () => number) =>
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(value());
      },
    });
  gauge("kevo_evaluator_credits", "Candidates that this evaluator takes at the same time", () => daemon.credits);
  gauge("kevo_evaluator_in_flight", "Candidates that it has", () => daemon.inFlight);
  gauge("kevo_evaluator_draining", "1 once it takes no more candidates", () => (daemon.draining ? 1 : 0));
  const { devices } = daemon.backend;
  const labelNames = ["device", "device_model"];
  const labelsOf = (index: number) => ({ device: devices[index]?.id ?? "", device_model: devices[index]?.model ?? "" });
  new Counter({
    name: "kevo_lane_busy_seconds_total",
    help: "Time in which a device verified and timed",
    labelNames,
    registers,
    collect() {
      this.reset();
      for (const index of devices.keys()) this.inc(labelsOf(index), daemon.lane(index).busyMs / 1000);
    },
  });
  new Gauge({
    name: "kevo_lane_quarantined",
    help: "1 while a device that failed its probe gets no candidates",
    labelNames,
    registers,
    collect() {
      for (const index of devices.keys()) this.set(labelsOf(index), daemon.lane(index).state === "quarantined" ? 1 : 0);
    },
  });
  const results = new Counter({
    name: "kevo_evaluator_results_total",
    help: "Evaluations with a result, by outcome",
    labelNames: ["outcome"],
    registers,
  });
  const refusals = new Counter({
    name: "kevo_evaluator_refusals_total",
    help: "Evaluations without a result, by fault",
    labelNames: ["fault"],
    registers,
  });
  const seconds = new Histogram({
    name: "kevo_evaluator_seconds",
    help: "From the arrival of a candidate to its result",
    buckets: SECONDS,
    registers,
  });
  evaluationEnded.listen((ended) => {
    if (ended.outcome === null) return refusals.inc({ fault: ended.fault ?? "none" });
    results.inc({ outcome: ended.outcome });
    seconds.observe(ended.seconds);
  });
}
