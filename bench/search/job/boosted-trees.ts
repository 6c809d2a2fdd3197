/**
 * Gradient-boosted regression trees (Friedman, 2001) on rows of small codes: squared error, splits by histogram. They
 * predict the unmeasured configurations. Equal data give equal bits.
 */
import { labelledRandom } from "@kevo/core/random/random.ts";

export interface Column {
  readonly levels: number;
  /** Whether a split is between neighbouring levels; else it may be between any two sets of levels. */
  readonly ordered: boolean;
}

export interface TreeOptions {
  readonly trees: number;
  readonly depth: number;
  /** Share of each tree that is believed. */
  readonly rate: number;
  /** Fewest rows of a leaf. */
  readonly leaf: number;
  /** Share of the rows that a tree is grown on, drawn again for each. */
  readonly sample: number;
  readonly label: string;
}

export interface Trees {
  predict(row: Uint8Array): number;
}

/** Flat nodes: of an inner one, its column, its left levels as bits, and its children; of a leaf, its value. */
interface Tree {
  readonly column: number[];
  readonly left: number[];
  readonly children: number[];
  readonly value: number[];
}

/** At most 32 levels a column, so that a set of them fits a number. */
export function growTrees(
  columns: readonly Column[],
  rows: readonly Uint8Array[],
  values: readonly number[],
  options: TreeOptions,
): Trees {
  if (columns.some(({ levels }) => levels > 32)) throw new RangeError("trees take columns of at most 32 levels");
  const base = values.reduce((sum, value) => sum + value, 0) / values.length;
  const residual = Float64Array.from(values, (value) => value - base);
  const random = labelledRandom(options.label);
  const trees: Tree[] = [];
  for (let count = 0; count < options.trees; count++) {
    const drawn: number[] = [];
    for (let row = 0; row < rows.length; row++) if (random.uniform() < options.sample) drawn.push(row);
    const tree: Tree = { column: [], left: [], children: [], value: [] };
    grow(tree, columns, rows, residual, drawn, options, 0);
    for (const [at, row] of rows.entries()) residual[at] = (residual[at] as number) - valueIn(tree, row);
    trees.push(tree);
  }
  return { predict: (row) => trees.reduce((sum, tree) => sum + valueIn(tree, row), base) };
}

/** @returns the number of the node that it added. */
function grow(
  tree: Tree,
  columns: readonly Column[],
  rows: readonly Uint8Array[],
  residual: Float64Array,
  members: readonly number[],
  options: TreeOptions,
  depth: number,
): number {
  const node = tree.value.length;
  const sum = members.reduce((total, row) => total + (residual[row] as number), 0);
  tree.column.push(-1);
  tree.left.push(0);
  tree.children.push(0, 0);
  tree.value.push(members.length === 0 ? 0 : (options.rate * sum) / members.length);
  if (depth === options.depth || members.length < 2 * options.leaf) return node;
  const split = bestSplit(columns, rows, residual, members, sum, options.leaf);
  if (split === null) return node;
  const side = (isLeft: boolean) =>
    members.filter(
      (row) => ((split.left >>> ((rows[row] as Uint8Array)[split.column] as number)) & 1) === Number(isLeft),
    );
  tree.column[node] = split.column;
  tree.left[node] = split.left;
  tree.children[2 * node] = grow(tree, columns, rows, residual, side(true), options, depth + 1);
  tree.children[2 * node + 1] = grow(tree, columns, rows, residual, side(false), options, depth + 1);
  return node;
}

function bestSplit(
  columns: readonly Column[],
  rows: readonly Uint8Array[],
  residual: Float64Array,
  members: readonly number[],
  sum: number,
  leaf: number,
): { column: number; left: number } | null {
  let best: { column: number; left: number } | null = null;
  let bestGain = (sum * sum) / members.length + 1e-12;
  for (const [column, { levels, ordered }] of columns.entries()) {
    const counts = new Float64Array(levels);
    const sums = new Float64Array(levels);
    for (const row of members) {
      const level = (rows[row] as Uint8Array)[column] as number;
      counts[level] = (counts[level] as number) + 1;
      sums[level] = (sums[level] as number) + (residual[row] as number);
    }
    const present = Array.from({ length: levels }, (_, level) => level).filter(
      (level) => (counts[level] as number) > 0,
    );
    // The best of all subsets is a beginning of the levels in the order of their means (Fisher, 1958).
    const meanOf = (level: number) => (sums[level] as number) / (counts[level] as number);
    if (!ordered) present.sort((a, b) => meanOf(a) - meanOf(b) || a - b);
    let [left, count, total] = [0, 0, 0];
    for (const level of present.slice(0, -1)) {
      left |= 1 << level;
      count += counts[level] as number;
      total += sums[level] as number;
      const rest = members.length - count;
      if (count < leaf || rest < leaf) continue;
      const gain = (total * total) / count + ((sum - total) * (sum - total)) / rest;
      if (gain > bestGain) {
        bestGain = gain;
        best = { column, left };
      }
    }
  }
  return best;
}

function valueIn({ column, left, children, value }: Tree, row: Uint8Array): number {
  let node = 0;
  for (;;) {
    const at = column[node] as number;
    if (at < 0) return value[node] as number;
    const isLeft = ((left[node] as number) >>> (row[at] as number)) & 1;
    node = children[2 * node + 1 - isLeft] as number;
  }
}
