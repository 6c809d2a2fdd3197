/** One session of a run at the command line: opens what the run needs, runs it, and says how it ended. */
import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { makeFolder } from "@kevo/core/config/folder.ts";
import { UserError } from "@kevo/core/errors/user-error.ts";
import { type KernelPackage, kernelFromSpaces, loadKernel } from "@kevo/core/kernel/load.ts";
import { onStopRequest, type StopRequest } from "@kevo/core/program/stop-requests.ts";
import { type RunSpec, runSpec } from "@kevo/proto/run.ts";
import { eq } from "drizzle-orm";
import { findEvaluatorAccess } from "../identity/find-evaluator-access.ts";
import { type LineageDatabase, type OpenLineage, openLineage } from "../lineage/database.ts";
import { cellsOf } from "../lineage/queries/cells.ts";
import { resolveRun } from "../lineage/queries/resolve.ts";
import { winnersTimes } from "../lineage/queries/workloads.ts";
import { islands, runs } from "../lineage/schema.ts";
import { commandFor } from "../progress/command.ts";
import { formatMs } from "../progress/format.ts";
import { openProgress } from "../progress/open-progress.ts";
import { wantsColours } from "../progress/table.ts";
import { earlierRecording, recordSpecOf } from "../record/earlier.ts";
import { parseFixed } from "../record/plan.ts";
import { type RecordingSummary, writeRecording } from "../record/recording.ts";
import { repetitionOf } from "../repeat/repetition.ts";
import { finalReport } from "../result/final-report.ts";
import { buildResult, type RunResult } from "../result/result.ts";
import { asControl } from "../run/control-run.ts";
import { executeRun } from "../run/controller.ts";
import { evolvableCode } from "../run/evolved-source.ts";
import { type Extension, extended } from "../run/extension.ts";
import { type Launch, launch as launchSchema } from "../run/launch.ts";
import { refuseFewFiles } from "../run/open-files.ts";
import type { Ending, RunSession } from "../run/run-session.ts";
import { type RunRequest, runId, specOf } from "../run/spec.ts";
import { asStored, withinDevices } from "../run/within-devices.ts";
import { modeOf } from "./run-mode.ts";

export interface RunSessionOptions {
  readonly db: string;
  readonly json: boolean;
  readonly token: string | undefined;
}

const KERNELS = join(dirname(fileURLToPath(import.meta.resolve("@kevo/gpu-evaluator/package.json"))), "kernels");
const EXIT_INTERRUPTED = 130;

export async function startRun(request: RunRequest, wanted: Launch, options: RunSessionOptions): Promise<void> {
  const kernel = await withinDevices(
    await kernelOf(wanted),
    wanted,
    findEvaluatorAccess(options.db, options.token),
    note,
  );
  const isPath = wanted.kernel !== null && !existsSync(join(KERNELS, wanted.kernel));
  const launch = isPath ? { ...wanted, kernel: resolve(wanted.kernel as string) } : wanted;
  const requested = withEvolvedSource(specOf(request, kernel, new Date()), request, kernel);
  const lineage = openLineage(options.db);
  try {
    const spec = asControl(lineage.db, requested);
    await runSession({ spec, launch, kernel, lineage, resume: false, elapsedBeforeMs: 0 }, options);
  } finally {
    lineage.close();
  }
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
  extension: Extension,
  options: RunSessionOptions,
): Promise<void> {
  const lineage = openLineage(options.db, { existing: true });
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
    const launch = launchSchema.parse(JSON.parse(row.launch));
    if (isExtended && (launch.record !== null || launch.repeats !== undefined)) {
      throw new UserError(`The run ${row.id} is a recording or repeats another run: its budget cannot be extended.`, 2);
    }
    const spec = extended(stored, extension, { accepted: row.accepted, elapsedS: row.elapsedMs / 1000 });
    if (isExtended) storeSpec(lineage.db, spec);
    const whole = await kernelOf(launch);
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
function storeSpec(db: LineageDatabase, spec: RunSpec): void {
  db.transaction((tx) => {
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
    const kernel = asStored(await kernelOf(launch), spec.kernel.definition);
    await runSession({ spec, launch, kernel, lineage, resume: false, elapsedBeforeMs: 0 }, options);
  } finally {
    lineage.close();
  }
}

/** With the device models that its islands divide among them; none where any device serves. */
async function kernelOf(launch: Launch): Promise<KernelPackage & { devices: readonly string[] }> {
  if (launch.spaces.length === 0) return { ...(await loadKernel(launch.kernel as string, KERNELS)), devices: [] };
  const kernel = await kernelFromSpaces(launch.spaces, launch.objective);
  for (const message of kernel.notes) note(message);
  return launch.spaces.length === 1 ? { ...kernel, devices: [] } : kernel;
}

type Prepared = Omit<RunSession, "mode" | "progress" | "token" | "interrupted">;

async function runSession(prepared: Prepared, { json, token }: RunSessionOptions): Promise<void> {
  refuseFewFiles();
  const progress = openProgress(process.stderr, { json });
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
  let ending: Ending;
  try {
    const mode = modeOf(prepared.launch, prepared.spec.run, prepared.kernel, prepared.lineage.db);
    ending = await executeRun({ ...prepared, mode, progress, token, interrupted: interruption.signal });
  } catch (error) {
    throw withResumeHint(error, prepared);
  } finally {
    progress.close();
    stops[Symbol.dispose]();
  }
  const { lineage, spec, kernel } = prepared;
  const { record } = prepared.launch;
  const result = buildResult(lineage.db, spec.run, lineage.path);
  if (record !== null) tellRecording(writeRecording(lineage.db, spec.run, kernel.definition, record), result, json);
  else if (json) process.stdout.write(`${JSON.stringify(result)}\n`);
  else process.stderr.write(report(result, kernel, lineage));
  if (ending === "interrupted") {
    process.stderr.write(`\nInterrupted. Continue with: ${resumeCommand(prepared)}\n`);
    process.exitCode = EXIT_INTERRUPTED;
  }
}

/**
 * Records a cell, or goes on with the recording of the same file that was cut off.
 * @throws UserError (code 2) when the file is there already, or its recording was begun with other options.
 */
export async function recordRun(
  request: RunRequest,
  wanted: Launch,
  fix: readonly string[],
  options: RunSessionOptions,
): Promise<void> {
  const kernel = await withinDevices(
    await kernelOf(wanted),
    wanted,
    findEvaluatorAccess(options.db, options.token),
    note,
  );
  const isPath = wanted.kernel !== null && !existsSync(join(KERNELS, wanted.kernel));
  const kernelName = isPath ? resolve(wanted.kernel as string) : wanted.kernel;
  const record = { out: (wanted.record as { out: string }).out, fixed: parseFixed(fix, kernel.definition) };
  const launch = { ...wanted, kernel: kernelName, record };
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
  const { file, configurations, failed, planned, complete, optimum_ms: optimum, bytes } = summary;
  const best = optimum === null ? "nothing ran" : `the fastest ran in ${formatMs(optimum)}`;
  const share = complete ? "all" : `${planned - configurations} of the ${planned} planned configurations are missing`;
  process.stderr.write(
    `${file}: ${configurations} configurations (${share}), ${failed} failed, ${best}; ${(bytes / 1e6).toFixed(1)} MB.\nReplay it with: coordinator start --backend replay --space ${file}\n`,
  );
}

function report(result: RunResult, kernel: KernelPackage, lineage: OpenLineage): string {
  return finalReport(result, {
    defaultConfig: kernel.definition.default,
    baselines: kernel.definition.baselines.map(({ name }) => name),
    workloads: winnersTimes(lineage.db, result.run),
    cells: cellsOf(lineage.db, result.run),
    colours: wantsColours(process.stderr),
  });
}

function resumeCommand({ spec, lineage }: Prepared): string {
  return commandFor(`resume ${spec.run}`, lineage.path);
}

/** A run that was stored before it failed can be taken up again; one that never began cannot. */
function withResumeHint(error: unknown, prepared: Prepared): unknown {
  if (!(error instanceof UserError)) return error;
  const stored = prepared.lineage.sqlite.prepare("select 1 from runs where id = ?").get(prepared.spec.run);
  if (stored === undefined) return error;
  const { exitCode, code, detail } = error;
  return new UserError(`${error.message} Resume the run with: ${resumeCommand(prepared)}`, exitCode, { code, detail });
}
