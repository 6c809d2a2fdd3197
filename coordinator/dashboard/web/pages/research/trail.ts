/** What belongs to what: from a post or paper over gaps and ideas to a kernel, in both directions. */
import type { ResearchAnswer } from "../../../contract/research.ts";

export type Kind = "record" | "gap" | "idea" | "kernel";

export interface Choice {
  readonly kind: Kind;
  readonly id: string;
}

export type Trail = Readonly<Record<Kind, ReadonlySet<string>>>;
type Linked = Pick<ResearchAnswer, "gaps" | "ideas"> & { readonly records: readonly { readonly record: string }[] };

/** A kernel is known by the idea that it came of. @returns null for what is not there. */
export function trailOf({ records, gaps, ideas }: Linked, { kind, id }: Choice): Trail | null {
  const ideasOf = (ids: ReadonlySet<string>) => ideas.filter((idea) => idea.gaps.some((gap) => ids.has(gap)));
  const own = ideas.filter(({ idea }) => idea === id);
  switch (kind) {
    case "record": {
      if (!records.some(({ record }) => record === id)) return null;
      const resting = new Set(gaps.filter(({ records }) => records.includes(id)).map(({ gap }) => gap));
      const cited = ideas.filter(({ evidence }) => evidence.includes(id));
      return trail([id], resting, [...new Set([...ideasOf(resting), ...cited])]);
    }
    case "gap": {
      const gap = gaps.find((one) => one.gap === id);
      return gap === undefined ? null : trail(gap.records, new Set([id]), ideasOf(new Set([id])));
    }
    case "idea":
    case "kernel": {
      const [idea] = own;
      if (idea === undefined) return null;
      const answered = gaps.filter(({ gap }) => idea.gaps.includes(gap));
      return trail([...answered.flatMap(({ records }) => records), ...idea.evidence], new Set(idea.gaps), [idea]);
    }
  }
}

function trail(records: readonly string[], gaps: ReadonlySet<string>, ideas: Linked["ideas"]): Trail {
  return {
    record: new Set(records),
    gap: gaps,
    idea: new Set(ideas.map(({ idea }) => idea)),
    kernel: new Set(ideas.flatMap(({ idea, kernel }) => (kernel === null ? [] : [idea]))),
  };
}

export function parseChoice(text: string | null): Choice | null {
  const [, kind, id] = /^(record|gap|idea|kernel):(.+)$/s.exec(text ?? "") ?? [];
  return kind === undefined || id === undefined ? null : { kind: kind as Kind, id };
}
