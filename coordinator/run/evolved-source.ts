/** A run in which the kernel's source evolves: where it begins, and its sources in the object store. */
import type { Bus } from "@kevo/core/bus/bus.ts";
import { UserError } from "@kevo/core/errors/user-error.ts";
import type { KernelPackage } from "@kevo/core/kernel/load.ts";
import { sourceIn } from "@kevo/core/kernel/source-of.ts";
import { sourceHash } from "@kevo/core/source/edits.ts";
import { splitSource } from "@kevo/core/source/region.ts";
import type { BatchRequest } from "@kevo/proto/messages/batch.ts";
import { eq } from "drizzle-orm";
import type { EvolvedSource } from "../ledger/records.ts";
import type { LineageDatabase } from "../lineage/database.ts";
import { candidates, sources } from "../lineage/schema.ts";

/** The kernel's own source. @throws UserError (code 2) when no region of it may evolve. */
export function evolvableSource(kernel: KernelPackage): EvolvedSource {
  const { id, source } = kernel.definition;
  const text = sourceIn(kernel.definition, kernel.bytes);
  if (text === null) throw new UserError(`--evolve source: the kernel ${id} is a recording; there is no source.`, 2);
  if (splitSource(text) === null) {
    throw new UserError(
      `--evolve source: ${source} of the kernel ${id} has no region that may evolve. Mark one with two comments, each alone on its line: EVOLVE-BEGIN and EVOLVE-END.`,
      2,
    );
  }
  return { hash: sourceHash(text), text };
}

/** Where evaluators find them, before anybody is told of the candidates. @throws BusError; nothing is stored then. */
export async function publishSources(bus: Bus, offered: NonNullable<BatchRequest["sources"]>): Promise<string | null> {
  for (const [hash, text] of Object.entries(offered)) {
    if (sourceHash(text) !== hash) return `a source was sent as ${hash} and has another hash`;
    await bus.putObject(hash, Buffer.from(text));
  }
  return null;
}

/** Every source that the run's candidates have. */
export function storedSources(db: LineageDatabase, run: string): EvolvedSource[] {
  return db
    .selectDistinct({ hash: sources.hash, text: sources.text })
    .from(sources)
    .innerJoin(candidates, eq(candidates.source, sources.hash))
    .where(eq(candidates.run, run))
    .all();
}
