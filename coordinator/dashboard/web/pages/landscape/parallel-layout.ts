/** Lines of parallel coordinates: an axis for each parameter, the value last. */
import type { LandscapeAnswer } from "../../../contract/landscape.ts";
import type { Scale } from "../../draw/scale.ts";

type Lines = LandscapeAnswer["lines"];

export interface Axis {
  readonly parameter: string;
  /** Index into `parameters`, and so into a line's `at`. */
  readonly index: number;
  readonly values: readonly string[];
  readonly x: number;
}

export const PARALLEL = { height: 300, top: 46, bottom: 14, left: 56, right: 84, narrowest: 78 };
const INNER = PARALLEL.height - PARALLEL.top - PARALLEL.bottom;
/** Of the room of a value that its lines are spread over. */
const SPREAD = 0.62;

export function axesOf(
  parameters: LandscapeAnswer["parameters"],
  order: readonly string[],
  width: number,
): { readonly axes: readonly Axis[]; readonly valueX: number } {
  const shown = order.flatMap((name) => {
    const index = parameters.findIndex((parameter) => parameter.name === name);
    return index < 0 ? [] : [{ index, parameter: name, values: parameters[index]?.values ?? [] }];
  });
  const step = (width - PARALLEL.left - PARALLEL.right) / Math.max(1, shown.length);
  return {
    axes: shown.map((axis, at) => ({ ...axis, x: PARALLEL.left + at * step })),
    valueX: PARALLEL.left + shown.length * step,
  };
}

/** The middle of a value on its axis; the first value is at the bottom. */
export function valueY({ values }: Pick<Axis, "values">, at: number): number {
  const room = INNER / Math.max(1, values.length);
  return PARALLEL.top + INNER - (at + 0.5) * room;
}

/** By filter: the indices that are let through, by parameter; no entry lets all through. */
export type Filters = ReadonlyMap<string, ReadonlySet<number>>;

export function passes(line: Lines[number], axes: readonly Axis[], filters: Filters): boolean {
  return axes.every(({ parameter, index }) => filters.get(parameter)?.has(line.at[index] ?? -1) ?? true);
}

/**
 * The heights of each line at each axis. Lines with the same value of a parameter are spread over its room in the order of
 * the objective, so that one sees how many there are and which are good.
 * @param lines worst first
 */
export function heightsOf(lines: Lines, axes: readonly Axis[], value: Scale): Float32Array[] {
  const columns = axes.map((axis) => {
    const room = INNER / Math.max(1, axis.values.length);
    const counts = new Map<number, number>();
    for (const { at } of lines) counts.set(at[axis.index] ?? -1, (counts.get(at[axis.index] ?? -1) ?? 0) + 1);
    const seen = new Map<number, number>();
    return Float32Array.from(lines, ({ at }) => {
      const own = at[axis.index] ?? -1;
      if (own < 0) return Number.NaN;
      const rank = seen.get(own) ?? 0;
      seen.set(own, rank + 1);
      return valueY(axis, own) + (0.5 - (rank + 0.5) / (counts.get(own) ?? 1)) * room * SPREAD;
    });
  });
  return [...columns, Float32Array.from(lines, (line) => value.of(line.value))];
}
