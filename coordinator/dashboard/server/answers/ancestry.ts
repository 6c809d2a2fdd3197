/** `candidates/*id/ancestry`. */
import type { Ancestor, AncestryAnswer, Descent } from "../../contract/candidates.ts";
import { changesBetween, gainOf } from "../../model/changes.ts";
import { standings } from "../read/measured.ts";
import type { Reader } from "../read/reader.ts";
import { findCandidate } from "./candidate.ts";

const MAX_NODES = 500;

export function ancestryAnswer(reader: Reader, id: string, depth: number): AncestryAnswer {
  const { context, row } = findCandidate(reader, id);
  const { run, view, about } = context;
  const { table } = view;
  const parentsOf = reader.lineage.sqlite
    .prepare("select parent from parents where candidate = ? order by position")
    .pluck();
  const childrenOf = reader.lineage.sqlite.prepare("select count(*) from parents where parent = ?").pluck();
  const source = reader.lineage.sqlite.prepare("select source from candidates where id = ?").pluck();

  /** Iteration over a Map includes entries added meanwhile: breadth-first. */
  const depths = new Map<number, number>([[row, 0]]);
  const links: { child: number; parent: number }[] = [];
  for (const [child, generation] of depths) {
    for (const parent of parentsOf.all(table.idOf(child)) as string[]) {
      const found = table.rowOf(parent);
      if (found === null) continue;
      links.push({ child, parent: found });
      if (!depths.has(found)) depths.set(found, generation + 1);
    }
  }
  const kept = [...depths].filter(([, generation]) => generation <= depth).slice(0, MAX_NODES);
  const shown = new Set(kept.map(([one]) => one));
  const measured = standings(reader, run, view, [...shown]);
  const nodes = kept.map(
    ([one, generation]): Ancestor => ({
      candidate: table.idOf(one),
      depth: generation,
      island: table.island.get(one),
      batch: table.batch.get(one),
      evaluation: table.evaluation.get(one) || null,
      proposer: table.proposerOf(one),
      status: view.outcomeOf(one) ?? "pending",
      migrant: table.origins.has(one),
      measured: measured.get(one) ?? null,
      config: table.configOf(one),
      children: childrenOf.get(table.idOf(one)) as number,
    }),
  );
  const edges = links
    .filter(({ child, parent }) => shown.has(child) && shown.has(parent))
    .map(
      ({ child, parent }): Descent => ({
        parent: table.idOf(parent),
        child: table.idOf(child),
        changes: changesBetween(table, parent, child),
        code_changed: source.get(table.idOf(parent)) !== source.get(table.idOf(child)),
        gain: gainOf(view, parent, child),
      }),
    );
  return { about, candidate: id, nodes, edges, total: depths.size - 1 };
}
