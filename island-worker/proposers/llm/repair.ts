/**
 * Converts a language model's configuration to one of the space. An obvious meaning is accepted: `"64"` becomes 64, and
 * a value between two allowed ones the nearer. So is the valid configuration that is nearer than all others that differ
 * in one parameter. Everything else is returned as a message.
 */
import { compileConstraint } from "@kevo/core/search-space/constraint.ts";
import type { SpaceParameter } from "@kevo/core/search-space/parameter.ts";
import type { Genes, SearchSpace } from "@kevo/core/search-space/search-space.ts";

export type Repaired =
  /** Describes `changes`, such as `ROWS 6 → 8`; empty where nothing was changed. */
  { readonly genes: Genes; readonly changes: readonly string[] } | { readonly genes: null; readonly why: string };

/** Numbers this many times beyond the range of a parameter's values mean nothing. */
const BEYOND = 2;
/** Distance of a change in an unordered parameter, in steps of an ordered one. */
const UNORDERED_STEPS = 2;

/** @param base what parameters that are missing are taken from; null: none may be missing. */
export function repair(space: SearchSpace, written: Readonly<Record<string, unknown>>, base: Genes | null): Repaired {
  const changes: string[] = [];
  const genes: number[] = [];
  for (const [at, parameter] of space.parameters.entries()) {
    const value = Object.hasOwn(written, parameter.name) ? written[parameter.name] : undefined;
    const missing = value === undefined || value === null;
    const gene = missing ? (base?.[at] ?? null) : meant(value, parameter);
    if (gene === null) return { genes: null, why: notAllowed(parameter, missing ? undefined : value) };
    genes.push(gene);
    if (JSON.stringify(parameter.values[gene]) !== JSON.stringify(value)) {
      changes.push(change(parameter, missing ? "missing" : value, gene));
    }
  }
  if (space.isValid(genes)) return { genes, changes };
  const nearest = nearestValid(space, genes);
  if (nearest === null) return { genes: null, why: brokenBy(space, genes) };
  const at = nearest.findIndex((gene, index) => gene !== genes[index]);
  const parameter = space.parameters[at] as SpaceParameter;
  changes.push(change(parameter, parameter.values[genes[at] as number], nearest[at] as number));
  return { genes: nearest, changes };
}

/** The one valid configuration that is nearest among those that differ in one parameter; null where two are. */
export function nearestValid(space: SearchSpace, genes: Genes): Genes | null {
  let nearest: Genes | null = null;
  let fewest = Number.POSITIVE_INFINITY;
  for (const neighbour of space.neighbours(genes)) {
    const steps = stepsBetween(space, genes, neighbour);
    if (steps === fewest) nearest = null;
    if (steps < fewest) {
      nearest = neighbour;
      fewest = steps;
    }
  }
  return nearest;
}

export function stepsBetween(space: SearchSpace, a: Genes, b: Genes): number {
  return space.parameters.reduce((sum, { ordered }, at) => {
    const distance = Math.abs((a[at] as number) - (b[at] as number));
    return sum + (ordered || distance === 0 ? distance : UNORDERED_STEPS);
  }, 0);
}

/** Index of the value that was meant; null where that is not plain. */
function meant(value: unknown, { values }: SpaceParameter): number | null {
  const exact = indexOfText(values, JSON.stringify(value));
  if (exact !== null) return exact;
  if (typeof value === "string") {
    const text = value.trim().toLowerCase();
    const alike = [...values.keys()].filter((at) => String(values[at]).toLowerCase() === text);
    if (alike.length === 1) return alike[0] as number;
    return text === "" || Number.isNaN(Number(text)) ? null : nearestNumber(Number(text), values);
  }
  if (typeof value === "boolean") return indexOfText(values, String(Number(value)));
  if (typeof value !== "number") return null;
  if (values.every((allowed) => typeof allowed === "boolean")) {
    return value === 0 || value === 1 ? indexOfText(values, String(value === 1)) : null;
  }
  return nearestNumber(value, values);
}

function nearestNumber(value: number, values: readonly unknown[]): number | null {
  const numbers = values.filter((allowed) => typeof allowed === "number");
  if (numbers.length !== values.length || !Number.isFinite(value)) return null;
  const [low, high] = [Math.min(...numbers), Math.max(...numbers)];
  const slack = (high - low) * (BEYOND - 1);
  if (value > high + slack || value < low - slack) return null;
  const distances = numbers.map((allowed) => Math.abs(allowed - value));
  const least = Math.min(...distances);
  const nearest = [...distances.keys()].filter((at) => distances[at] === least);
  return nearest.length === 1 ? (nearest[0] as number) : null;
}

function indexOfText(values: readonly unknown[], text: string | undefined): number | null {
  const at = values.findIndex((allowed) => JSON.stringify(allowed) === text);
  return at < 0 ? null : at;
}

function change({ name, values }: SpaceParameter, from: unknown, to: number): string {
  return `${name} ${shown(from)} → ${shown(values[to])}`;
}

function notAllowed({ name, values }: SpaceParameter, value: unknown): string {
  const allowed = values.slice(0, 12).map(shown).join(", ");
  const more = values.length > 12 ? `, … (${values.length} in all)` : "";
  return value === undefined
    ? `${name} is missing; allowed are ${allowed}${more}`
    : `${name} = ${shown(value)} is not allowed; allowed are ${allowed}${more}`;
}

function brokenBy({ definition, parameters }: SearchSpace, genes: Genes): string {
  const broken = definition.constraints.filter((text) => !compileConstraint(text, parameters).holds(genes));
  if (broken.length === 0) return "this combination is not one of the recorded ones";
  return `it breaks ${broken.map((text) => `"${text}"`).join(" and ")}`;
}

function shown(value: unknown): string {
  const text = typeof value === "string" ? value : (JSON.stringify(value) ?? String(value));
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
