/** Makes candidates from a model's answer: valid, new, distinct; and a message for each refused one. Pure. */
import type { Genes, SearchSpace } from "@kevo/core/search-space/search-space.ts";
import { MAX_REASON_CHARACTERS } from "@kevo/proto/log.ts";
import type { Config } from "@kevo/proto/search-space.ts";
import { repair } from "./repair.ts";

export interface Written {
  readonly configuration: Readonly<Record<string, unknown>>;
  readonly reason: string;
}

export interface Suggestion {
  readonly genes: Genes;
  readonly config: Config;
  readonly reason: string;
}

export interface Judged {
  readonly usable: readonly Suggestion[];
  /** One sentence for each configuration that could not be repaired. */
  readonly complaints: readonly string[];
  /** Configurations that were tried before, are being evaluated, or occur twice in the answer. */
  readonly duplicates: number;
}

const REASON = 600;

/**
 * @param base what a parameter that is left out is taken from.
 * @param wanted further configurations are not looked at.
 */
export function judge(
  space: SearchSpace,
  written: readonly Written[],
  { base, wanted, isTaken }: { base: Genes | null; wanted: number; isTaken: (key: number | string) => boolean },
): Judged {
  const usable: Suggestion[] = [];
  const complaints: string[] = [];
  const seen = new Set<number | string>();
  let duplicates = 0;
  for (const [at, { configuration, reason }] of written.slice(0, 2 * wanted).entries()) {
    if (usable.length === wanted) break;
    const repaired = repair(space, configuration, base);
    if (repaired.genes === null) {
      complaints.push(`configuration ${at + 1} is not valid: ${repaired.why}`);
      continue;
    }
    const key = space.keyOf(repaired.genes);
    if (seen.has(key) || isTaken(key)) {
      duplicates++;
      continue;
    }
    seen.add(key);
    const mended = repaired.changes.length === 0 ? "" : ` (mended: ${repaired.changes.join(", ")})`;
    usable.push({
      genes: repaired.genes,
      config: space.decode(repaired.genes),
      reason: `${clean(reason).slice(0, REASON)}${mended}`.slice(0, MAX_REASON_CHARACTERS),
    });
  }
  return { usable, complaints, duplicates };
}

/** Text of a model ends up in terminals. */
function clean(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\s]+/gu, " ").trim();
}
