/** The referee's findings in an output, and their description. */

/** An output of the kernel is wrong. */
export class WrongOutput extends Error {}

export interface Finding {
  readonly error: number;
  readonly unwritten: number;
  readonly notFinite: number;
  readonly allZero: boolean;
  readonly outside: boolean;
}

export function readFinding(fields: readonly string[]): Finding {
  const [error = Number.NaN, unwritten = 0, notFinite = 0, allZero = 0, outside = 0] = fields.map(Number);
  return { error, unwritten, notFinite, allZero: allZero !== 0, outside: outside !== 0 };
}

/** Null when the output is right. */
export function complaint(found: Finding, tolerance: number): string | null {
  if (found.outside) return "it wrote outside its arrays";
  if (found.unwritten > 0) return `${found.unwritten} elements of the output were never written`;
  if (found.notFinite > 0) return `${found.notFinite} elements of the output are not finite`;
  if (found.allZero) return "the output is all zero";
  if (found.error <= tolerance) return null;
  return `relative L2 error ${found.error.toExponential(2)} is above ${Number(tolerance.toPrecision(3))}`;
}
