/**
 * All valid configurations as a decision diagram: parameters are set one after the other, and partial configurations
 * that leave every rule in the same state are one node. Counting its paths is exact, and drawing one is uniform, also
 * where there are 10^12 of them. (Multi-valued decision diagrams; Andersen et al., A constraint store based on
 * multivalued decision diagrams, 2007.)
 */
import type { Random } from "../../random/random.ts";
import { type Rule, type RuleState, SATISFIED, VIOLATED } from "./rule.ts";

/** Values tried in all nodes together; beyond, rules share too little for a diagram to pay. About a second. */
const MAX_STEPS = 400_000;

export interface DecisionDiagram {
  /** Number of valid configurations, exact. */
  readonly count: bigint;
  /** A valid configuration, each with the same probability. */
  sample(random: Random): number[];
  /** Every valid configuration, lexicographic in the order of the diagram. */
  list(): number[][];
}

interface Node {
  /** By gene; null where no valid configuration follows. */
  readonly next: (Node | null)[];
  /** Valid configurations that begin here. */
  count: bigint;
}

/**
 * @param radices the number of values of each parameter, by position.
 * @param order the positions in the order in which they are set.
 * @returns null where the diagram would be too large.
 */
export function openDiagram(
  radices: readonly number[],
  order: readonly number[],
  rules: readonly Rule[],
): DecisionDiagram | null {
  const trackers = rules.map((rule) => rule.track(order));
  const readers = order.map((parameter) => rules.flatMap(({ reads }, at) => (reads.includes(parameter) ? [at] : [])));
  const leaf: Node = { next: [], count: 1n };
  type State = readonly (RuleState | typeof SATISFIED)[];
  const root: Node = { next: [], count: 0n };
  const layers: Node[][] = [];
  let layer = new Map<string, { node: Node; state: State }>([
    ["", { node: root, state: trackers.map((t) => t.start) }],
  ]);
  let steps = 0;

  for (const [depth, parameter] of order.entries()) {
    const following = new Map<string, { node: Node; state: State }>();
    const radix = radices[parameter] as number;
    for (const { node, state } of layer.values()) {
      steps += radix;
      if (steps > MAX_STEPS) return null;
      for (let gene = 0; gene < radix; gene++) {
        const next = stepAll(state, parameter, gene, readers[depth] as number[]);
        if (next === null) {
          node.next.push(null);
        } else if (depth === order.length - 1) {
          node.next.push(leaf);
        } else {
          const key = keyOf(next);
          let entry = following.get(key);
          if (entry === undefined) {
            entry = { node: { next: [], count: 0n }, state: next };
            following.set(key, entry);
          }
          node.next.push(entry.node);
        }
      }
    }
    layers.push([...layer.values()].map(({ node }) => node));
    layer = following;
  }

  function stepAll(state: State, parameter: number, gene: number, reading: readonly number[]): State | null {
    const next = [...state];
    for (const at of reading) {
      const before = state[at] as RuleState | typeof SATISFIED;
      if (before === SATISFIED) continue;
      const after = trackers[at]?.step(before, parameter, gene) ?? VIOLATED;
      if (after === VIOLATED) return null;
      next[at] = after;
    }
    return next;
  }

  for (const nodes of layers.toReversed()) {
    for (const node of nodes) {
      for (const [gene, child] of node.next.entries()) {
        if (child === null) continue;
        if (child.count === 0n) node.next[gene] = null;
        else node.count += child.count;
      }
    }
  }
  return {
    count: root.count,
    sample: (random) => walk(root, order, (node) => drawn(node, random)),
    list: () => listed(root, order),
  };
}

const keyOf = (state: readonly (RuleState | typeof SATISFIED)[]): string =>
  state.map((rule) => (rule === SATISFIED ? "" : rule.join(","))).join(";");

function walk(root: Node, order: readonly number[], choose: (node: Node) => number): number[] {
  const genes = new Array<number>(order.length).fill(0);
  let node = root;
  for (const parameter of order) {
    const gene = choose(node);
    genes[parameter] = gene;
    node = node.next[gene] as Node;
  }
  return genes;
}

/** A gene, each as likely as the share of configurations behind it. */
const drawn = (node: Node, random: Random): number =>
  random.weighted(node.next.map((child) => (child === null ? 0 : Number(child.count))));

function listed(root: Node, order: readonly number[]): number[][] {
  const found: number[][] = [];
  const genes = new Array<number>(order.length).fill(0);
  const descend = (node: Node, depth: number): void => {
    if (depth === order.length) {
      found.push([...genes]);
      return;
    }
    for (const [gene, child] of node.next.entries()) {
      if (child === null) continue;
      genes[order[depth] as number] = gene;
      descend(child, depth + 1);
    }
  };
  descend(root, 0);
  return found;
}
