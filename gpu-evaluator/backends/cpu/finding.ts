/** The referee's findings in outputs, and their description. */
import { type Output, outputsOf, toleranceOf, weightOf } from "@kevo/core/kernel/arguments.ts";
import type { KernelDefinition } from "@kevo/proto/kernel.ts";

/** An output of the kernel is wrong. */
export class WrongOutput extends Error {}

export interface Finding {
  /** Relative L2, times the weight of its output; the largest of all outputs. */
  readonly error: number;
  readonly unwritten: number;
  readonly notFinite: number;
  readonly allZero: boolean;
  readonly outside: boolean;
  /** Integers that are not the right ones. */
  readonly different: number;
  /** Place of the output that is wrong; where none is, of the one with that error. */
  readonly output: number;
}

/** By what an output is right. */
export interface Judging {
  /** Of the error as it is found, that is with its weight. */
  readonly tolerance: number;
  readonly outputs: readonly (Output & { readonly weight: number })[];
}

export function judgingOf(definition: KernelDefinition): Judging {
  const outputs = outputsOf(definition).map((one) => ({
    ...{ name: one.name, tolerance: one.tolerance },
    weight: weightOf(one, definition),
  }));
  return { tolerance: toleranceOf(definition), outputs };
}

export function readFinding(fields: readonly string[]): Finding {
  const [error = Number.NaN, unwritten = 0, notFinite = 0, allZero = 0, outside = 0, different = 0, output = 0] =
    fields.map(Number);
  return { error, unwritten, notFinite, allZero: allZero !== 0, outside: outside !== 0, different, output };
}

/** Null when the outputs are right. @param bound of the error, where another than the kernel's tolerance holds */
export function complaint(found: Finding, { tolerance, outputs }: Judging, bound = tolerance): string | null {
  if (found.outside) return "it wrote outside its arrays";
  const { name = "", weight = 1 } = outputs[found.output] ?? {};
  const of = outputs.length > 1 ? `the output ${name}` : "the output";
  if (found.unwritten > 0) return `${found.unwritten} elements of ${of} were never written`;
  if (found.notFinite > 0) return `${found.notFinite} elements of ${of} are not finite`;
  if (found.allZero) return `${of} is all zero`;
  if (found.different > 0) return `${found.different} elements of ${of} are wrong (integers are compared exactly)`;
  if (found.error <= bound) return null;
  const error = `relative L2 error ${(found.error / weight).toExponential(2)}`;
  return `${error}${outputs.length > 1 ? ` of ${of}` : ""} is above ${Number((bound / weight).toPrecision(3))}`;
}
