/** Finds the requested value in a model's text. Pure. */
import { z } from "zod";
import { parseJson, parseMended, type Span, spansIn } from "./json-text.ts";

export type ReadAnswer<O> =
  | { readonly output: O; readonly complaints: readonly [] }
  | { readonly output: null; readonly complaints: readonly string[] };

/** End of a model's thoughts before its answer; their beginning is often in the prompt. */
const THOUGHT_ENDS = /<\/(?:think|thinking|thought|reasoning)>|<\|channel\|>final<\|message\|>/gi;

/** Most values that are examined. A text whose answer is not among these has no usable one. */
const MAX_VALUES = 200;
/** Most characters that are repaired: repairing deep nonsense takes long. */
const MAX_MENDED = 60_000;

/**
 * The last value in the text that fits: models think, sketch and correct themselves before they answer. An answer in
 * the right shape with a mistake in it is not passed over for a fragment of itself.
 */
export function readAnswer<O extends z.ZodObject>(schema: O, text: string): ReadAnswer<z.infer<O>> {
  const search = new Search(schema);
  const whole = parseJson(text);
  if (whole !== undefined && search.takes(whole)) return search.result();
  for (const part of partsOf(text)) {
    for (const stringsEnd of [false, true]) {
      if (search.lookIn(part, spansIn(part, stringsEnd))) return search.result();
    }
  }
  return search.result();
}

/** The answer, then what was thought before it. */
function partsOf(text: string): string[] {
  const end = [...text.matchAll(THOUGHT_ENDS)].at(-1);
  if (end === undefined) return [text];
  const after = end.index + end[0].length;
  return [text.slice(after), text.slice(0, end.index)];
}

class Search<O extends z.ZodObject> {
  readonly #schema: O;
  #found: z.infer<O> | null = null;
  /** The complaint about the closest value, and how many of the schema's names it has. */
  #nearest: { readonly error: z.ZodError; readonly names: number } | null = null;
  #values = 0;
  #mended = 0;

  constructor(schema: O) {
    this.#schema = schema;
  }

  result(): ReadAnswer<z.infer<O>> {
    if (this.#found !== null) return { output: this.#found, complaints: [] };
    const error = this.#nearest?.error;
    return { output: null, complaints: error === undefined ? ["the answer is not JSON"] : complaintsOf(error) };
  }

  lookIn(text: string, spans: readonly Span[]): boolean {
    return spans.toReversed().some(({ start, end, inner }) => {
      const value = this.#parse(text.slice(start, end));
      if (value !== undefined && this.takes(value)) return true;
      if (value !== undefined && this.#namesIn(value) > 0) return false;
      return this.lookIn(text, inner);
    });
  }

  takes(value: unknown): boolean {
    const meant = this.#named(value);
    const result = this.#schema.safeParse(meant);
    if (result.success) {
      this.#found = result.data;
      return true;
    }
    const count = this.#namesIn(meant);
    if (this.#nearest === null || count > this.#nearest.names) this.#nearest = { error: result.error, names: count };
    // JSON within a JSON string.
    const again = typeof value === "string" ? parseJson(value) : undefined;
    return again !== undefined && typeof again !== "string" && this.takes(again);
  }

  /** An array that is all that the schema asks for, under its name. An empty one is prose. */
  #named(value: unknown): unknown {
    const [only, ...others] = Object.keys(this.#schema.shape);
    const isAll = Array.isArray(value) && value.length > 0 && only !== undefined && others.length === 0;
    return isAll ? { [only]: value } : value;
  }

  #parse(text: string): unknown {
    if (this.#values++ >= MAX_VALUES) return undefined;
    const value = parseJson(text);
    this.#mended += value === undefined ? text.length : 0;
    if (value !== undefined || this.#mended > MAX_MENDED) return value;
    return parseMended(text);
  }

  #namesIn(value: unknown): number {
    if (typeof value !== "object" || value === null) return 0;
    return Object.keys(this.#schema.shape).filter((name) => Object.hasOwn(value, name)).length;
  }
}

function complaintsOf(error: z.ZodError): string[] {
  return error.issues
    .slice(0, 10)
    .map(({ path, message }) => (path.length === 0 ? message : `${z.core.toDotPath(path)}: ${message}`));
}
