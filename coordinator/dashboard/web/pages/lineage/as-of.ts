/** An ancestry as it stood at an earlier evaluation: results that came later are not known yet. */
import type { AncestryAnswer } from "../../../contract/candidates.ts";

type Graph = Pick<AncestryAnswer, "nodes" | "edges">;

/** @param at null for the present */
export function asOf<G extends Graph>(graph: G, at: number | null): G {
  if (at === null) return graph;
  const later = new Set(
    graph.nodes.flatMap(({ candidate, evaluation }) => (evaluation !== null && evaluation > at ? [candidate] : [])),
  );
  return {
    ...graph,
    nodes: graph.nodes.map((node) =>
      later.has(node.candidate) ? { ...node, evaluation: null, status: "pending", measured: null } : node,
    ),
    edges: graph.edges.map((edge) =>
      later.has(edge.child) || later.has(edge.parent) ? { ...edge, gain: null } : edge,
    ),
  };
}
