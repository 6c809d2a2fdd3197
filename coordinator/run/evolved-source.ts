/** A run in which the kernel's code evolves: where it begins, and its evolved sources in the object store. */
import type { Bus } from "@kevo/core/bus/bus.ts";
import { UserError } from "@kevo/core/errors/user-error.ts";
import { codeHash } from "@kevo/core/evolved-source/edits.ts";
import { splitCode } from "@kevo/core/evolved-source/region.ts";
import { codeIn } from "@kevo/core/kernel/code-of.ts";
import type { KernelPackage } from "@kevo/core/kernel/load.ts";
import { languageOf } from "@kevo/core/kernel/names.ts";
import type { BatchRequest } from "@kevo/proto/messages/batch.ts";
import { eq } from "drizzle-orm";
import type { Refusal } from "../ledger/offer.ts";
import type { EvolvedSource } from "../ledger/records.ts";
import type { LineageDatabase } from "../lineage/database.ts";
import { candidates, evolvedSources } from "../lineage/schema.ts";

/** The kernel's own code. @throws UserError (code 2) when no region of it may evolve. */
export function evolvableCode(kernel: KernelPackage): EvolvedSource {
  const { id, source } = kernel.definition;
  const text = codeIn(kernel.definition, kernel.bytes);
  if (text === null)
    throw new UserError(`--evolve source: the kernel ${id} is a recorded space, which has no code.`, 2);
  const foreign = source?.endsWith(".cu") ? "CUDA C++" : source !== null && languageOf(source) === "C++" ? "C++" : null;
  if (foreign !== null) {
    throw new UserError(
      `--evolve source: ${source} of the kernel ${id} is ${foreign}, and what a model writes is checked in C and Python only. Omit --evolve source, or write the kernel in C.`,
      2,
    );
  }
  if (splitCode(text) === null) {
    throw new UserError(
      `--evolve source: ${source} of the kernel ${id} has no region that may evolve. Mark one with two comments, each alone on its line: EVOLVE-BEGIN and EVOLVE-END.`,
      2,
    );
  }
  return { hash: codeHash(text), text };
}

/** Stores the code for evaluators before they hear of the candidates. @throws BusError; nothing is stored then. */
export async function publishEvolvedSources(
  bus: Bus,
  { sources = {}, proposals }: Pick<BatchRequest, "sources" | "proposals">,
): Promise<Refusal | null> {
  const named = new Set(proposals.map(({ source }) => source));
  const offered = Object.entries(sources).filter(([hash]) => named.has(hash));
  for (const [hash, text] of offered) {
    if (codeHash(text) !== hash) {
      return { code: "missing_source", reason: `code was sent as ${hash} but has another hash` };
    }
  }
  for (const [hash, text] of offered) {
    await bus.putObject(hash, Buffer.from(text));
  }
  return null;
}

/** The evolved code of all candidates of the run. */
export function storedEvolvedSources(db: LineageDatabase, run: string): EvolvedSource[] {
  return db
    .selectDistinct({ hash: evolvedSources.hash, text: evolvedSources.text })
    .from(evolvedSources)
    .innerJoin(candidates, eq(candidates.source, evolvedSources.hash))
    .where(eq(candidates.run, run))
    .all();
}
