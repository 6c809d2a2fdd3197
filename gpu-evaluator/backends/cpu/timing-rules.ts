/** Rules of timing a candidate that hold for every effort (`core/effort`). */

/** Rounds after which a candidate may be called clearly slower. */
export const ROUNDS_BEFORE_STOP = 2;
/** Clearly slower: below this share of the best speedup, by the least times so far. */
export const CLEARLY_SLOWER = 0.6;
/** An interval this narrow (high / low - 1) needs no more rounds; a wider one gets up to this many times the rounds. */
export const NARROW = 0.08;
export const NOISY_FACTOR = 2;
/** So slow already while verified (times the baseline) that one round says enough. */
export const HOPELESS = 5;
/** Inputs that differ by seed, all of which a candidate must get right before it is timed. */
export const VERIFICATION_SEEDS = 3;
/** Known answers that a candidate first meets among its timed calls. */
export const UNSEEN = 2;
/** Prepared inputs of each workload that searches draw from: those verified, and those unseen. */
export const POOL = VERIFICATION_SEEDS + UNSEEN;
