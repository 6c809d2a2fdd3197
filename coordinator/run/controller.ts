/**
 * A run from start to end: creates its parts, waits until the budget is spent or the run is stopped, measures the
 * finalists again and names the winner. Every ending leaves a run that can be resumed or is complete.
 */

import { userInfo } from "node:os";
import type { Bus } from "@kevo/core/bus/bus.ts";
import { UserError } from "@kevo/core/errors/user-error.ts";
import { openSpace } from "@kevo/core/search-space/search-space.ts";
import { counted } from "@kevo/core/text/plural.ts";
import { isWithoutCode, proposesInTurn } from "@kevo/proto/backend-name.ts";
import type { DataArgument, EventKind } from "@kevo/proto/event.ts";
import type { LogEntry } from "@kevo/proto/log.ts";
import { UNLIMITED_EVALUATIONS } from "@kevo/proto/run.ts";
import { type RunEnd, type SearchEnd, STATUS_OF_END } from "@kevo/proto/run-end.ts";
import { subjects } from "@kevo/proto/subjects.ts";
import { WIRE_VERSION } from "@kevo/proto/version.ts";
import Database from "better-sqlite3";
import { Dispatcher } from "../dispatch/dispatcher.ts";
import { Fleet } from "../dispatch/fleet.ts";
import { findEvaluatorAccess } from "../identity/find-evaluator-access.ts";
import { Ledger } from "../ledger/ledger.ts";
import { LedgerState } from "../ledger/ledger-state.ts";
import { storedVerdicts } from "../ledger/read-stored.ts";
import { writeError } from "../ledger/write-error.ts";
import { lineageTaken } from "../lineage/database.ts";
import { describeTrouble } from "../lineage/queries/models.ts";
import { formatProgress } from "../progress/format.ts";
import type { RunSnapshot } from "../snapshot/snapshot.ts";
import { describeBudget } from "./budget-text.ts";
import { BusyWait } from "./busy-wait.ts";
import type { Child } from "./children.ts";
import { type RunningClocks, startClocks } from "./clocks.ts";
import { Endpoints } from "./endpoints.ts";
import { Grants } from "./grants.ts";
import { IslandWindows } from "./island-windows.ts";
import { boundsOf } from "./launch.ts";
import { Leases } from "./leases.ts";
import { LiveView } from "./live-snapshot.ts";
import { type LocalListener, localEvaluators, startLocalPrograms } from "./local-programs.ts";
import type { LogPublisher } from "./log-publisher.ts";
import { missingWorker } from "./missing-worker.ts";
import type { RunParts } from "./mode.ts";
import { openNats } from "./nats.ts";
import { onAbort } from "./on-abort.ts";
import { RunActions } from "./run-actions.ts";
import type { Ending, RunSession } from "./run-session.ts";
import { windowsInTurn } from "./sequential-windows.ts";
import { serveDashboard } from "./serve-dashboard.ts";
import { StallWatch } from "./stall-watch.ts";
import { openStores } from "./stores.ts";
import { evaluatorTimeoutMs, Watchdog } from "./watchdog.ts";

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
  readonly #windows: IslandWindows;
  readonly #view: LiveView;
  readonly #parts: RunParts;
  #bus: Bus | null = null;
  #natsUrl = "";
  #publisher: LogPublisher | null = null;
  #endpoints: Endpoints | null = null;
  #leases: Leases | null = null;
  readonly #stallWatch = new StallWatch();
  readonly #actions: RunActions;
  #clocks: RunningClocks | null = null;
  readonly #busyWait: BusyWait;
  /** Resolves when the wait for a quiet machine is over. */
  readonly #tooBusy = Promise.withResolvers<"machine_busy">();
  readonly #children: Child[] = [];
  #phase = "waiting for an evaluator";
  /** Why no further batch is accepted; null while the budget alone decides. */
  #stopping: SearchEnd | null = null;
  /** Settles when the search is over; rejects when the run cannot continue. */
  readonly #over = Promise.withResolvers<SearchEnd>();

  constructor(session: RunSession, stack: AsyncDisposableStack) {
    this.#session = session;
    this.#stack = stack;
    const { spec, lineage, token, kernel, mode, launch } = session;
    this.#busyWait = new BusyWait(launch.wait_s === undefined ? undefined : launch.wait_s * 1000);
    const verdicts = storedVerdicts(lineage.db, spec);
    this.#state = new LedgerState(spec, openSpace(kernel.definition), mode.limit, verdicts);
    this.#ledger = new Ledger(
      lineage,
      this.#state,
      {
        onEntries: (entries) => this.#logged(entries),
        onReady: (candidates) => {
          this.#view.accepted(candidates);
          mode.evaluate(this.#parts, candidates);
        },
        onLocked: () => this.#note("program", `another program has locked ${lineage.path}; waiting until it lets go`),
      },
      (error) => this.#over.reject(error instanceof UserError ? error : writeError(error, lineage.path)),
    );
    this.#dispatcher = new Dispatcher(spec, this.#ledger, {
      onUnusable: (evaluator, fault, why) => this.#fleet.markUnusable(evaluator, fault, why),
      onLost: (_evaluator, candidate, why) =>
        void this.#ledger.event("attempt_lost", `${candidate}: ${why}`, { candidate, why }),
      onBusy: (_evaluator, why) => {
        const told = this.#busyWait.refused(performance.now(), why);
        if (told !== null) this.#note("stalled", told);
      },
      onResult: () => this.#busyWait.measured(),
    });
    this.#fleet = new Fleet(
      { ...spec, bounds: boundsOf(launch) },
      this.#dispatcher,
      findEvaluatorAccess(lineage.path, token),
      {
        onChange: () => this.#fleetChanged(),
        onNote: (message) => this.#note("evaluator", message),
      },
    );
    this.#windows = new IslandWindows(spec, () => (this.#fleet.shortfall === null ? this.#dispatcher.slots : []));
    this.#view = new LiveView(this.#state, this.#fleet);
    this.#actions = new RunActions({
      ...{ ledger: this.#ledger, fleet: this.#fleet, launch },
      elapsedS: () => this.#elapsedS(),
      announce: () => this.#endpoints?.announce(),
      stop: () => this.#stop("stop_requested", "a stop was requested"),
      setTimeLeft: (seconds) => this.#clocks?.setTimeLeft(seconds),
    });
    this.#parts = {
      spec,
      db: lineage.db,
      ledger: this.#ledger,
      dispatcher: this.#dispatcher,
      windows: () => this.#windowSizes(),
      interrupted: session.interrupted,
      onPhase: (phase) => {
        this.#phase = phase;
      },
      note: (kind, message, ...data) => this.#note(kind, message, ...data),
      fail: (error) => this.#over.reject(error),
    };
    // A rejection before anybody waits for it is not unhandled: run() awaits it below.
    this.#over.promise.catch(() => {});
  }

  async run(): Promise<Ending> {
    // The last to go: parts that end before it still have something to store.
    this.#stack.defer(() => this.#ledger.close());
    // Its clock runs from the start; a run that fails before it begins must end all the same.
    this.#stack.defer(() => this.#fleet.close());
    const { interrupted, lineage } = this.#session;
    this.#stack.use(onAbort(interrupted, () => this.#over.resolve("interrupted")));
    this.#stack.use(onAbort(lineage.replaced, () => this.#over.reject(lineageTaken(lineage.path))));
    try {
      await this.#begin();
      let end = await this.#over.promise;
      if (STATUS_OF_END[end] !== "interrupted") end = await this.#remeasureFinalists(end);
      const ending = STATUS_OF_END[end];
      await this.#end(ending, end, end === "machine_busy" ? this.#busyWait.over(performance.now()) : null);
      return ending;
    } catch (thrown) {
      // Whoever waits for a write gets SQLite's own error.
      const isSqlite = thrown instanceof Database.SqliteError;
      const error = isSqlite ? writeError(thrown, this.#session.lineage.path) : thrown;
      const code = error instanceof UserError ? error.code : "failed";
      await this.#end("failed", code, (error as Error).message).catch(() => {});
      throw error;
    }
  }

  async #begin(): Promise<void> {
    const { spec, launch, mode, openDashboard, progress, resume, lineage } = this.#session;
    const { url, bus, leaseSecret } = await openNats(this.#stack, {
      run: spec.run,
      launch,
      database: this.#session.lineage.path,
      token: this.#session.token,
      onNote: (kind, message) => this.#note(kind, message),
      onFailed: (error) => this.#over.reject(error),
    });
    this.#bus = bus;
    this.#natsUrl = url;
    this.#publisher = await openStores(this.#stack, bus, this.#session, this.#ledger);
    // After the connections to it are closed, a daemon has nothing to wait for.
    this.#stack.defer(async () => {
      await Promise.all(this.#children.map((child) => child.stop()));
    });
    this.#stack.defer(() => this.#fleet.close());
    this.#stack.defer(() => this.#dispatcher.stop());

    const grants = new Grants(leaseSecret, spec.run);
    const leases = new Leases(this.#ledger, grants);
    await mode.begin(this.#parts, leases);
    this.#stack.defer(() => mode.close());
    const endpoints = new Endpoints({
      bus,
      ledger: this.#ledger,
      leases,
      grants,
      windows: () => this.#windowSizes(),
      onStop: () => this.#stop("stop_requested", "a stop was requested"),
      actions: this.#actions,
      view: () => this.#snapshot(),
      recordedCalls: mode.recordedCalls,
      onTrouble: (trouble) => this.#note("model_trouble", describeTrouble(trouble), trouble),
    });
    this.#endpoints = endpoints;
    this.#leases = leases;
    this.#stack.defer(() => endpoints.close());
    if (mode.needsEvaluators) this.#fleet.listen(bus);
    else this.#phase = mode.working;
    for (const address of launch.evaluators) this.#fleet.add(address);
    this.#fleet.expect(localEvaluators(this.#session));
    this.#children.push(...startLocalPrograms(this.#session, url, this.#listenerWith(leases)));
    this.#startClocks();
    if (openDashboard !== null) this.#stack.use(serveDashboard(openDashboard, this.#actions, progress, this.#ledger));
    this.#endIfFinished();
    this.#note(
      "started",
      `run ${spec.run}: ${spec.kernel.id}, ${counted(spec.islands.length, "island")}, ${describeBudget(spec)}, seed ${spec.seed}`,
    );
    const goesOn = resume ? await this.#actions.endEarlierPause(lineage.db, userInfo().username) : null;
    if (goesOn !== null) progress.note(goesOn);
  }

  #listenerWith(leases: Leases): LocalListener {
    return {
      onEvaluator: (address, before) => {
        if (before === null) return this.#fleet.addExpected(address);
        this.#fleet.remove(before);
        this.#fleet.add(address);
      },
      onWorkerEnded: (worker) => leases.forget(worker),
      onNote: (message) => this.#note("program", message),
      onFailed: (error) => this.#over.reject(error),
    };
  }

  #startClocks(): void {
    const { spec, progress, mode, launch } = this.#session;
    const watchdog = new Watchdog(spec.kernel.id, this.#fleet, undefined, evaluatorTimeoutMs(launch));
    this.#clocks = startClocks({
      onView: () => progress.update(this.#snapshot(this.#waiting(watchdog))),
      onStore: () => this.#storeProgress(),
      onLook: () => {
        // An island that says that it has nothing left makes no entry.
        this.#endIfFinished();
        const isServed = this.#fleet.serving && this.#windows.serve(this.#state.awaited);
        const error = watchdog.check(!mode.needsEvaluators || isServed, this.#windows.missingModels());
        if (error !== null) this.#over.reject(error);
        this.#lookForStall();
        if (this.#busyWait.over(performance.now()) !== null) {
          this.#over.resolve("machine_busy");
          this.#tooBusy.resolve("machine_busy");
        }
      },
      onTimeUp: () => this.#stop("time_up", `the time of ${this.#state.spec.time_s} s is up`),
      leftS: spec.time_s === null ? null : spec.time_s - this.#elapsedS(),
    });
    this.#stack.use(this.#clocks);
  }

  #lookForStall(): void {
    const { spec, mode, launch } = this.#session;
    if (this.#state.closed || !mode.needsEvaluators) return;
    const progress = this.#state.accepted + this.#state.evaluated + this.#state.cached;
    const startsItsOwn = localEvaluators(this.#session) > 0 && !launch.external_workers;
    const stalled = this.#stallWatch.look(performance.now(), {
      progress,
      starting: startsItsOwn && progress === 0,
      outstanding: this.#state.awaited.size,
      connected: this.#bus?.connected ?? false,
      logTrouble: this.#publisher?.trouble ?? null,
      evaluatorTrouble: this.#fleet.serving && this.#windows.hasEvaluators ? null : this.#fleet.trouble,
      leased: this.#leases?.held ?? 0,
      refusal: this.#endpoints?.refusal ?? null,
      awaitsModels: spec.llm !== undefined,
      paused: this.#actions.paused,
    });
    if (stalled !== null) this.#note("stalled", stalled);
  }

  /** The current obstacle of the run, for people. */
  #waiting(watchdog: Watchdog): string | null {
    const { launch, mode } = this.#session;
    if (this.#bus?.connected === false) return "the connection to NATS is lost; reconnecting";
    const busy = this.#busyWait.waiting(performance.now());
    if (busy !== null) return busy;
    if (this.#state.finished) return null;
    if (mode.needsEvaluators && !this.#fleet.serving) return watchdog.waiting;
    if (this.#stopping !== null) return `stopping: ${counted(this.#state.awaited.size, "candidate")} in progress`;
    const hasWorker = this.#state.islands.some(({ worker }) => worker !== null);
    if (!mode.needsWorkers || hasWorker || !launch.external_workers) return null;
    return missingWorker(this.#natsUrl, launch, this.#session.lineage.path);
  }

  #windowSizes(): readonly number[] {
    const sizes = this.#windows.sizes;
    if (this.#actions.paused) return sizes.map(() => 0);
    if (!proposesInTurn(this.#session.spec.backend)) return sizes;
    if (!this.#windows.hasEvaluators) return sizes;
    return windowsInTurn(this.#state.islands, this.#windows.credits);
  }

  #logged(entries: readonly LogEntry[]): void {
    this.#publisher?.publish(entries);
    // A worker that waits for all results asks only under tails as fresh as its own log.
    const { sync, backend } = this.#session.spec;
    if (sync || proposesInTurn(backend)) this.#endpoints?.announce();
    for (const entry of entries) {
      if (entry.type === "evaluated" && !entry.cached) this.#view.evaluated(entry.candidate);
    }
    this.#session.mode.wake();
    this.#endIfFinished();
  }

  #fleetChanged(): void {
    this.#windows.update();
    const works = this.#windows.hasEvaluators && this.#fleet.serving;
    this.#phase = works ? this.#session.mode.working : "waiting for an evaluator";
    this.#endpoints?.announce();
    this.#session.mode.wake();
    this.#storeProgress();
  }

  #snapshot(waiting: string | null = null): RunSnapshot {
    const phase = this.#actions.paused && !this.#state.finished ? "paused" : this.#phase;
    return this.#view.snapshot(phase, this.#elapsedS(), waiting);
  }

  /** Accepts no more batches, and waits for the outstanding candidates. */
  #stop(end: "stop_requested" | "time_up", message: string): void {
    if (this.#state.closed) return;
    this.#note("stopping", message, { end });
    this.#stopping = end;
    this.#state.closed = true;
    this.#endpoints?.announce();
    this.#endIfFinished();
  }

  #endIfFinished(): void {
    if (!this.#state.finished) return;
    const { remaining, evaluated, spec } = this.#state;
    const done = formatProgress(evaluated, spec.evaluations === UNLIMITED_EVALUATIONS ? null : spec.evaluations);
    const end = this.#stopping ?? (remaining > 0 ? "space_exhausted" : "budget_spent");
    if (remaining > 0) this.#note("exhausted", `the islands have no more candidates to propose after ${done}`, { end });
    // An island that had nothing to propose may find something: not after the end.
    this.#state.closed = true;
    this.#over.resolve(end);
  }

  async #remeasureFinalists(end: SearchEnd): Promise<SearchEnd> {
    // A recorded time does not change by reading it again, and a user's function is called as often as its user said.
    if (isWithoutCode(this.#session.spec.backend)) return end;
    const ended = await Promise.race([this.#session.mode.remeasureFinalists(this.#parts), this.#tooBusy.promise]);
    return ended === "remeasured" ? end : ended;
  }

  async #end(ending: Ending | "failed", end: RunEnd, message: string | null): Promise<void> {
    this.#phase = ending;
    await this.#dispatcher.stop();
    // The last frame stays on the screen.
    if (this.#endpoints !== null) this.#session.progress.update(this.#view.snapshot(ending, this.#elapsedS()));
    // Nobody folds the logs of a complete run any more. One that may be resumed keeps its copy.
    if (ending === "completed") await this.#bus?.purgeLog(this.#session.spec.run).catch(() => {});
    await this.#ledger.event(ending, message ?? `the run is ${ending}`, { end });
    await this.#ledger.status({ status: ending, message, endedAt: Date.now(), elapsedMs: this.#elapsedMs() });
    const { spec, outcome } = this.#session;
    this.#bus?.publish(subjects.ended(spec.run), { v: WIRE_VERSION, ...outcome() });
  }

  /** For other processes, which read the database. */
  #storeProgress(): void {
    void this.#ledger.evaluators(this.#fleet.descriptions()).catch(() => {});
    void this.#ledger.status({ elapsedMs: this.#elapsedMs() }).catch(() => {});
  }

  #note<K extends EventKind>(kind: K, message: string, ...data: DataArgument<K>): void {
    this.#session.progress.note(message);
    void this.#ledger.event(kind, message, ...data).catch(() => {});
  }

  #elapsedMs(): number {
    return Math.round(this.#elapsedS() * 1000);
  }

  #elapsedS(): number {
    return (this.#session.elapsedBeforeMs + performance.now() - this.#startedAt) / 1000;
  }
}
