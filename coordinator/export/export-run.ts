/** Writes what a run found as a folder that runs without this project. */
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, extname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { makeFolder } from "@kevo/core/config/folder.ts";
import { UserError } from "@kevo/core/errors/user-error.ts";
import { unpackFiles } from "@kevo/core/kernel/archive.ts";
import { outputsOf, toleranceOf, typedArguments } from "@kevo/core/kernel/arguments.ts";
import { entryCode } from "@kevo/gpu-evaluator/backends/cpu/entry-code.ts";
import { parameterArguments } from "@kevo/gpu-evaluator/backends/parameter-arguments.ts";
import type { BackendName } from "@kevo/proto/backend-name.ts";
import type { KernelDefinition } from "@kevo/proto/kernel.ts";
import { commandFor } from "../lineage/command.ts";
import { type LineageDatabase, pathOf } from "../lineage/database.ts";
import type { Run } from "../lineage/queries/resolve.ts";
import { cLibrary } from "./c-library.ts";
import { type CheckedEntry, checkExport } from "./check.ts";
import { packageOfRun } from "./package-of-run.ts";
import { isModelWritten, readmeOf } from "./readme.ts";
import { reservations } from "./reservations.ts";
import { type Winner, winnersOf } from "./winners.ts";

type ExportLanguage = "c" | "triton" | "cuda";

export interface Exported {
  /** The exported loader's report on each entry, from a run on this host; null with a reason where it could not run. */
  readonly checked: readonly CheckedEntry[] | null;
  readonly unchecked: string | null;
  /** Why its times are not a finished run's; empty where they are. */
  readonly reservations: readonly string[];
  readonly run: string;
  readonly kernel: string;
  readonly language: ExportLanguage;
  /** Absolute path of the folder. */
  readonly out: string;
  /** Workloads with their own configuration, times devices. */
  readonly entries: number;
  readonly files: readonly string[];
}

/** Nothing that a model wrote runs outside the sandbox, an export's check included. */
const MODEL_WROTE_IT =
  "a language model wrote its code, which this project runs in the sandbox only. Read the code, then run loader.py in a container without network and without private files.";

const TEMPLATES = fileURLToPath(new URL("./templates/", import.meta.url));
const NATIVE = fileURLToPath(new URL("backends/cpu/native/", import.meta.resolve("@kevo/gpu-evaluator/package.json")));
/** Files with which a C kernel is linked outside an evaluator, and their origin. */
const RUNTIME: Readonly<Record<string, string>> = {
  "runtime/kevo.h": join(NATIVE, "kevo.h"),
  "runtime/entry.h": join(NATIVE, "entry.h"),
  "runtime/team.c": join(NATIVE, "team.c"),
  "kevo_arrays.py": join(TEMPLATES, "kevo_arrays.py"),
  "runtime/kevo_export.c": join(TEMPLATES, "kevo_export.c"),
};

/** With which a CUDA kernel is compiled and launched outside an evaluator, as in one. */
const RUNNER = fileURLToPath(new URL("runner/", import.meta.resolve("@kevo/gpu-evaluator/package.json")));
const CUDA_RUNTIME = ["cuda_driver.py", "tensor_maps.py", "geometry.py", "nvrtc.py"] as const;

export interface ExportOptions {
  /** Paragraphs for the README, such as where the kernel's idea comes from. */
  readonly notes?: readonly string[];
  /** The Python that checks the export. */
  readonly python?: string | undefined;
}

/**
 * @param out a folder that is not there yet or is empty.
 * @throws UserError when nothing was measured, an entry does not run as it was measured, the kernel is not here as it was, or `out` holds something.
 */
export async function exportRun(
  db: LineageDatabase,
  run: Run,
  out: string,
  { notes = [], python = "python3" }: ExportOptions = {},
): Promise<Exported> {
  const { spec, kernel } = await packageOfRun(run);
  const { definition } = kernel;
  const winners = winnersOf(db, run.id, definition);
  if (winners.length === 0) {
    throw new UserError(
      `Run ${run.id} has no measured candidate, so there is nothing to export. To see failures: ${commandFor(`lineage failures ${run.id}`, pathOf(db))}`,
    );
  }
  const reserved = reservations(run, winners);
  const language = languageOf(spec.backend);
  const folder = resolve(out);
  const written = openFolder(folder);
  for (const { path, content } of unpackFiles(kernel.bytes)) written.put(`kernel/${path}`, content);
  for (const { evolved } of winners) {
    if (evolved !== null) written.put(`kernel/${codeFile(definition, evolved.hash)}`, evolved.text);
  }
  if (language === "c") {
    for (const [path, from] of Object.entries(RUNTIME)) written.copy(path, from);
    for (const [path, text] of Object.entries(entryFiles(definition))) written.put(`runtime/${path}`, text);
    const dispatched = winners.map((one) => ({ ...one, source: fileOf(definition, one) }));
    for (const [path, text] of Object.entries(cLibrary(definition, dispatched))) written.put(path, text);
  }
  written.copy("loader.py", join(TEMPLATES, language === "c" ? "loader_c.py" : "loader_gpu.py"));
  if (language !== "c") written.copy("launching.py", join(TEMPLATES, `launching_${language}.py`));
  if (language === "cuda") for (const file of CUDA_RUNTIME) written.copy(`runtime/${file}`, join(RUNNER, file));
  written.put("best.json", `${JSON.stringify(bestFile(run, definition, winners, language), null, 2)}\n`);
  written.put("README.md", readmeOf({ run, definition, winners, language, reserved, notes }));
  const check = isModelWritten(definition, winners) ? MODEL_WROTE_IT : await checkExport(folder, python);
  return {
    run: run.id,
    kernel: definition.id,
    checked: typeof check === "string" ? null : check,
    unchecked: typeof check === "string" ? check : null,
    reservations: reserved,
    language,
    out: folder,
    entries: winners.length,
    files: written.files.sort(),
  };
}

function languageOf(backend: BackendName): ExportLanguage {
  if (backend === "cpu") return "c";
  return backend === "cuda" ? "cuda" : "triton";
}

/** What `loader.py` reads. */
function bestFile(
  run: Run,
  definition: KernelDefinition,
  winners: readonly Winner[],
  language: Exported["language"],
): object {
  return {
    format: "kevo-export",
    v: 1,
    run: run.id,
    run_status: run.status,
    kernel: definition.id,
    kernel_hash: run.kernelHash,
    language,
    reference: definition.reference,
    tolerance: toleranceOf(definition),
    ...(language === "cuda"
      ? {
          launches: definition.launches,
          scratch: definition.scratch ?? {},
          constants: definition.constants ?? [],
        }
      : {}),
    typed: definition.arguments !== undefined,
    outputs: outputsOf(definition).map(({ name, tolerance }) => ({ name, tolerance })),
    sizes: Object.keys(definition.workloads[0]?.shape ?? {}),
    entries: winners.map(
      ({ workload, shape, device, toolchain, candidate, config, evolved, isBaseline, ...times }) => ({
        workload,
        // A baseline that is no configuration, such as a library's kernel, is what the loader falls back to.
        runs: isBaseline && evolved === null && times.speedup !== 1 ? "baseline" : "kernel",
        shape,
        device,
        toolchain,
        candidate,
        config,
        source: fileOf(definition, { evolved }),
        // The rules of how a configuration reaches the compiler are the evaluator's.
        ...(language === "triton"
          ? {}
          : { arguments: parameterArguments(definition, config, language === "c" ? "cc" : "nvrtc") }),
        rounds: times.rounds,
        time_ms: times.time_ms,
        baseline: times.baseline,
        baseline_ms: times.baseline_ms,
        speedup: times.speedup,
        speedup_low: times.speedup_low,
        speedup_high: times.speedup_high,
      }),
    ),
  };
}

function fileOf(definition: KernelDefinition, { evolved }: Pick<Winner, "evolved">): string {
  return evolved === null ? (definition.source as string) : codeFile(definition, evolved.hash);
}

/** What stands between the loader and the kernel's own functions, under names that are the same for every kernel. */
function entryFiles(definition: KernelDefinition): Record<string, string> {
  const typed = typedArguments(definition);
  if (typed !== null) return { ...entryCode(definition, typed) };
  const read = (name: string) => readFileSync(join(NATIVE, name), "utf8");
  return { "entry.c": read("entry-floats.c"), "reference-entry.c": read("reference-entry-floats.c") };
}

/** Beside the kernel's own source, so that both can be compared and what they include is found. */
function codeFile({ source }: KernelDefinition, hash: string): string {
  const own = source as string;
  return join(dirname(own), `evolved-${hash.slice(0, 12)}${extname(own)}`);
}

function openFolder(folder: string) {
  makeFolder(folder, "--out");
  if (readdirSync(folder).length > 0) {
    throw new UserError(`--out ${folder}: the folder is not empty. Name another, or empty it.`, 2);
  }
  const files: string[] = [];
  const place = (path: string) => {
    const file = join(folder, path);
    mkdirSync(dirname(file), { recursive: true });
    if (!files.includes(path)) files.push(path);
    return file;
  };
  return {
    files,
    put: (path: string, content: string | Uint8Array) => writeFileSync(place(path), content),
    copy: (path: string, from: string) => copyFileSync(from, place(path)),
  };
}
