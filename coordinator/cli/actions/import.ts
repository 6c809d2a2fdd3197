/** What `coordinator import` does. */
import { readEnvironment } from "@kevo/core/config/environment.ts";
import { UserError } from "@kevo/core/errors/user-error.ts";
import { ownCommand } from "@kevo/core/program/own-command.ts";
import { shellWord } from "@kevo/core/program/shell-word.ts";
import { counted } from "@kevo/core/text/plural.ts";
import { type ImportReport, importKernelTuner } from "../../import/import-kernel-tuner.ts";
import { importTuned } from "../../import/import-tuned.ts";
import { hint, print, printJson } from "../output.ts";

export interface ImportOptions {
  readonly cache?: string;
  readonly call?: string;
  readonly out?: string;
  readonly tuner?: string;
  readonly json?: boolean;
}

export async function importFromKernelTuner(
  source: string,
  call: number | undefined,
  { json = false, ...files }: Omit<ImportOptions, "call">,
): Promise<void> {
  const report = await importKernelTuner({ source, call, ...files, python: readEnvironment().KEVO_PYTHON });
  if (json) return printJson(report);
  for (const note of report.notes) hint(note);
  for (const line of reportLines(report)) print(line);
}

export interface TunedOptions {
  readonly kernel: string;
  readonly workload?: string;
  readonly json?: boolean;
}

export async function importTunedFile(path: string, { kernel, workload, json = false }: TunedOptions): Promise<void> {
  const report = await importTuned(path, kernel, workload);
  if (json) return printJson(report);
  for (const one of report.left_out) hint(`left out ${one}`);
  const entries = Object.entries(report.workloads);
  if (entries.length === 0) throw new UserError(`${path} has nothing for the kernel ${report.kernel}.`, 2);
  for (const [name, count] of entries) print(`${name}: ${counted(count, "configuration")}`);
  print(`Wrote ${shellWord(report.file)}.`);
}

function reportLines(report: ImportReport): string[] {
  const { kernel, parameters, constraints, recorded, tuner } = report;
  const space = `${kernel}: ${counted(parameters, "parameter")}, ${counted(constraints.length, "constraint")}, ${validOf(report)}.`;
  if (recorded === null) return [space, ...tunerLines(tuner)];
  const { configurations, failed, objective, best, unit, cache, device, file } = recorded;
  const measured = `${cache}: ${counted(configurations, "configuration")} (${shareOf(report, configurations)}) measured on ${device}, ${failed} failed; best ${objective} ${Number(best.toPrecision(4))}${unit === null ? "" : ` ${unit}`}.`;
  const replay = `${ownCommand("coordinator")} start --space ${shellWord(file)} --evaluations 200`;
  return [space, measured, `Wrote ${file}. Replay it with: ${replay}`, ...tunerLines(tuner)];
}

function shareOf({ valid, valid_error, untranslated }: ImportReport, configurations: number): string {
  if (configurations === valid && untranslated + valid_error === 0) return "all valid ones";
  return `${((100 * configurations) / valid).toPrecision(3)} % of the valid ones`;
}

function validOf({ valid, valid_error, untranslated }: ImportReport): string {
  const about = valid_error > 0 ? "about " : "";
  const most = untranslated > 0 ? "at most " : "";
  return `${most}${about}${Math.round(valid).toLocaleString("en-US")} valid configurations`;
}

function tunerLines(tuner: string | null): string[] {
  if (tuner === null) return [];
  return [`Wrote ${tuner}. In Python: Tuner(**json.load(open(${JSON.stringify(tuner)})), objective=your_function)`];
}
