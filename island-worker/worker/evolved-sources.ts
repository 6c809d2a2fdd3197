/** The code of a run as its workers know it: the kernel's own, those fetched, and those made here and not yet sent. */
import type { Bus } from "@kevo/core/bus/bus.ts";
import type { Proposal } from "@kevo/proto/log.ts";

export class EvolvedSources {
  readonly #bus: Pick<Bus, "getObject">;
  readonly #original: string;
  readonly #texts = new Map<string, string>();

  /** `original`: hash of the kernel's own. */
  constructor(bus: Pick<Bus, "getObject">, original: string) {
    this.#bus = bus;
    this.#original = original;
  }

  /** Null where the object store does not have it now. `hash` null means the kernel's own. */
  async text(hash: string | null): Promise<string | null> {
    const name = hash ?? this.#original;
    const known = this.#texts.get(name);
    if (known !== undefined) return known;
    const bytes = await this.#bus.getObject(name).catch(() => null);
    if (bytes === null) return null;
    const text = Buffer.from(bytes).toString("utf8");
    this.#texts.set(name, text);
    return text;
  }

  keep(hash: string, text: string): void {
    this.#texts.set(hash, text);
  }

  /** The texts that accompany a batch: those that a model has just written. */
  of(proposals: readonly Proposal[]): Record<string, string> {
    const written = proposals.flatMap(({ source, call }) => (source === null || call === undefined ? [] : [source]));
    return Object.fromEntries(
      [...new Set(written)].flatMap((hash) => {
        const text = this.#texts.get(hash);
        return text === undefined ? [] : [[hash, text]];
      }),
    );
  }
}
