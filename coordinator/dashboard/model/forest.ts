/**
 * A random forest of regression trees over the ranks of parameters' values, and what each parameter explains alone:
 * functional analysis of variance (Hutter, Hoos, Leyton-Brown, 2014). A tree divides the whole grid of values into boxes,
 * so its variance over that grid, and the part of it that one parameter explains, are sums over the leaves.
 */
import { labelledRandom, type Random } from "@kevo/core/random/random.ts";

const TREES = 24;
const MIN_LEAF = 3;
const MAX_DEPTH = 24;
/** Share of the parameters that a split may choose among. */
const CHOSEN = 5 / 6;
/** Longer parameters are binned. */
const MAX_LEVELS = 64;

interface Leaf {
  readonly mean: number;
  /** Of each parameter, the first level of the box and the one after its last. */
  readonly low: Uint16Array;
  readonly high: Uint16Array;
}

type Node = Leaf | { readonly parameter: number; readonly split: number; readonly below: Node; readonly above: Node };

interface Tree {
  readonly root: Node;
  readonly leaves: readonly Leaf[];
}

export interface Samples {
  /** For each sample, the rank of each parameter's value. */
  readonly ranks: readonly Int32Array[];
  readonly values: Float64Array;
  /** How many values each parameter has. */
  readonly sizes: readonly number[];
}

export interface Importance {
  /** Of each parameter, its share of the variance: mean, and the 10th and 90th percentile over the trees. */
  readonly shares: readonly { readonly mean: number; readonly low: number; readonly high: number }[];
  /** Of predictions of samples that a tree has not seen; null where there is nothing to predict. */
  readonly r2: number | null;
}

export function importanceIn(samples: Samples, label: string): Importance {
  const levels = samples.sizes.map((size) => Math.min(size, MAX_LEVELS));
  const codes = samples.ranks.map((own) =>
    Uint16Array.from(own, (rank, at) => Math.floor((rank * (levels[at] as number)) / (samples.sizes[at] as number))),
  );
  const random = labelledRandom(`importance/${label}`);
  const count = codes.length;
  const sums = new Float64Array(count);
  const unseen = new Uint16Array(count);
  const shares: number[][] = levels.map(() => []);
  for (let n = 0; n < TREES; n++) {
    const drawn = Array.from({ length: count }, () => random.integer(count));
    const tree = grow({ codes, values: samples.values, levels, random }, drawn);
    const own = explained(tree, levels);
    for (const [at, share] of own.entries()) shares[at]?.push(share);
    const seen = new Set(drawn);
    for (let at = 0; at < count; at++) {
      if (seen.has(at)) continue;
      sums[at] = (sums[at] as number) + predict(tree.root, codes[at] as Uint16Array);
      unseen[at] = (unseen[at] as number) + 1;
    }
  }
  return { shares: shares.map(summarise), r2: fit(samples.values, sums, unseen) };
}

interface Growing {
  readonly codes: readonly Uint16Array[];
  readonly values: Float64Array;
  readonly levels: readonly number[];
  readonly random: Random;
}

function grow(growing: Growing, drawn: readonly number[]): Tree {
  const leaves: Leaf[] = [];
  const low = new Uint16Array(growing.levels.length);
  const high = Uint16Array.from(growing.levels);
  const root = node(growing, drawn, low, high, 0, leaves);
  return { root, leaves };
}

function node(
  growing: Growing,
  rows: readonly number[],
  low: Uint16Array,
  high: Uint16Array,
  depth: number,
  leaves: Leaf[],
): Node {
  const split = rows.length < 2 * MIN_LEAF || depth === MAX_DEPTH ? null : bestSplit(growing, rows, low, high);
  if (split === null) {
    const mean = rows.reduce((sum, row) => sum + (growing.values[row] as number), 0) / rows.length;
    const leaf = { mean, low, high };
    leaves.push(leaf);
    return leaf;
  }
  const { parameter, at } = split;
  const isBelow = (row: number) => ((growing.codes[row] as Uint16Array)[parameter] as number) < at;
  const below = node(growing, rows.filter(isBelow), low, high.with(parameter, at), depth + 1, leaves);
  const above = node(
    growing,
    rows.filter((row) => !isBelow(row)),
    low.with(parameter, at),
    high,
    depth + 1,
    leaves,
  );
  return { parameter, split: at, below, above };
}

const sums = new Float64Array(MAX_LEVELS);
const counts = new Float64Array(MAX_LEVELS);

/** The split that leaves the least variance; null where none leaves less. */
function bestSplit(
  { codes, values, levels, random }: Growing,
  rows: readonly number[],
  low: Uint16Array,
  high: Uint16Array,
): { parameter: number; at: number } | null {
  let total = 0;
  for (const row of rows) total += values[row] as number;
  let best: { parameter: number; at: number } | null = null;
  let most = (total * total) / rows.length + 1e-12;
  for (let parameter = 0; parameter < levels.length; parameter++) {
    if (levels.length > 2 && random.uniform() > CHOSEN) continue;
    const [from, to] = [low[parameter] as number, high[parameter] as number];
    if (to - from < 2) continue;
    sums.fill(0, from, to);
    counts.fill(0, from, to);
    for (const row of rows) {
      const code = (codes[row] as Uint16Array)[parameter] as number;
      sums[code] = (sums[code] as number) + (values[row] as number);
      counts[code] = (counts[code] as number) + 1;
    }
    let [sum, count] = [0, 0];
    for (let at = from + 1; at < to; at++) {
      sum += sums[at - 1] as number;
      count += counts[at - 1] as number;
      const rest = rows.length - count;
      if (count < MIN_LEAF || rest < MIN_LEAF) continue;
      const gain = (sum * sum) / count + ((total - sum) * (total - sum)) / rest;
      if (gain > most) {
        most = gain;
        best = { parameter, at };
      }
    }
  }
  return best;
}

function predict(root: Node, codes: Uint16Array): number {
  let at = root;
  while ("parameter" in at) at = (codes[at.parameter] as number) < at.split ? at.below : at.above;
  return at.mean;
}

/** Of each parameter, the variance of the tree's mean along it as a share of the tree's variance over the grid. */
function explained({ leaves }: Tree, levels: readonly number[]): number[] {
  const shareOf = (leaf: Leaf, at: number) =>
    ((leaf.high[at] as number) - (leaf.low[at] as number)) / (levels[at] as number);
  const weights = leaves.map((leaf) => levels.reduce((product, _, at) => product * shareOf(leaf, at), 1));
  const mean = leaves.reduce((sum, leaf, n) => sum + (weights[n] as number) * leaf.mean, 0);
  const variance = leaves.reduce((sum, leaf, n) => sum + (weights[n] as number) * (leaf.mean - mean) ** 2, 0);
  return levels.map((size, at) => {
    if (!(variance > 0)) return 0;
    const marginal = new Float64Array(size);
    for (const [n, leaf] of leaves.entries()) {
      const others = (weights[n] as number) / shareOf(leaf, at);
      for (let level = leaf.low[at] as number; level < (leaf.high[at] as number); level++) {
        marginal[level] = (marginal[level] as number) + others * leaf.mean;
      }
    }
    return marginal.reduce((sum, value) => sum + (value - mean) ** 2, 0) / size / variance;
  });
}

function summarise(shares: readonly number[]): Importance["shares"][number] {
  const sorted = shares.toSorted((a, b) => a - b);
  const quantile = (q: number) => sorted[Math.round(q * (sorted.length - 1))] ?? 0;
  return {
    mean: shares.reduce((sum, share) => sum + share, 0) / shares.length,
    low: quantile(0.1),
    high: quantile(0.9),
  };
}

function fit(values: Float64Array, predicted: Float64Array, unseen: Uint16Array): number | null {
  let [n, sum] = [0, 0];
  for (const [at, value] of values.entries()) {
    if (unseen[at] === 0) continue;
    n++;
    sum += value;
  }
  if (n < 2) return null;
  const mean = sum / n;
  let [left, all] = [0, 0];
  for (const [at, value] of values.entries()) {
    if (unseen[at] === 0) continue;
    left += (value - (predicted[at] as number) / (unseen[at] as number)) ** 2;
    all += (value - mean) ** 2;
  }
  return all > 0 ? 1 - left / all : null;
}
