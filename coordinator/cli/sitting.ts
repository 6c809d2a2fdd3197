/** One sitting of a run at the command line: opens what it needs, conducts it, and says how it ended. */
import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { UserError } from "@kevo/core/errors/user-error.ts";
import { type KernelPackage, kernelFromSpaces, loadKernel } from "@kevo/core/kernel/load.ts";
import { type RunSpec, runSpec } from "@kevo/proto/run.ts";
import { type OpenLineage, openLineage } from "../lineage/database.ts";
import { cellsOf } from "../lineage/queries/cells.ts";
import { winnersTimes } from "../lineage/queries/workloads.ts";
import { resolveRun } from "../lineage/resolve.ts";
import { finalReport } from "../progress/final-report.ts";
import { openProgress } from "../progress/progress.ts";
import { wantsColours } from "../progress/table.ts";
import { conduct, type Ending } from "../run/conduct.ts";
import { type Launch, launch as launchSchema } from "../run/launch.ts";
import { buildResult, type RunResult } from "../run/result.ts";
import { specOf, type Wish } from "../run/spec.ts";

export interface SittingOptions {
  readonly db: string;
  readonly json: boolean;
  readonly token: string | undefined;
}

const KERNELS = join(dirname(fileURLToPath(import.meta.resolve("@kevo/gpu-evaluator/package.json"))), "kernels");
const EXIT_INTERRUPTED = 130;

export async function startRun(wish: Wish, wanted: Launch, options: SittingOptions): Promise<void> {
  const kernel = await kernelOf(wanted);
  const isPath = wanted.kernel !== null && !existsSync(join(KERNELS, wanted.kernel));
  const launch = isPath ? { ...wanted, kernel: resolve(wanted.kernel as string) } : wanted;
  const spec = specOf(wish, kernel, new Date());
  const lineage = openLineage(options.db);
  try {
    await sit({ spec, launch, kernel, lineage, resume: false, elapsedBeforeMs: 0 }, options);
  } finally {
    lineage.close();
  }
}

export async function resumeRun(run: string | undefined, options: SittingOptions): Promise<void> {
  const lineage = openLineage(options.db);
  try {
    const row = resolveRun(lineage.db, run);
    if (row.status === "completed") {
      throw new UserError(`The run ${row.id} is complete. See its best: coordinator lineage best ${row.id}`, 2);
    }
    const spec = runSpec.parse(JSON.parse(row.spec));
    const launch = launchSchema.parse(JSON.parse(row.launch));
    const kernel = await kernelOf(launch);
    if (kernel.hash !== spec.kernel.hash) {
      throw new UserError(
        `The kernel ${spec.kernel.id} has changed since the run ${row.id} began, so its evaluations cannot be compared. Put it back as it was, or start a new run.`,
      );
    }
    await sit({ spec, launch, kernel, lineage, resume: true, elapsedBeforeMs: row.elapsedMs }, options);
  } finally {
    lineage.close();
  }
}

/** With the device models that its islands divide among them; none where any device serves. */
async function kernelOf(launch: Launch): Promise<KernelPackage & { devices: readonly string[] }> {
  if (launch.spaces.length === 0) return { ...(await loadKernel(launch.kernel as string, KERNELS)), devices: [] };
  const kernel = await kernelFromSpaces(launch.spaces);
  return launch.spaces.length === 1 ? { ...kernel, devices: [] } : kernel;
}

interface Prepared {
  readonly spec: RunSpec;
  readonly launch: Launch;
  readonly kernel: KernelPackage;
  readonly lineage: OpenLineage;
  readonly resume: boolean;
  readonly elapsedBeforeMs: number;
}

async function sit(prepared: Prepared, { json, token }: SittingOptions): Promise<void> {
  const progress = openProgress(process.stderr, { json });
  const interruption = new AbortController();
  const onSignal = () => {
    if (interruption.signal.aborted) process.exit(EXIT_INTERRUPTED);
    progress.note("stopping; once more ends at once, and the run can be resumed either way");
    interruption.abort();
  };
  process.on("SIGINT", onSignal);
  process.on("SIGTERM", onSignal);
  let ending: Ending;
  try {
    ending = await conduct({ ...prepared, progress, token, interrupted: interruption.signal });
  } catch (error) {
    throw withResumeHint(error, prepared);
  } finally {
    progress.close();
    process.off("SIGINT", onSignal);
    process.off("SIGTERM", onSignal);
  }
  const { lineage, spec, kernel } = prepared;
  const result = buildResult(lineage.db, spec.run, lineage.path);
  if (json) process.stdout.write(`${JSON.stringify(result)}\n`);
  else process.stderr.write(report(result, kernel, lineage));
  if (ending === "interrupted") {
    process.stderr.write(`\nInterrupted. Go on with: ${resumeWords(prepared)}\n`);
    process.exitCode = EXIT_INTERRUPTED;
  }
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

function resumeWords({ spec, lineage }: Prepared): string {
  const isDefault = lineage.path === resolve(".kevo/lineage.db");
  return `npx coordinator resume ${spec.run}${isDefault ? "" : ` --db ${lineage.path}`}`;
}

/** A run that was stored before it failed can be taken up again; one that never began cannot. */
function withResumeHint(error: unknown, prepared: Prepared): unknown {
  if (!(error instanceof UserError)) return error;
  const stored = prepared.lineage.sqlite.prepare("select 1 from runs where id = ?").get(prepared.spec.run);
  if (stored === undefined) return error;
  return new UserError(`${error.message} Resume it with: ${resumeWords(prepared)}`, error.exitCode);
}
