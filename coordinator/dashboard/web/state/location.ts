/** Where the page is: `#/PAGE?…` or `#/run/RUN/PAGE?…`. The fragment needs nothing of the server. */
import { computed, signal } from "@preact/signals";

export interface Place {
  readonly page: string;
  readonly run: string | null;
  readonly params: URLSearchParams;
}

export function parsePlace(hash: string): Place {
  const [path = "", query = ""] = hash.replace(/^#\/?/, "").split("?", 2);
  const parts = path.split("/").filter((part) => part !== "");
  const params = new URLSearchParams(query);
  const [first = "runs", run, page = "run"] = parts;
  if (first !== "run") return { page: first, run: null, params };
  return run === undefined ? { page: "runs", run: null, params } : { page, run: decode(run), params };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

export function placeHref(page: string, run: string | null, params: Record<string, string | null> = {}): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(params)) if (value !== null && value !== "") query.set(name, value);
  const text = query.toString();
  const path = run === null ? `#/${page}` : `#/run/${encodeURIComponent(run)}/${page}`;
  return text === "" ? path : `${path}?${text}`;
}

const hash = signal("");

export const place = computed(() => parsePlace(hash.value));

/** The evaluation that a replay stands at; null shows the newest state. */
export const at = computed(() => {
  const value = place.value.params.get("at");
  return value !== null && /^\d{1,12}$/.test(value) ? Number(value) : null;
});

export function followLocation(): void {
  hash.value = location.hash;
  addEventListener("hashchange", () => {
    hash.value = location.hash;
  });
}

/** The address of a page of the run that is shown, at the place in time that is shown. */
export function linkTo(page: string, params: Record<string, string | null> = {}, run = place.value.run): string {
  const replay = at.value !== null && run !== null && run === place.value.run ? { at: String(at.value) } : {};
  return placeHref(page, run, { ...replay, ...params });
}

export function go(href: string): void {
  location.hash = href;
}

/** Changes parameters of this page, without a new entry in the browser's history. */
export function setParams(changes: Record<string, string | null>): void {
  const { page, run, params } = place.value;
  const next = placeHref(page, run, { ...Object.fromEntries(params), ...changes });
  history.replaceState(null, "", next);
  hash.value = next;
}
