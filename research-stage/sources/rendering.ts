/** Records as a prompt shows them: each inside its fence, the best first, as many as fit; what was left out is named. */
import { cutTo } from "./defence/clean.ts";
import { fence } from "./defence/fence.ts";
import type { LiteratureRecord } from "./literature.ts";

export interface RenderLimits {
  /** Characters of the whole text. */
  readonly total: number;
  /** Characters of one record. */
  readonly each: number;
}

export interface RenderedRecords {
  readonly text: string;
  /** Ids that a model saw, the only ones that it may cite. */
  readonly included: readonly string[];
  /** Ids that did not fit. */
  readonly leftOut: readonly string[];
  /** Ids whose text was cut to fit. */
  readonly cut: readonly string[];
}

/** One record without its fence: a head with the known facts, then its text. */
function renderRecord(record: LiteratureRecord, limit: number): { text: string; cut: boolean } {
  const facts = [
    `id: ${record.id}`,
    `kind: ${record.kind}`,
    ...(record.title === null ? [] : [`title: ${oneLine(record.title, 300)}`]),
    ...(record.authors.length === 0 ? [] : [`authors: ${oneLine(record.authors.join(", "), 200)}`]),
    ...(record.published_at === null ? [] : [`date: ${record.published_at.slice(0, 10)}`]),
  ];
  const head = facts.join("\n");
  const { text, cut } = cutTo(record.text, Math.max(80, limit - head.length - 1));
  return { text: `${head}\n${text}`, cut: cut || record.cut };
}

/**
 * @param records in order of rank; the first ones are kept.
 * @param secret of the run, `call` the prompt's name: together the fences' delimiters (`defence/fence.ts`).
 */
export function renderForPrompt(
  records: readonly LiteratureRecord[],
  { secret, call, limits }: { readonly secret: string; readonly call: string; readonly limits: RenderLimits },
): RenderedRecords {
  const parts: string[] = [];
  const included: string[] = [];
  const leftOut: string[] = [];
  const shortened: string[] = [];
  let length = 0;
  for (const record of records) {
    const { text, cut } = renderRecord(record, limits.each);
    const fenced = fence(secret, call, "source", text);
    if (length + fenced.length + 2 > limits.total) {
      leftOut.push(record.id);
      continue;
    }
    parts.push(fenced);
    included.push(record.id);
    if (cut) shortened.push(record.id);
    length += fenced.length + 2;
  }
  return { text: parts.join("\n\n"), included, leftOut, cut: shortened };
}

const oneLine = (text: string, limit: number): string => cutTo(text.replace(/\s+/g, " "), limit).text;
