/**
 * The columns of an ancestry: each candidate stands right of all its parents, the focused one rightmost. An edge that
 * spans several columns passes through way points, one in each column between, so that it meets no card.
 */

export interface Descent {
  readonly id: string;
  readonly parents: readonly string[];
}

/** A place in a column: a candidate, or a way point of an edge. */
export interface Place {
  readonly key: string;
  /** Null for a way point. */
  readonly id: string | null;
  readonly column: number;
}

/** From one column to the next. */
interface Segment {
  readonly from: string;
  readonly to: string;
}

interface Edge {
  readonly parent: string;
  readonly child: string;
  /** Keys of the places that it passes, its ends included. */
  readonly path: readonly string[];
}

export interface Generations {
  readonly columns: readonly (readonly Place[])[];
  readonly edges: readonly Edge[];
  readonly segments: readonly Segment[];
}

/** Parents that are not among the candidates are left out. */
export function generationsOf(candidates: readonly Descent[]): Generations {
  const known = new Map(candidates.map((candidate) => [candidate.id, candidate]));
  const parentsOf = (id: string) => [...new Set(known.get(id)?.parents)].filter((parent) => known.has(parent));
  const back = stepsBack(candidates, parentsOf);
  const last = Math.max(0, ...back.values());
  const columnOf = (id: string) => last - (back.get(id) ?? 0);
  const columns: Place[][] = Array.from({ length: last + 1 }, () => []);
  const place = (key: string, id: string | null, column: number) => {
    columns[column]?.push({ key, id, column });
    return key;
  };
  for (const { id } of candidates) place(id, id, columnOf(id));
  const edges: Edge[] = [];
  for (const { id } of candidates) {
    for (const parent of parentsOf(id)) {
      const [from, to] = [columnOf(parent), columnOf(id)];
      if (from >= to) continue;
      const between = Array.from({ length: to - from - 1 }, (_, step) => from + 1 + step);
      const way = between.map((column) => place(`${parent}>${id}@${column}`, null, column));
      edges.push({ parent, child: id, path: [parent, ...way, id] });
    }
  }
  const segments = edges.flatMap(({ path }) => path.slice(1).map((to, at) => ({ from: path[at] as string, to })));
  return { columns: ordered(columns, segments), edges, segments };
}

/** The most steps from a candidate to the end of its descent; a circle, which no log holds, ends the walk. */
function stepsBack(candidates: readonly Descent[], parentsOf: (id: string) => string[]): Map<string, number> {
  const steps = new Map(candidates.map(({ id }) => [id, 0]));
  for (let round = 0; round < candidates.length; round++) {
    let moved = false;
    for (const { id } of candidates) {
      const least = (steps.get(id) ?? 0) + 1;
      for (const parent of parentsOf(id)) {
        if ((steps.get(parent) ?? 0) >= least) continue;
        steps.set(parent, least);
        moved = true;
      }
    }
    if (!moved) break;
  }
  return steps;
}

const SWEEPS = 6;

/** Each column in the order of its neighbours' mean places, swept to and fro: few edges cross then. */
function ordered(columns: readonly (readonly Place[])[], segments: readonly Segment[]): Place[][] {
  const before = Map.groupBy(segments, ({ to }) => to);
  const after = Map.groupBy(segments, ({ from }) => from);
  const rank = new Map<string, number>();
  let current = columns.map((column) => [...column]);
  const settle = (column: readonly Place[]) => {
    for (const [at, { key }] of column.entries()) rank.set(key, at / Math.max(1, column.length - 1));
  };
  for (const column of current) settle(column);
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    const forwards = sweep % 2 === 1;
    const sorted = (column: readonly Place[]) => {
      const weights = new Map(
        column.map(({ key }) => {
          const near = forwards
            ? (before.get(key) ?? []).map(({ from }) => from)
            : (after.get(key) ?? []).map(({ to }) => to);
          const ranks = near.map((other) => rank.get(other) ?? 0);
          const mean = ranks.reduce((sum, one) => sum + one, 0) / ranks.length;
          return [key, ranks.length === 0 ? (rank.get(key) ?? 0) : mean];
        }),
      );
      const next = column.toSorted((a, b) => (weights.get(a.key) ?? 0) - (weights.get(b.key) ?? 0));
      settle(next);
      return next;
    };
    current = forwards ? current.map(sorted) : current.toReversed().map(sorted).toReversed();
  }
  return current;
}
