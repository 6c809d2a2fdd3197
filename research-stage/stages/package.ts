/** Stage 7, second half: the best kernel as production code, by the coordinator's export. */
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { exportRun } from "@kevo/coordinator/export/export-run.ts";
import { resolveRun } from "@kevo/coordinator/lineage/queries/resolve.ts";
import { openReadOnly } from "@kevo/coordinator/lineage/read-only.ts";
import type { Gap, Idea, Optimisation } from "../findings/findings.ts";
import type { Session } from "../session/session.ts";

/** @returns the package's folder, relative to the run's; null where nothing was measured. */
export async function packageStage(
  session: Session,
  lineage: string,
  best: { readonly optimisation: Optimisation; readonly idea: Idea; readonly gaps: readonly Gap[] } | null,
): Promise<string | null> {
  if (best === null) return null;
  const name = "package";
  const out = join(session.folder, name);
  // An earlier session may have been cut off in the middle of it.
  if (existsSync(out)) rmSync(out, { recursive: true });
  const open = openReadOnly(lineage);
  try {
    await exportRun(open.db, resolveRun(open.db, best.optimisation.run), out, { notes: notes(session, best) });
  } finally {
    open.close();
  }
  return name;
}

function notes(session: Session, { idea, gaps }: { readonly idea: Idea; readonly gaps: readonly Gap[] }): string[] {
  const answered = gaps.filter(({ id }) => idea.gaps.includes(id));
  const synthetic = session.options.synthetic
    ? ["**Synthetic demonstration: the literature behind it is invented.**"]
    : [];
  return [
    ...synthetic,
    "## Origin",
    `Research run \`${session.run}\` on “${session.options.domain}”, idea \`${idea.id}\`: ${idea.title}. ${idea.novelty}`,
    ...answered.map(
      ({ id, title, records }) => `It answers the gap \`${id}\`, ${title}, which rests on ${records.join(", ")}.`,
    ),
  ];
}
