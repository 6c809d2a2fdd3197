/** Seeds of hidden inputs. Drawn by the coordinator, so that no island and no candidate chooses its own test. */
import { createHash } from "node:crypto";

/** 32 bits from the run's seed, the candidate and the round of re-measurement (0 in search). */
export function inputSeedOf(seed: number, candidate: string, round: number): number {
  return createHash("sha256").update(`${seed} ${candidate} ${round}`).digest().readUInt32LE();
}
