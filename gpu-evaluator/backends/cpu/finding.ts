/** The referee's findings in outputs, and their description. */
import { type Output, outputsOf, toleranceOf, weightOf } from "@kevo/core/kernel/arguments.ts";
import { counted } from "@kevo/core/text/plural.ts";
import type { KernelDefinition } from "@kevo/proto/kernel.ts";
import { describePlace, type Place, readPlace } from "./place.ts";

/** An output of the kernel is wrong. */
export class WrongOutput extends Error {}

export interface Finding {
  /** Relative L2, times the weight of its output; the largest of all outputs. */
  readonly error: number;
  /** That error without the elements that hold the poison. */
  readonly writtenError: number;
  /** Elements that hold the poison; a wrong element of a short type may do so by chance. */
  readonly unwritten: number;
  readonly notFinite: number;
  readonly allZero: boolean;
  readonly outside: boolean;
  /** Where, if outside. */
  readonly place: Place | null;
  /** Integers that are not the right ones. */
  readonly different: number;
  /** Place of the output that is wrong; where none is, of the one with that error. */
  readonly output: number;
  /** Of a wrong output: the first integer that is wrong, or the number that is furthest from the right one. */
  readonly element: { readonly at: number; readonly is: string; readonly right: string } | null;
}

/** By what an output is right. */
export interface Judging {
  readonly definition: KernelDefinition;
  /** Of the error as it is found, that is with its weight. */
  readonly tolerance: number;
  readonly outputs: readonly (Output & { readonly weight: number })[];
}

export function judgingOf(definition: KernelDefinition): Judging {
  const outputs = outputsOf(definition).map((one) => ({
    ...{ name: one.name, tolerance: one.tolerance },
    weight: weightOf(one, definition),
  }));
  return { definition, tolerance: toleranceOf(definition), outputs };
}

export function readFinding(fields: readonly string[]): Finding {
  const [error = Number.NaN, writtenError = Number.NaN, ...counts] = fields.map(Number);
  const [unwritten = 0, notFinite = 0, allZero = 0, outside = 0, different = 0, output = 0] = counts;
  const [at, is, right, place = ""] = fields.slice(8);
  return {
    ...{ error, writtenError, unwritten, notFinite, allZero: allZero !== 0, outside: outside !== 0, different, output },
    element: is === undefined || right === undefined ? null : { at: Number(at), is, right },
    place: place === "" ? null : readPlace(place.split(" ")),
  };
}

/** Null when the outputs are right. @param bound of the error, where another than the kernel's tolerance holds */
export function complaint(
  found: Finding,
  { tolerance, outputs, definition }: Judging,
  bound = tolerance,
): string | null {
  const { place, unwritten, notFinite, different, element } = found;
  if (found.outside) {
    const where = place === null ? "" : `: ${describePlace(place, definition)}`;
    return `it wrote outside its arrays${where}`;
  }
  const { name = "", weight = 1 } = outputs[found.output] ?? {};
  const of = outputs.length > 1 ? `the output ${name}` : "the output";
  const writtenWrong = found.writtenError > bound;
  if (unwritten > 0 && !writtenWrong)
    return `${elements(unwritten)} of ${of} ${unwritten === 1 ? "was" : "were"} never written`;
  const not = (count: number) => `${elements(count)} of ${of} ${count === 1 ? "is" : "are"}`;
  const shown = element === null ? "" : `: element ${element.at} is ${element.is}, expected ${element.right}`;
  if (notFinite > 0) return `${not(notFinite)} not finite${shown}`;
  if (found.allZero) return `${of} is all zero`;
  if (different > 0) return `${not(different)} wrong (integers are compared exactly)${shown}`;
  if (found.error <= bound) return null;
  const error = `relative L2 error ${(found.error / weight).toExponential(2)}`;
  return `${error}${outputs.length > 1 ? ` of ${of}` : ""} is above ${Number((bound / weight).toPrecision(3))}${shown}`;
}

const elements = (count: number) => counted(count, "element");
