/** The coordinator's metrics: what its run's state says at each scrape, and what was counted in between. */
import { defineBusMetrics } from "@kevo/core/telemetry/bus-metrics.ts";
import { OUTCOMES } from "@kevo/proto/outcome.ts";
import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import type { FleetFigures } from "../fleet/figures.ts";
import type { RunSnapshot } from "../snapshot/snapshot.ts";
import { attemptEnded, batchAnswered, evaluationCounted } from "../telemetry/channels.ts";

/** Seconds: a commit takes milliseconds, an attempt up to minutes. */
const COMMIT_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5];
const ATTEMPT_BUCKETS = [0.01, 0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900];

export interface RunMetrics {
  /** The run as it is now; null until it has begun. */
  readonly snapshot: () => RunSnapshot | null;
}

/** No label has more values than the fleet has device models, or an enum has members. */
export function defineRunMetrics(registry: Registry, { snapshot }: RunMetrics): void {
  defineBusMetrics(registry);
  defineState(registry, snapshot);
  defineFleet(registry, () => snapshot()?.fleet ?? null);
  defineEvents(registry);
}

function defineState(registry: Registry, snapshot: RunMetrics["snapshot"]): void {
  const registers = [registry];
  const gauge = (name: string, help: string, value: (run: RunSnapshot) => number | null) => {
    new Gauge({
      name,
      help,
      registers,
      collect() {
        const run = snapshot();
        const now = run === null ? null : value(run);
        if (now === null) this.remove();
        else this.set(now);
      },
    });
  };
  new Gauge({
    name: "kevo_run_info",
    help: "The run, its kernel and its backend; always 1",
    labelNames: ["run", "kernel", "backend"],
    registers,
    collect() {
      const run = snapshot();
      if (run !== null) this.set({ run: run.run, kernel: run.kernel, backend: run.backend }, 1);
    },
  });
  new Counter({
    name: "kevo_evaluations_total",
    help: "Counted evaluations of the run, earlier sessions included, by outcome",
    labelNames: ["outcome"],
    registers,
    collect() {
      this.reset();
      const run = snapshot();
      if (run === null) return;
      for (const outcome of OUTCOMES) this.inc({ outcome }, run.outcomes[outcome]);
    },
  });
  gauge("kevo_evaluations_budget", "Evaluations that the run may count; absent without a limit", (run) => run.budget);
  gauge("kevo_run_waiting", "1 while something keeps the run from going on", (run) => (run.waiting ? 1 : 0));
  gauge("kevo_run_elapsed_seconds", "Time that the run has taken, earlier sessions included", (run) => run.elapsedS);
  gauge(
    "kevo_run_best_fitness",
    "Fitness of the best candidate so far: its speedup, in a replay 1 / milliseconds",
    (run) => run.best?.fitness ?? null,
  );
  gauge("kevo_islands", "Islands of the run", (run) => run.islands.length);
  gauge(
    "kevo_islands_leased",
    "Islands that a worker holds",
    (run) => run.islands.filter(({ worker }) => worker !== null).length,
  );
}

function defineFleet(registry: Registry, figures: () => FleetFigures | null): void {
  const registers = [registry];
  type Model = FleetFigures["models"][number];
  const perModel = (name: string, help: string, value: (of: Model) => number | null) =>
    new Gauge({
      name,
      help,
      labelNames: ["device_model"],
      registers,
      collect() {
        this.reset();
        for (const of of figures()?.models ?? []) {
          const now = value(of);
          if (now !== null) this.set({ device_model: of.model }, now);
        }
      },
    });
  const whole = (name: string, help: string, value: (of: FleetFigures) => number | null) =>
    new Gauge({
      name,
      help,
      registers,
      collect() {
        const fleet = figures();
        const now = fleet === null ? null : value(fleet);
        if (now === null) this.remove();
        else this.set(now);
      },
    });
  perModel("kevo_devices", "Devices of evaluators that serve", (of) => of.devices);
  perModel("kevo_devices_quarantined", "Devices that failed their probe", (of) => of.devices_quarantined);
  perModel("kevo_device_busy_ratio", "Mean share of the last second in which devices measured", (of) => of.busy_share);
  perModel("kevo_credits", "Candidates that the evaluators of a device model take at once", (of) => of.credits);
  perModel("kevo_credits_free", "How many more they could take now", (of) => of.credits_free);
  whole("kevo_candidates_waiting", "Candidates that no evaluator has yet", (of) => of.candidates_waiting);
  whole("kevo_candidates_in_flight", "Candidates that evaluators have", (of) => of.candidates_in_flight);
  whole("kevo_evaluations_left", "Budget that no candidate has taken yet", (of) => of.evaluations_left);
  whole("kevo_evaluators_floor", "--min-evaluators of the run", (of) => of.floor);
  whole("kevo_evaluators_ceiling", "--max-evaluators of the run", (of) => of.ceiling);
  whole("kevo_evaluators_wanted", "Evaluators that the run has work for", (of) => of.evaluators_wanted);
  new Gauge({
    name: "kevo_evaluators",
    help: "Evaluators that the run knows, by state",
    labelNames: ["state"],
    registers,
    collect() {
      this.reset();
      for (const [state, count] of Object.entries(figures()?.evaluators ?? {})) this.set({ state }, count);
    },
  });
}

function defineEvents(registry: Registry): void {
  const registers = [registry];
  const batches = new Counter({
    name: "kevo_batches_total",
    help: "Batches that workers offered, by the answer",
    labelNames: ["answer"],
    registers,
  });
  const attempts = new Counter({
    name: "kevo_attempts_total",
    help: "Attempts that have ended, by how",
    labelNames: ["end"],
    registers,
  });
  const attemptSeconds = new Histogram({
    name: "kevo_attempt_seconds",
    help: "From the start of an attempt until its result arrived",
    buckets: ATTEMPT_BUCKETS,
    registers,
  });
  const commitSeconds = new Histogram({
    name: "kevo_commit_seconds",
    help: "From the arrival of a result until it was on the disk",
    buckets: COMMIT_BUCKETS,
    registers,
  });
  batchAnswered.listen(({ status, refusal }) => batches.inc({ answer: refusal ?? status }));
  attemptEnded.listen(({ end, seconds }) => {
    attempts.inc({ end });
    if (end === "result") attemptSeconds.observe(seconds);
  });
  evaluationCounted.listen(({ seconds }) => commitSeconds.observe(seconds));
}
