/** The state of one island. */
import type { SearchSpace } from "@kevo/core/search-space/search-space.ts";
import type { Candidate } from "@kevo/proto/log.ts";
import type { RunSpec } from "@kevo/proto/run.ts";
import type { Credit } from "./bandit.ts";
import type { Member } from "./population/population.ts";

export interface Island {
  readonly run: string;
  readonly index: number;
  readonly spec: RunSpec;
  readonly space: SearchSpace;
  /** Number of the next entry of its log. */
  next: number;
  /** Number of its next batch. */
  batches: number;
  /** Best first, distinct genomes. */
  population: readonly Member[];
  credit: Credit;
  /** Results since the best improved. */
  stagnant: number;
  /** Candidates without a result, by id. */
  readonly pending: Map<string, Candidate>;
  /** Ids of elites of other islands that were taken in. */
  readonly takenIn: Set<string>;
}
