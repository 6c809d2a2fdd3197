/** Configurations of a tuned file, of whichever kind, as what a kernel's folder knows to be good. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { parseJson } from "@kevo/core/config/json.ts";
import { reasonOf } from "@kevo/core/errors/system-error.ts";
import { UserError } from "@kevo/core/errors/user-error.ts";
import { KNOWN_FILE, type KnownConfiguration, type KnownGoodFile, parseKnown } from "@kevo/core/kernel/known-good.ts";
import { loadKernel } from "@kevo/core/kernel/load.ts";
import { openSpace, type SearchSpace } from "@kevo/core/search-space/search-space.ts";
import type { KernelDefinition } from "@kevo/proto/kernel.ts";
import type { Config } from "@kevo/proto/search-space.ts";
import { parseAutotuneFile } from "../tuned-files/autotune-file.ts";
import { parseTunedName } from "../tuned-files/file-name.ts";
import { parseTunedFile } from "../tuned-files/format.ts";
import { parseHelionFile } from "../tuned-files/helion-file.ts";

/** Of one workload and device: a run tries no more first. */
const KEPT = 12;

export interface TunedReport {
  readonly kind: "stack" | "helion" | "triton";
  readonly kernel: string;
  readonly file: string;
  /** Configurations by workload. */
  readonly workloads: Readonly<Record<string, number>>;
  /** What has no workload here, or is not in the kernel's space. */
  readonly left_out: readonly string[];
}

/** A configuration of the file and what it is for; `sizes` null: whatever the caller says. */
interface Entry {
  readonly name: string;
  readonly sizes: Readonly<Record<string, unknown>> | null;
  readonly config: Readonly<Record<string, unknown>>;
}

/**
 * Adds to the folder's known configurations those that fit, the file's first.
 * @param workload for a file of Triton's, which does not say what its key means
 * @throws UserError (code 2)
 */
export async function importTuned(path: string, folder: string, workload: string | undefined): Promise<TunedReport> {
  const { definition } = await loadKernel(folder, folder);
  if (!existsSync(join(folder, "kernel.json"))) throw new UserError(`--kernel ${folder} is not a kernel's folder.`, 2);
  const { kind, entries } = readEntries(path);
  const space = openSpace(definition);
  const left: string[] = [];
  const found: KnownConfiguration[] = [];
  for (const { name, sizes, config } of entries) {
    const names = sizes === null ? [theWorkload(definition, workload)] : workloadsWith(definition, sizes);
    const fitting = inSpace(space, definition, config);
    if (names.length === 0) left.push(`${name}: no workload has these sizes`);
    else if (typeof fitting === "string") left.push(`${name}: ${fitting}`);
    else for (const one of names) found.push({ config: fitting, workload: one, device: "any", rank: 0, run: null });
  }
  const file = join(folder, KNOWN_FILE);
  const before = existsSync(file) ? parseKnown(readFileSync(file, "utf8"), definition, file) : [];
  if (found.length > 0) writeFileSync(file, `${JSON.stringify(knownFile(definition, [...found, ...before]))}\n`);
  const byWorkload = Map.groupBy(found, (one) => one.workload);
  return {
    ...{ kind, kernel: definition.id, file, left_out: left },
    workloads: Object.fromEntries([...byWorkload].map(([name, of]) => [name, of.length])),
  };
}

function readEntries(path: string): { kind: TunedReport["kind"]; entries: Entry[] } {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    throw new UserError(`${path}: ${reasonOf(error)}.`, 2);
  }
  if (text.includes('"configs_timings"')) {
    const { configs_timings: timed } = parseAutotuneFile(text, path);
    const ran = timed.filter(([, [median]]) => median !== undefined && Number.isFinite(median));
    const ordered = ran.sort(([, [a = 0]], [, [b = 0]]) => a - b).slice(0, KEPT);
    const entries = ordered.map(([{ kwargs, ...options }]): Entry => {
      return { name: JSON.stringify(kwargs), sizes: null, config: { ...options, ...kwargs } };
    });
    return { kind: "triton", entries };
  }
  if (isList(text)) {
    const entries = parseHelionFile(text, path).map(({ key, config }): Entry => {
      return { name: `key ${JSON.stringify(key)}`, sizes: key, config };
    });
    return { kind: "helion", entries };
  }
  const named = parseTunedName(basename(path));
  const model = named === null ? {} : { experts: named.experts, intermediate: named.intermediate };
  const entries = [...parseTunedFile(text, path).rows].map(([tokens, row]): Entry => {
    return { name: `batch size ${tokens}`, sizes: { ...model, tokens }, config: row };
  });
  return { kind: "stack", entries };
}

function isList(text: string): boolean {
  try {
    return Array.isArray(parseJson(text));
  } catch {
    // What is wrong with it says who reads it next.
    return false;
  }
}

function theWorkload({ id, workloads }: KernelDefinition, wanted: string | undefined): string {
  const names = workloads.map(({ name }) => name);
  const [only] = names;
  if (wanted === undefined && names.length === 1 && only !== undefined) return only;
  if (wanted !== undefined && names.includes(wanted)) return wanted;
  const what = wanted === undefined ? "--workload is needed for a file of Triton's" : `--workload ${wanted} is unknown`;
  throw new UserError(`${what}. The kernel ${id} has ${names.join(", ")}.`, 2);
}

function workloadsWith({ workloads }: KernelDefinition, sizes: Readonly<Record<string, unknown>>): string[] {
  return workloads
    .filter(({ shape }) => Object.entries(sizes).every(([name, size]) => shape[name] === size))
    .map(({ name }) => name);
}

/** The kernel's configuration, what the file does not name at its default; or why there is none. */
function inSpace(
  space: SearchSpace,
  { parameters, default: usual }: KernelDefinition,
  given: Readonly<Record<string, unknown>>,
): Config | string {
  const own = parameters.filter(({ name }) => given[name] !== undefined && given[name] !== null);
  if (own.length === 0)
    return `it names no parameter of the kernel, which has ${parameters.map(({ name }) => name).join(", ")}`;
  try {
    const genes = space.encode({
      ...usual,
      ...Object.fromEntries(own.map(({ name }) => [name, given[name]])),
    } as Config);
    return space.isValid(genes) ? space.decode(genes) : "the kernel's constraints exclude it";
  } catch (error) {
    if (error instanceof UserError) return error.message;
    throw error;
  }
}

function knownFile({ parameters }: KernelDefinition, all: readonly KnownConfiguration[]): KnownGoodFile {
  const names = parameters.map(({ name }) => name);
  const places = new Map<string, number>();
  const placeOf = ({ config }: KnownConfiguration) => {
    const row = JSON.stringify(names.map((name) => config[name]));
    const place = places.get(row) ?? places.size;
    places.set(row, place);
    return place;
  };
  const groups = Map.groupBy(all, ({ workload, device }) => JSON.stringify([workload, device]));
  const good = [...groups.values()].map((of) => {
    const [{ workload, device }] = of as [KnownConfiguration];
    return { workload, device, configurations: [...new Set(of.map(placeOf))].slice(0, KEPT) };
  });
  return { parameters: names, configurations: [...places.keys()].map((row) => JSON.parse(row)), good };
}
