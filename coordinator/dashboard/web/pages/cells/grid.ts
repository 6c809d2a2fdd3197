/**
 * Rows and columns of a heat map, from the workloads' names alone: `models/llama-3.2-1b/s512` and `w64-l256` say their
 * axes by how they are written.
 */

export interface Grid {
  readonly rows: readonly string[];
  readonly columns: readonly string[];
  /** By row and column; null where there is no such workload. */
  readonly at: readonly (readonly (string | null)[])[];
}

/** Coarse ones first: a hyphen within a model's name separates nothing where slashes do. */
const SEPARATORS = ["/", ",", " ", "_", "-"] as const;

/**
 * The last part in which the names differ makes the columns, the parts before it the rows. Names that are not written
 * alike stand in one column.
 */
export function gridOf(workloads: readonly string[]): Grid {
  for (const separator of SEPARATORS) {
    const grid = separated(workloads, separator);
    if (grid !== undefined) return grid;
  }
  const rows = [...workloads].sort(inOrder.compare);
  return { rows, columns: [""], at: rows.map((workload) => [workload]) };
}

function separated(workloads: readonly string[], separator: string): Grid | undefined {
  const split = workloads.map((name) => name.split(separator));
  const [first] = split;
  if (first === undefined || split.some((parts) => parts.length !== first.length)) return undefined;
  const differing = first.flatMap((_, at) => (new Set(split.map((parts) => parts[at])).size > 1 ? [at] : []));
  const last = differing.at(-1);
  if (last === undefined || differing.length < 2) return undefined;
  const cells = new Map<string, Map<string, string>>();
  for (const [at, workload] of workloads.entries()) {
    const parts = split[at] as string[];
    const row = differing.slice(0, -1).map((part) => parts[part]);
    const name = row.join(separator);
    const own = cells.get(name) ?? new Map<string, string>();
    cells.set(name, own.set(parts[last] as string, workload));
  }
  const columns = [...new Set([...cells.values()].flatMap((row) => [...row.keys()]))].sort(inOrder.compare);
  const rows = [...cells.keys()].sort(inOrder.compare);
  // A grid with more gaps than workloads says less than a list.
  if (rows.length * columns.length > 2 * workloads.length) return undefined;
  return { rows, columns, at: rows.map((row) => columns.map((column) => cells.get(row)?.get(column) ?? null)) };
}

const inOrder = new Intl.Collator("en", { numeric: true });
