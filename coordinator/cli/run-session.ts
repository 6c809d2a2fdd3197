/** One session of a run at the command line: opens what the run needs, runs it, and says how it ended. */
import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { makeFolder } from "@kevo/core/config/folder.ts";
import { asUserError } from "@kevo/core/errors/system-error.ts";
import { UserError } from "@kevo/core/errors/user-error.ts";
import type { KernelPackage } from "@kevo/core/kernel/load.ts";
import { saveMemory } from "@kevo/core/program/little-memory.ts";
import { onParentEnd } from "@kevo/core/program/parent-end.ts";
import { shellWord } from "@kevo/core/program/shell-word.ts";
import { onStopRequest, type StopRequest } from "@kevo/core/program/stop-requests.ts";
import type { Telemetry } from "@kevo/core/telemetry/options.ts";
import { counted } from "@kevo/core/text/plural.ts";
import type { FailureCode } from "@kevo/proto/failure.ts";
import { type RunSpec, runSpec } from "@kevo/proto/run.ts";
import { eq } from "drizzle-orm";
import { findEvaluatorAccess } from "../identity/find-evaluator-access.ts";
import { commandFor } from "../lineage/command.ts";
import { type OpenLineage, openLineage } from "../lineage/database.ts";
import { resolveRun } from "../lineage/queries/resolve.ts";
import { islands, runs } from "../lineage/schema.ts";
import { observeRun } from "../observe/observe-run.ts";
import { ringBell } from "../progress/bell.ts";
import { formatMs } from "../progress/format.ts";
import { wantsColours } from "../progress/table.ts";
import { earlierRecording, recordSpecOf } from "../record/earlier.ts";
import { parseFixed } from "../record/plan.ts";
import { type RecordingSummary, writeRecording } from "../record/recording.ts";
import { repetitionOf } from "../repeat/repetition.ts";
import { buildResult, type RunResult } from "../result/result.ts";
import { storedReport } from "../result/stored-report.ts";
import { asStored } from "../run/as-stored.ts";
import { asControl } from "../run/control-run.ts";
import { executeRun } from "../run/controller.ts";
import { deviceModelsOf } from "../run/device-models.ts";
import { evolvableCode } from "../run/evolved-source.ts";
import { type Extension, extended } from "../run/extension.ts";
import { KERNELS, kernelOf } from "../run/kernel-of.ts";
import { type Launch, launch as launchSchema } from "../run/launch.ts";
import { refuseFewFiles } from "../run/open-files.ts";
import { withPrior } from "../run/prior.ts";
import type { Ending, RunSession } from "../run/run-session.ts";
import { type RunRequest, runId, specOf } from "../run/spec.ts";
import { withinDevices } from "../run/within-devices.ts";
import { type DashboardAddress, dashboardOf } from "./dashboard-options.ts";
import { modeOf } from "./run-mode.ts";

export interface RunSessionOptions {
  readonly db: string;
  readonly json: boolean;
  /** Rings when the run has ended by itself. */
  readonly bell?: boolean;
  readonly token: string | undefined;
  /** Where the dashboard listens; null where none is wanted. */
  readonly dashboard?: DashboardAddress | null;
  /** Stop when standard input closes. */
  readonly parent?: boolean;
  readonly telemetry?: Telemetry;
  /** Where it is open already, as in a standby that has taken over; the command closes it. */
  readonly lineage?: OpenLineage;
}

const EXIT_INTERRUPTED = 130;
/** EX_TEMPFAIL of sysexits.h: try again later. */
const EXIT_MACHINE_BUSY = 75;

export async function startRun(request: RunRequest, wanted: Launch, options: RunSessionOptions): Promise<void> {
  const access = findEvaluatorAccess(options.db, options.token);
  const kernel = await withinDevices(await kernelOf(wanted, note), wanted, access, note);
  const launch = fromAnywhere(wanted);
  const requested = withEvolvedSource(specOf(request, kernel, new Date()), request, kernel);
  const devices = await deviceModelsOf(launch, requested.backend, access);
  const lineage = options.lineage ?? openLineage(options.db);
  try {
    const spec = withPrior(asControl(lineage.db, requested), kernel, lineage.db, request.prior ?? [], devices, note);
    await runSession({ spec, launch, kernel, lineage, resume: false, elapsedBeforeMs: 0 }, options);
  } finally {
    lineage.close();
  }
}

/** As it is stored: a kernel's own folder is named by its absolute path. */
export function fromAnywhere(wanted: Launch): Launch {
  const isPath = wanted.kernel !== null && !existsSync(join(KERNELS, wanted.kernel));
  return isPath ? { ...wanted, kernel: resolve(wanted.kernel as string) } : wanted;
}

function withEvolvedSource(spec: RunSpec, request: RunRequest, kernel: KernelPackage): RunSpec {
  if (request.evolvesCode !== true) return spec;
  if (spec.llm === undefined) {
    throw new UserError(
      "--evolve source requires a language model that writes the code. Name one, for example --llm grok-4.3.",
      2,
    );
  }
  return { ...spec, evolves_source: evolvableCode(kernel).hash };
}

export async function resumeRun(
  run: string | undefined,
  { waitS, ...extension }: Extension & { readonly waitS?: number | undefined },
  options: RunSessionOptions,
): Promise<void> {
  const lineage = options.lineage ?? openLineage(options.db, { existing: true });
  try {
    const row = resolveRun(lineage.db, run);
    const isExtended = extension.evaluations !== null || extension.timeS !== null;
    if (row.status === "completed" && !isExtended) {
      const [best, more] = [`lineage best ${row.id}`, `resume ${row.id} --evaluations ${2 * row.accepted}`];
      throw new UserError(
        `The run ${row.id} is complete. To see its best: ${commandFor(best, lineage.path)}. To extend it: ${commandFor(more, lineage.path)}`,
        2,
      );
    }
    const stored = runSpec.parse(JSON.parse(row.spec));
    const started = launchSchema.parse(JSON.parse(row.launch));
    const launch = waitS === undefined ? started : { ...started, wait_s: waitS };
    if (isExtended && (launch.record !== null || launch.repeats !== undefined)) {
      throw new UserError(`The run ${row.id} is a recording or repeats another run: its budget cannot be extended.`, 2);
    }
    const spec = extended(stored, extension, { accepted: row.accepted, elapsedS: row.elapsedMs / 1000 });
    if (isExtended) storeSpec(lineage, spec);
    const whole = await kernelOf(launch, note);
    if (whole.hash !== spec.kernel.hash) {
      throw new UserError(
        `The kernel ${spec.kernel.id} has changed since the run ${row.id} began, so new evaluations could not be compared with the old ones. Restore the kernel, or start a new run.`,
      );
    }
    const kernel = asStored(whole, spec.kernel.definition);
    await runSession({ spec, launch, kernel, lineage, resume: true, elapsedBeforeMs: row.elapsedMs }, options);
  } finally {
    lineage.close();
  }
}

/** Islands that found the space exhausted under the old budget are asked again. */
function storeSpec({ db, fence }: OpenLineage, spec: RunSpec): void {
  db.transaction((tx) => {
    fence();
    tx.update(runs)
      .set({ spec: JSON.stringify(spec) })
      .where(eq(runs.id, spec.run))
      .run();
    tx.update(islands).set({ exhausted: false }).where(eq(islands.run, spec.run)).run();
  });
}

const note = (message: string) => process.stderr.write(`${message}\n`);

/** Repeats a recorded run as a new run. */
export async function repeatRun(recorded: string, options: RunSessionOptions): Promise<void> {
  const lineage = openLineage(options.db, { existing: true });
  try {
    const row = resolveRun(lineage.db, recorded);
    const { spec, launch } = repetitionOf(lineage.db, row, runId(row.kernel, new Date()));
    // Its source may have changed since, for nothing of it runs; its space may not.
    const kernel = asStored(await kernelOf(launch, note), spec.kernel.definition);
    await runSession({ spec, launch, kernel, lineage, resume: false, elapsedBeforeMs: 0 }, options);
  } finally {
    lineage.close();
  }
}

type Prepared = Omit<RunSession, "mode" | "progress" | "token" | "interrupted" | "outcome" | "openDashboard">;

async function runSession(prepared: Prepared, options: RunSessionOptions): Promise<void> {
  const { json, token, bell = false, parent = false } = options;
  saveMemory();
  refuseFewFiles();
  const { telemetry } = options;
  await using observed = await observeRun({ run: prepared.spec.run, telemetry, json });
  const { progress } = observed;
  const interruption = new AbortController();
  const onStop = (request: StopRequest) => {
    if (interruption.signal.aborted) {
      // Nobody sees the rest of an output that is closed; the run ends as it was asked to.
      if (request === "output_closed") return;
      process.exit(EXIT_INTERRUPTED);
    }
    interruption.abort();
    progress.note(
      `stopping; a second Ctrl-C or signal ends it immediately. Resume the run with: ${resumeCommand(prepared)}`,
    );
  };
  const stops = onStopRequest(onStop);
  // Nobody is left to tell, as where the output is closed.
  const orphaned = parent ? onParentEnd(() => onStop("output_closed")) : null;
  let ending: Ending;
  try {
    const mode = modeOf(prepared.launch, prepared.spec.run, prepared.kernel, prepared.lineage.db);
    const { lineage, spec, kernel } = prepared;
    const outcome = () => {
      const result = buildResult(lineage.db, spec.run, lineage.path);
      return { result, report: storedReport(lineage.db, result, kernel.definition, false) };
    };
    const interrupted = interruption.signal;
    const openDashboard = dashboardOf(options.dashboard ?? null, lineage.path, spec.run);
    ending = await executeRun({ ...prepared, mode, progress, token, interrupted, outcome, openDashboard });
  } catch (error) {
    throw withResumeHint(error, prepared);
  } finally {
    progress.close();
    stops[Symbol.dispose]();
    if (bell && !interruption.signal.aborted) ringBell(process.stderr);
    orphaned?.[Symbol.dispose]();
  }
  const { lineage, spec, kernel } = prepared;
  const { record } = prepared.launch;
  const result = buildResult(lineage.db, spec.run, lineage.path);
  if (record !== null) tellRecording(writeRecording(lineage.db, spec.run, kernel.definition, record), result, json);
  else if (json) process.stdout.write(`${JSON.stringify(result)}\n`);
  else process.stderr.write(storedReport(lineage.db, result, kernel.definition, wantsColours(process.stderr)));
  if (ending === "interrupted") {
    const isBusy = result.ended_by === "machine_busy";
    const what = isBusy ? "The machine was too busy to measure" : "Interrupted";
    process.stderr.write(`\n${what}. Continue with: ${resumeCommand(prepared)}\n`);
    process.exitCode = isBusy ? EXIT_MACHINE_BUSY : EXIT_INTERRUPTED;
  }
}

/**
 * Records a cell, or continues an interrupted recording to the same file.
 * @throws UserError (code 2) when the file already exists, or its recording began with other options.
 */
export async function recordRun(
  request: RunRequest,
  wanted: Launch,
  fix: readonly string[],
  options: RunSessionOptions,
): Promise<void> {
  const kernel = await withinDevices(
    await kernelOf(wanted, note),
    wanted,
    findEvaluatorAccess(options.db, options.token),
    note,
  );
  const record = { out: (wanted.record as { out: string }).out, fixed: parseFixed(fix, kernel.definition) };
  const launch = { ...fromAnywhere(wanted), record };
  const spec = recordSpecOf(request, kernel, record.fixed, new Date());
  // Not after hours of measuring.
  makeFolder(dirname(record.out), "--out");
  const lineage = openLineage(options.db);
  try {
    const earlier = earlierRecording(lineage.db, spec, record);
    if (earlier?.status === "completed" && !existsSync(record.out)) {
      const summary = writeRecording(lineage.db, earlier.id, kernel.definition, record);
      tellRecording(summary, buildResult(lineage.db, earlier.id, lineage.path), options.json);
      return;
    }
    if (earlier === undefined || earlier.status === "completed") {
      if (existsSync(record.out)) {
        throw new UserError(
          `${record.out} already exists, and no unfinished recording belongs to it. Choose another --out.`,
          2,
        );
      }
      await runSession({ spec, launch, kernel, lineage, resume: false, elapsedBeforeMs: 0 }, options);
      return;
    }
    const stored = runSpec.parse(JSON.parse(earlier.spec));
    await runSession(
      { spec: stored, launch, kernel, lineage, resume: true, elapsedBeforeMs: earlier.elapsedMs },
      options,
    );
  } finally {
    lineage.close();
  }
}

function tellRecording(summary: RecordingSummary, result: RunResult, json: boolean): void {
  if (json) process.stdout.write(`${JSON.stringify({ ...result, recording: summary })}\n`);
  const { file, configurations, failed, optimum_ms: optimum, bytes } = summary;
  const best = optimum === null ? "nothing ran" : `the fastest ran in ${formatMs(optimum)}`;
  const replay = commandFor(`start --backend replay --space ${shellWord(file)}`, result.db);
  process.stderr.write(
    `${file}: ${counted(configurations, "configuration")} (${shareOf(summary)}), ${failed} failed, ${best}; ${(bytes / 1e6).toFixed(1)} MB.\nReplay it with: ${replay}\n`,
  );
}

function shareOf({ configurations, planned, valid, complete }: RecordingSummary): string {
  if (!complete) return `${planned - configurations} of the ${planned} planned are missing`;
  return planned < valid ? `a sample of the ${valid} valid ones` : "all that are valid";
}

function resumeCommand({ spec, lineage }: Prepared): string {
  return commandFor(`resume ${spec.run}`, lineage.path);
}

/** The kernel itself is at fault: who mends it has another kernel, and a run of the old one is not resumed with it. */
const KERNEL_FAULTS: ReadonlySet<FailureCode> = new Set(["baseline_failed", "reference_failed"]);

/** A run that was stored before it failed can be taken up again; one that never began cannot. */
function withResumeHint(thrown: unknown, prepared: Prepared): unknown {
  const error = asUserError(thrown);
  if (error === null) return thrown;
  const stored = prepared.lineage.sqlite.prepare("select 1 from runs where id = ?").get(prepared.spec.run);
  // Another coordinator goes on with it.
  if (stored === undefined || error.code === "database_in_use") return error;
  const { exitCode, code, detail, message } = error;
  const next = KERNEL_FAULTS.has(code)
    ? "Correct the kernel, then start a new run."
    : `Resume the run with: ${resumeCommand(prepared)}`;
  return new UserError(`${message} ${next}`, exitCode, { code, detail });
}
