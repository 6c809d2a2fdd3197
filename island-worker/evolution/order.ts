/** The canonical order of a run's candidates: by batch, then island, then place in the batch. */
export interface Place {
  readonly batch: number;
  readonly island: number;
  readonly index: number;
}

export function comparePlaces(a: Place, b: Place): number {
  return a.batch - b.batch || a.island - b.island || a.index - b.index;
}
