/** Whether a repetition is one. */
import { eq } from "drizzle-orm";
import type { LineageDatabase } from "../lineage/database.ts";
import { candidates } from "../lineage/schema.ts";
import { placeOf } from "./place.ts";

/** Candidates of both runs, and how many of them are the same in the same place. */
export function sameCandidates(
  db: LineageDatabase,
  run: string,
  recorded: string,
): { candidates: number; same: number } {
  const read = (id: string) =>
    new Map(
      db
        .select({ id: candidates.id, genome: candidates.genome, proposer: candidates.proposer })
        .from(candidates)
        .where(eq(candidates.run, id))
        .all()
        .map((row) => [placeOf(row.id), `${row.genome} ${row.proposer}`]),
    );
  const [own, theirs] = [read(run), read(recorded)];
  const same = [...theirs].filter(([place, what]) => own.get(place) === what).length;
  return { candidates: Math.max(own.size, theirs.size), same };
}
