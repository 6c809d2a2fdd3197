/** A call of `tune_kernel` as a search space, with a sentence for everything that could not be translated. */
import { UserError } from "@kevo/core/errors/user-error.ts";
import type { Recording, Scalar } from "@kevo/core/recorded-space/formats/recording.ts";
import { parameterOf } from "@kevo/core/recorded-space/parameters.ts";
import { compileConstraint } from "@kevo/core/search-space/constraint.ts";
import { openParameter, type SpaceParameter } from "@kevo/core/search-space/parameter.ts";
import { cut } from "@kevo/core/text/cut.ts";
import type { TuningCall } from "./script.ts";

/** Of every CUDA and HIP device, and what Kernel Tuner takes for others. */
const MAX_THREADS = 1024;
const BLOCK_SIZES = ["block_size_x", "block_size_y", "block_size_z"];
const MAX_SHOWN = 120;

export interface ImportedSpace {
  readonly kernel: string;
  /** By parameter, in the script's order. */
  readonly values: ReadonlyMap<string, readonly Scalar[]>;
  readonly constraints: readonly string[];
  /** Restrictions that are left out. */
  readonly untranslated: number;
  /** Sentences for the user. */
  readonly notes: readonly string[];
}

/** @throws UserError (code 2) where values of parameters are unknown. */
export function importedSpace(call: TuningCall, measured: Recording | null, path: string): ImportedSpace {
  const notes: string[] = [];
  const values = valuesOf(call, measured, path, notes);
  const parameters = [...values].map(([name, list]) => openParameter(parameterOf(name, list)));
  const constraints: string[] = [];
  let untranslated = 0;
  for (const [at, { text, expression, why }] of call.restrictions.entries()) {
    const shown = text === null ? `number ${at + 1}` : `"${cut(text, MAX_SHOWN)}"`;
    const mistake = expression === null ? `restriction ${shown}: ${why}` : mistakeIn(expression, parameters);
    if (mistake !== null) {
      untranslated++;
      notes.push(`Left out: ${mistake}.`);
    } else if (expression !== null && !constraints.includes(expression)) constraints.push(expression);
  }
  const threads = threadLimit(call, values);
  if (threads !== null && !constraints.some((text) => compact(text) === compact(threads))) {
    constraints.push(threads);
    notes.push(`Added "${threads}", as Kernel Tuner does: a block has at most ${MAX_THREADS} threads.`);
  }
  return { kernel: call.kernel ?? measured?.kernelName ?? "kernel", values, constraints, untranslated, notes };
}

const compact = (text: string) => text.replaceAll(" ", "");

function valuesOf(call: TuningCall, measured: Recording | null, path: string, notes: string[]) {
  if (call.why !== null && measured !== null) {
    notes.push(`The parameters come from the measurements, because ${path} does not tell them (${call.why}).`);
    return measured.parameters;
  }
  if (call.why !== null) {
    throw new UserError(`${path}: tune_params is unknown: ${call.why}. ${REMEDY}`, 2);
  }
  if (call.parameters.length === 0) throw new UserError(`${path}: tune_params is empty. There is nothing to tune.`, 2);
  const found = new Map<string, readonly Scalar[]>();
  for (const { name, values, why } of call.parameters) {
    const known = values ?? measured?.parameters.get(name);
    if (known === undefined) throw new UserError(`${path}: the values of ${name} are unknown: ${why}. ${REMEDY}`, 2);
    if (known.length === 0) throw new UserError(`${path}: ${name} has no values.`, 2);
    if (values === null) {
      notes.push(`The values of ${name} come from the measurements, because ${path} does not tell them (${why}).`);
    }
    found.set(name, [...new Set(known)]);
  }
  return found;
}

const REMEDY =
  "A script is read, not run: write the values as a list, or add --cache with measurements that have them.";

/** Null where the expression is a constraint of this space; else a sentence that names it. */
function mistakeIn(expression: string, parameters: readonly SpaceParameter[]): string | null {
  try {
    compileConstraint(expression, parameters);
    return null;
  } catch (error) {
    if (error instanceof UserError) return error.message;
    throw error;
  }
}

/** The limit that Kernel Tuner adds to the restrictions; null where it cannot be exceeded. */
function threadLimit(call: TuningCall, values: ReadonlyMap<string, readonly Scalar[]>): string | null {
  const names = call.block_size_names.length > 0 ? call.block_size_names : BLOCK_SIZES;
  const used = names.filter((name) => values.get(name)?.every((value) => typeof value === "number"));
  const most = used.reduce((product, name) => product * Math.max(...(values.get(name) as number[])), 1);
  return most > MAX_THREADS ? `${used.join(" * ")} <= ${MAX_THREADS}` : null;
}
