/** A candidate of a stored run, as much of it as taking the run up again needs. */
import type { AcceptedCandidate } from "./records.ts";
import type { Verdict } from "./verdict.ts";

export interface StoredCandidate extends Pick<AcceptedCandidate, "id" | "island" | "genome" | "source" | "answeredBy"> {
  /** Of its own evaluation, or of the one that answers it; null while that is to come. */
  readonly answer: Pick<Verdict, "outcome" | "fitness" | "time_ms"> | null;
  /** Whether its island's log has its result. */
  readonly logged: boolean;
  /** All of it, to be evaluated. */
  readonly whole: () => AcceptedCandidate;
}
