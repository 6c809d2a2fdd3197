/**
 * A run from start to end: lays out its parts, waits until the budget is spent or somebody stops it, measures
 * the finalists again and names the winner. Every way out leaves a run that can be resumed or is complete.
 */
import type { Bus } from "@kevo/core/bus/bus.ts";
import { UserError } from "@kevo/core/errors/user-error.ts";
import type { KernelPackage } from "@kevo/core/kernel/load.ts";
import { openSpace } from "@kevo/core/search-space/search-space.ts";
import type { RunSpec } from "@kevo/proto/run.ts";
import { Dispatcher } from "../dispatch/dispatcher.ts";
import { Fleet } from "../dispatch/fleet.ts";
import { isUnservable, windowsOf } from "../dispatch/plan.ts";
import { Ledger } from "../ledger/ledger.ts";
import { LedgerState } from "../ledger/ledger-state.ts";
import type { AcceptedCandidate } from "../ledger/records.ts";
import type { OpenLineage } from "../lineage/database.ts";
import { recordedCall } from "../lineage/queries/calls.ts";
import { FINALIST_FAILED, finalistFailed } from "../lineage/queries/finalists.ts";
import { MODEL_TROUBLE } from "../lineage/queries/models.ts";
import type { Progress } from "../progress/progress.ts";
import { planRecording } from "../record/plan.ts";
import { Recorder } from "../record/recorder.ts";
import { Recorded } from "../repeat/repetition.ts";
import type { Child } from "./children.ts";
import { Endpoints } from "./endpoints.ts";
import { evolvableCode, storedEvolvedSources } from "./evolved-source.ts";
import { remeasureFinalists } from "./finalists.ts";
import type { Launch } from "./launch.ts";
import { Leases } from "./leases.ts";
import { LiveView } from "./live-snapshot.ts";
import { type LocalListener, startLocalEvaluators, startLocalWorkers } from "./local-programs.ts";
import { LogPublisher } from "./log-publisher.ts";
import { openNats } from "./nats.ts";
import { ObjectKeeper } from "./object-keeper.ts";
import { definitionObject } from "./spec.ts";

export interface RunSession {
  readonly spec: RunSpec;
  readonly launch: Launch;
  readonly kernel: KernelPackage;
  readonly lineage: OpenLineage;
  readonly progress: Progress;
  readonly token: string | undefined;
  /** True takes up a stored run. */
  readonly resume: boolean;
  /** Wall clock of earlier sessions, milliseconds. */
  readonly elapsedBeforeMs: number;
  /** The user's Ctrl-C. */
  readonly interrupted: AbortSignal;
}

export type Ending = "completed" | "stopped" | "interrupted";

const PROGRESS_EVERY_MS = 250;
const STATE_EVERY_MS = 2_000;
/** How long to wait for a first evaluator, or for one to come back, before giving up. */
const EVALUATOR_TIMEOUT_MS = 60_000;

export async function executeRun(session: RunSession): Promise<Ending> {
  await using stack = new AsyncDisposableStack();
  return await new RunController(session, stack).run();
}

class RunController {
  readonly #session: RunSession;
  readonly #stack: AsyncDisposableStack;
  readonly #startedAt = performance.now();
  readonly #state: LedgerState;
  readonly #ledger: Ledger;
  readonly #dispatcher: Dispatcher;
  readonly #fleet: Fleet;
  readonly #view: LiveView;
  /** The run that this one repeats. */
  readonly #recorded: Recorded | null;
  #bus: Bus | null = null;
  #publisher: LogPublisher | null = null;
  #endpoints: Endpoints | null = null;
  #recorder: Recorder | null = null;
  readonly #children: Child[] = [];
  #windows: number[];
  #phase = "waiting for an evaluator";
  #stopped = false;
  /** Every island has had an evaluator that fits it: until then none begins, or the first would spend the budget. */
  #hasEvaluator = false;
  /** Settles when the search is over; rejects when the run cannot go on. */
  readonly #over = Promise.withResolvers<Ending>();

  constructor(session: RunSession, stack: AsyncDisposableStack) {
    this.#session = session;
    this.#stack = stack;
    const { spec, lineage, token, kernel } = session;
    const space = openSpace(kernel.definition);
    const { repeats } = session.launch;
    this.#recorded = repeats === undefined ? null : new Recorded(lineage.db, repeats, spec.run, space);
    this.#state = new LedgerState(spec, space, this.#recorded?.evaluations);
    this.#ledger = new Ledger(
      lineage,
      this.#state,
      {
        onEntries: (entries) => {
          this.#publisher?.publish(entries);
          // With --sync a worker asks only under tails as fresh as its own log.
          if (spec.sync) this.#endpoints?.announce();
          for (const entry of entries)
            if (entry.type === "evaluated" && !entry.cached) this.#view.evaluated(entry.candidate);
          this.#recorder?.wake();
          this.#endIfFinished();
        },
        onReady: (candidates) => {
          this.#view.accepted(candidates);
          if (this.#recorded === null) this.#dispatcher.add(candidates);
          else this.#answerFrom(this.#recorded, candidates);
        },
      },
      (error) => this.#over.reject(databaseTrouble(error, lineage.path)),
    );
    this.#dispatcher = new Dispatcher(spec, this.#ledger, {
      onUnusable: (evaluator, why) => this.#fleet.markUnusable(evaluator, why),
      onLost: (_evaluator, candidate, why) => void this.#ledger.event("attempt_lost", `${candidate}: ${why}`),
    });
    this.#fleet = new Fleet(spec, this.#dispatcher, token, {
      onChange: () => this.#fleetChanged(),
      onNote: (message) => this.#note("evaluator", message),
    });
    this.#view = new LiveView(this.#state, this.#fleet);
    this.#windows = spec.islands.map(() => 0);
    // A rejection before anybody waits for it is not unhandled: run() awaits it below.
    this.#over.promise.catch(() => {});
  }

  async run(): Promise<Ending> {
    // The last to go: parts that end before it still have something to store.
    this.#stack.defer(() => this.#ledger.close());
    // Its clock runs from the start; a run that fails before it begins must end all the same.
    this.#stack.defer(() => this.#fleet.close());
    const { interrupted } = this.#session;
    const onInterrupt = () => this.#over.resolve("interrupted");
    interrupted.addEventListener("abort", onInterrupt);
    this.#stack.defer(() => interrupted.removeEventListener("abort", onInterrupt));
    if (interrupted.aborted) onInterrupt();
    try {
      await this.#begin();
      let ending = await this.#over.promise;
      if (ending !== "interrupted") ending = await this.#remeasureFinalists(ending);
      await this.#end(ending, null);
      return ending;
    } catch (error) {
      await this.#end("failed", error).catch(() => {});
      throw error;
    }
  }

  async #begin(): Promise<void> {
    const { spec, launch, kernel, resume } = this.#session;
    const { url, bus } = await openNats(this.#stack, {
      run: spec.run,
      launch,
      database: this.#session.lineage.path,
      token: this.#session.token,
      onNote: (kind, message) => this.#note(kind, message),
      onFailed: (error) => this.#over.reject(error),
    });
    this.#bus = bus;
    await bus.openLogStream();
    const definition = definitionObject(kernel.definition);
    const source = spec.evolves_source === undefined ? null : evolvableCode(kernel);
    const evolvedSources = () =>
      source === null ? [] : [source, ...storedEvolvedSources(this.#session.lineage.db, spec.run)];
    const objects = new ObjectKeeper(bus, () => [
      kernel,
      definition,
      ...evolvedSources().map(({ hash, text }) => ({ hash, bytes: Buffer.from(text) })),
    ]);
    this.#stack.defer(() => objects.close());
    await objects.publish();
    // After the connections to it are closed, a daemon has nothing to wait for.
    this.#stack.defer(async () => {
      await Promise.all(this.#children.map((child) => child.stop()));
    });
    this.#stack.defer(() => this.#fleet.close());
    this.#stack.defer(() => this.#dispatcher.stop());
    const publisher = new LogPublisher(bus, this.#ledger);
    this.#stack.defer(() => publisher.close());
    if (resume) {
      await this.#ledger.status({ status: "running", message: null, endedAt: null });
      await this.#ledger.restore();
    } else await this.#ledger.create(JSON.stringify(launch), source);
    // Everything up to here is copied by comparing tails, and from here on as it is written.
    await publisher.repair();
    this.#publisher = publisher;

    const leases = new Leases(this.#ledger);
    await this.#openRecorder(leases);
    const endpoints = new Endpoints({
      bus,
      ledger: this.#ledger,
      leases,
      windows: () => this.#windows,
      onStop: () => this.#stop("stop was asked for"),
      recordedCalls: (hash, index) =>
        launch.repeats === undefined ? null : recordedCall(this.#session.lineage.db, launch.repeats, hash, index),
      onTrouble: (text) => this.#note(MODEL_TROUBLE, text),
    });
    this.#endpoints = endpoints;
    this.#stack.defer(() => endpoints.close());
    if (this.#recorded === null) this.#fleet.listen(bus);
    else this.#phase = `repeating ${launch.repeats}`;
    for (const address of launch.evaluators) this.#fleet.add(address);
    this.#startPrograms(url, leases);
    this.#startClocks();
    this.#endIfFinished();
    this.#note(
      "started",
      `run ${spec.run}: ${spec.kernel.id}, ${spec.islands.length} islands, ${spec.evaluations} evaluations, seed ${spec.seed}`,
    );
  }

  /** A recording has no island-workers: its configurations are known before. */
  async #openRecorder(leases: Leases): Promise<void> {
    const { spec, launch, kernel } = this.#session;
    if (launch.record === null) return;
    const plan = planRecording(kernel.definition, launch.record.fixed, spec.seed, spec.evaluations);
    const window = () => this.#windows[0] ?? 0;
    const recorder = new Recorder(this.#ledger, leases, plan.configurations, window, (error) =>
      this.#over.reject(error),
    );
    await recorder.begin();
    this.#recorder = recorder;
    this.#stack.defer(() => recorder.close());
  }

  #startPrograms(natsUrl: string, leases: Leases): void {
    const { spec, launch } = this.#session;
    const listener: LocalListener = {
      onEvaluator: (address, before) => {
        if (before !== null) this.#fleet.remove(before);
        this.#fleet.add(address);
      },
      onWorkerEnded: (worker) => leases.forget(worker),
      onNote: (message) => this.#note("program", message),
      onFailed: (error) => this.#over.reject(error),
    };
    if (launch.evaluators.length === 0 && this.#recorded === null)
      this.#children.push(...startLocalEvaluators(spec, launch, natsUrl, listener));
    if (!launch.external_workers && launch.record === null)
      this.#children.push(...startLocalWorkers(spec, natsUrl, listener));
  }

  #startClocks(): void {
    const { spec, progress } = this.#session;
    const view = setInterval(
      () => progress.update(this.#view.snapshot(this.#phase, this.#elapsedS())),
      PROGRESS_EVERY_MS,
    );
    const state = setInterval(() => this.#storeState(), STATE_EVERY_MS);
    this.#stack.defer(() => {
      clearInterval(view);
      clearInterval(state);
    });
    let servedAt = performance.now();
    const watchdog = setInterval(() => {
      const isServed = this.#hasEvaluator && this.#fleet.serving && !isUnservable(this.#state.awaited, this.#windows);
      if (this.#recorded !== null || isServed) servedAt = performance.now();
      // An island that says that it has nothing left makes no entry.
      this.#endIfFinished();
      const waited = performance.now() - servedAt;
      if (this.#fleet.hopeless)
        this.#over.reject(new UserError(`No evaluator can run ${spec.kernel.id}: ${this.#fleet.trouble}.`));
      else if (waited > EVALUATOR_TIMEOUT_MS) {
        this.#over.reject(
          new UserError(
            `No evaluator has served ${this.#wanted()}for ${EVALUATOR_TIMEOUT_MS / 1000} s: ${this.#fleet.trouble}. Start one with \`gpu-evaluator start\`, then resume the run.`,
          ),
        );
      }
    }, 500);
    this.#stack.defer(() => clearInterval(watchdog));
    if (spec.time_s === null) return;
    const left = Math.max(0, spec.time_s - this.#elapsedS());
    const limit = setTimeout(() => this.#stop(`the time of ${spec.time_s} s is up`), left * 1000);
    this.#stack.defer(() => clearTimeout(limit));
  }

  /** No further batch; what is outstanding is finished. */
  #stop(why: string): void {
    if (this.#state.closed) return;
    this.#note("stopping", why);
    this.#stopped = why === "stop was asked for";
    this.#state.closed = true;
    this.#endpoints?.announce();
    this.#endIfFinished();
  }

  #endIfFinished(): void {
    if (!this.#state.finished) return;
    const { remaining, evaluated, spec } = this.#state;
    const done = `${evaluated} of ${spec.evaluations} evaluations`;
    if (remaining > 0) this.#note("exhausted", `the islands have nothing left to propose after ${done}`);
    // An island that had nothing to propose may find something: not after the end.
    this.#state.closed = true;
    this.#over.resolve(this.#stopped ? "stopped" : "completed");
  }

  #answerFrom(recorded: Recorded, ready: readonly AcceptedCandidate[]): void {
    try {
      for (const candidate of ready) {
        this.#ledger.settle(recorded.evaluationOf(candidate), null).catch((error: unknown) => this.#over.reject(error));
      }
    } catch (error) {
      this.#over.reject(error);
    }
  }

  async #remeasureFinalists(ending: Ending): Promise<Ending> {
    const { spec, lineage } = this.#session;
    // A recorded time does not change by reading it again.
    if (spec.backend === "replay") return ending;
    if (this.#recorded !== null) {
      for (const { candidate, round, measurements } of this.#recorded.remeasurements()) {
        await this.#ledger.remeasured(candidate, round, measurements);
      }
      for (const failed of this.#recorded.failedFinalists())
        await this.#ledger.event(FINALIST_FAILED, finalistFailed(failed), failed);
      return ending;
    }
    const ended = await remeasureFinalists({
      db: lineage.db,
      spec,
      dispatcher: this.#dispatcher,
      interrupted: this.#session.interrupted,
      onPhase: (phase) => {
        this.#phase = phase;
      },
      onFailed: (failed) => this.#note(FINALIST_FAILED, finalistFailed(failed), failed),
    });
    return ended === "interrupted" ? ended : ending;
  }

  async #end(ending: Ending | "failed", error: unknown): Promise<void> {
    this.#phase = ending;
    await this.#dispatcher.stop();
    // Nobody folds the logs of a complete run any more. One that may be resumed keeps its copy.
    if (ending === "completed") await this.#bus?.purgeLog(this.#session.spec.run).catch(() => {});
    const message = error === null ? null : (error as Error).message;
    await this.#ledger.event(ending, message ?? `the run is ${ending}`);
    await this.#ledger.status({
      status: ending,
      message,
      endedAt: Date.now(),
      elapsedMs: Math.round(this.#elapsedS() * 1000),
    });
  }

  #fleetChanged(): void {
    const models = this.#session.spec.islands.map(({ niche }) => niche.device);
    const windows = windowsOf(this.#dispatcher.slots, models);
    this.#hasEvaluator ||= windows.every((window) => window > 0);
    this.#windows = this.#hasEvaluator ? windows : windows.map(() => 0);
    this.#phase = this.#hasEvaluator && this.#fleet.serving ? this.#working : "waiting for an evaluator";
    this.#endpoints?.announce();
    this.#recorder?.wake();
    this.#storeState();
  }

  get #working(): string {
    return this.#session.launch.record === null ? "evolving" : "recording";
  }

  /** Description of the device models that islands are limited to and that nobody has. */
  #wanted(): string {
    const present = new Set([...this.#dispatcher.slots].flatMap(({ deviceModels }) => deviceModels));
    const wanted = new Set(this.#session.spec.islands.flatMap(({ niche }) => niche.device ?? []));
    const missing = [...wanted].filter((model) => !present.has(model));
    return missing.length === 0 ? "" : `${missing.join(", ")} `;
  }

  #storeState(): void {
    for (const { id, address, description, state } of this.#fleet.descriptions()) {
      const row = { id, address, backend: description.backend, description: JSON.stringify(description), state };
      void this.#ledger.evaluator(row).catch(() => {});
    }
    void this.#ledger.status({ elapsedMs: Math.round(this.#elapsedS() * 1000) }).catch(() => {});
  }

  #note(kind: string, message: string, data?: unknown): void {
    this.#session.progress.note(message);
    void this.#ledger.event(kind, message, data).catch(() => {});
  }

  #elapsedS(): number {
    return (this.#session.elapsedBeforeMs + performance.now() - this.#startedAt) / 1000;
  }
}

function databaseTrouble(error: unknown, path: string): UserError {
  const { code, message } = error as { code?: string; message: string };
  const why = code === "SQLITE_FULL" ? "the disk is full" : message;
  return new UserError(
    `The database ${path} cannot be written: ${why}. Nothing that was counted is lost; resume the run when that is mended.`,
  );
}
