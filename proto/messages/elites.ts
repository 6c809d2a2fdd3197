/** `kevo.<run>.island.<i>.elites`: the best of an island, offered to the islands that its topology names. */
import { z } from "zod";
import { candidateId } from "../log.ts";
import { config } from "../search-space.ts";
import { WIRE_VERSION } from "../version.ts";

const elite = z.object({
  /** The candidate that was evaluated; its id names its island. */
  candidate: candidateId,
  config,
  /** SHA-256 of evolved source; null while only the configuration evolves. */
  source: z.string().nullable(),
  genome: z.string(),
  /** On the origin's niche; larger is better. Not comparable across niches. */
  fitness: z.number(),
});
export type Elite = z.infer<typeof elite>;

export const elitesMessage = z.object({
  v: z.literal(WIRE_VERSION),
  run: z.string(),
  island: z.int().nonnegative(),
  /** The origin's latest accepted batch when it was sent. */
  k: z.int().nonnegative(),
  /** Distinct genomes, best first. */
  elites: z.array(elite),
});
export type ElitesMessage = z.infer<typeof elitesMessage>;
