/** Which sets of a paired comparison have inputs whose right answer is known: a candidate cannot tell them from others. */
export class KnownSets {
  readonly #places: ReadonlyMap<number, string>;
  #done = 0;

  /**
   * @param files of known answers
   * @param certain how many sets there will be at least; some of the first of them have known answers
   * @param random 0 to 1
   */
  constructor(files: readonly string[], certain: number, random: () => number) {
    const free = Array.from({ length: certain }, (_, set) => set);
    const places = files.slice(0, certain).map((file) => {
      const [place = 0] = free.splice(Math.floor(random() * free.length), 1);
      return [place, file] as const;
    });
    this.#places = new Map(places);
  }

  /** Those among the next `count` sets, by their number among these. */
  next(count: number): Map<number, string> {
    const first = this.#done;
    this.#done += count;
    return new Map(
      [...this.#places].flatMap(([place, file]) =>
        place >= first && place < first + count ? [[place - first, file] as const] : [],
      ),
    );
  }
}
