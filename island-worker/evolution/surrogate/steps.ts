/**
 * Long work in small steps: a generator that yields between them and returns the result, which does not depend on
 * when the steps are taken.
 */

/** Takes all steps that are left. */
export function finished<T>(work: Generator<void, T>): T {
  for (;;) {
    const step = work.next();
    if (step.done) return step.value;
  }
}

/** Work that is due by a deadline and is spread over the calls before it. */
export interface Spread<T> {
  /** Takes steps until this share of the expected number is done, all where it is 1; the result once there is one. */
  advance(share: number): T | null;
}

/** @param expected about how many steps the work takes. */
export function spread<T>(work: Generator<void, T>, expected: number): Spread<T> {
  let taken = 0;
  let result: { value: T } | null = null;
  return {
    advance: (share) => {
      while (result === null && (share >= 1 || taken < share * expected)) {
        const step = work.next();
        taken++;
        if (step.done) result = { value: step.value };
      }
      return result?.value ?? null;
    },
  };
}
