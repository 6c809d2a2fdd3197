/** Medians, and the confidence interval of a ratio of medians. */

export function median(values: readonly number[]): number {
  if (values.length === 0) throw new Error("the median of an empty list");
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] as number;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] as number) + upper) / 2;
}

export interface Ratio {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/**
 * median(above) / median(below) with its 95 % interval, by the paired percentile bootstrap (Efron 1979): entries
 * of one index were measured in the same round, and rounds are resampled, so that drift of the machine that hits
 * both sides cancels. The resampling is seeded: the same samples give the same interval.
 */
export function pairedRatio(above: readonly number[], below: readonly number[], resamples: number): Ratio {
  const rounds = Math.min(above.length, below.length);
  const value = median(above) / median(below);
  if (rounds < 2) return { value, low: value, high: value };
  let state = 0x2545f491;
  const draw = () => {
    // xorshift32 (Marsaglia 2003)
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % rounds;
  };
  const ratios: number[] = [];
  for (let n = 0; n < resamples; n++) {
    const picks = Array.from({ length: rounds }, draw);
    ratios.push(median(picks.map((i) => above[i] as number)) / median(picks.map((i) => below[i] as number)));
  }
  ratios.sort((a, b) => a - b);
  const at = (share: number) => ratios[Math.round(share * (ratios.length - 1))] as number;
  return { value, low: Math.min(value, at(0.025)), high: Math.max(value, at(0.975)) };
}
