/** What a page shows of one endpoint: fetched when its address changes, and again when the run moved on. */
import { type ReadonlySignal, type Signal, signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { ZodType } from "zod";
import { type AnswerOf, ENDPOINTS, type Endpoint, type EndpointName, pathTo } from "../../contract/endpoints.ts";
import { at } from "../state/location.ts";
import { get, RequestError } from "./client.ts";
import { isLast, revision } from "./live.ts";

interface QueryState<T> {
  /** The newest answer; kept while the next one loads, and when that fails. */
  readonly data: T | null;
  readonly error: RequestError | null;
  readonly loading: boolean;
}

/** A live page asks again at most this often. Milliseconds. */
const REFRESH_MS = 1_000;
/** An answer that took long is asked for less often: the machine may have better to do, such as the run itself. */
const REST = 10;

export interface Query<T> {
  readonly state: ReadonlySignal<QueryState<T>>;
  readonly retry: () => void;
}

export type QueryParams = Readonly<Record<string, string | number | readonly string[] | null>>;

/**
 * An endpoint's answer, at the position that a replay shows where the endpoint knows positions.
 * @param name null asks nothing
 */
export function useQuery<N extends EndpointName>(
  name: N | null,
  parts: Readonly<Record<string, string>> = {},
  params: QueryParams = {},
): Query<AnswerOf<N>> {
  const keeper = useRef<Fetcher<AnswerOf<N>> | null>(null);
  keeper.current ??= new Fetcher<AnswerOf<N>>();
  const fetcher = keeper.current;
  const endpoint: Endpoint | null = name === null ? null : ENDPOINTS[name];
  const path = endpoint === null ? null : addressOf(endpoint, parts, params);
  const follows = at.value === null;
  useEffect(() => fetcher.ask(path, endpoint?.answer as ZodType<AnswerOf<N>>), [path]);
  useEffect(() => {
    if (!follows) return;
    let seen = revision.peek();
    return revision.subscribe((now) => {
      if (now === seen) return;
      seen = now;
      fetcher.refresh();
    });
  }, [follows]);
  useEffect(() => () => fetcher.stop(), []);
  return fetcher;
}

export function addressOf(endpoint: Endpoint, parts: Readonly<Record<string, string>>, params: QueryParams): string {
  const query = new URLSearchParams();
  if (at.value !== null && endpoint.query !== null && "at" in endpoint.query.shape) query.set("at", String(at.value));
  for (const [name, value] of Object.entries(params)) {
    if (value === null || value === "") continue;
    for (const one of Array.isArray(value) ? value : [value]) query.append(name, String(one));
  }
  const text = query.toString();
  return pathTo(endpoint.path, parts) + (text === "" ? "" : `?${text}`);
}

const withoutPosition = (path: string): string =>
  path.replace(/([?&])(at|from|to)=\d+(?=&|$)/g, "$1").replace(/[?&]$/, "");

class Fetcher<T> implements Query<T> {
  readonly state: Signal<QueryState<T>> = signal({ data: null, error: null, loading: true });
  #path: string | null = null;
  #schema: ZodType<T> | null = null;
  #abort: AbortController | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #askedAt = Number.NEGATIVE_INFINITY;
  #took = 0;
  #again = false;

  ask(path: string | null, schema: ZodType<T> | null): void {
    this.stop();
    // At another position the last answer stays until the next one is there. To another question it is no answer.
    const kept = path !== null && this.#path !== null && withoutPosition(path) === withoutPosition(this.#path);
    this.#path = path;
    this.#schema = schema;
    this.state.value = { data: kept ? this.state.value.data : null, error: null, loading: path !== null };
    if (path !== null) void this.#fetch();
  }

  readonly retry = (): void => {
    this.stop();
    if (this.#path !== null) void this.#fetch();
  };

  /** One request at a time: changes that arrive during it are one further request after it. */
  refresh(): void {
    if (this.#path === null) return;
    this.#again = true;
    const last = isLast();
    if (this.#abort !== null || (this.#timer !== undefined && !last)) return;
    clearTimeout(this.#timer);
    const wait = last ? 0 : this.#askedAt + Math.max(REFRESH_MS, REST * this.#took) - performance.now();
    this.#timer = setTimeout(
      () => {
        this.#timer = undefined;
        if (this.#again) void this.#fetch();
      },
      Math.max(0, wait),
    );
  }

  stop(): void {
    this.#abort?.abort();
    this.#abort = null;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#again = false;
  }

  async #fetch(): Promise<void> {
    if (this.#path === null || this.#schema === null) return;
    const abort = new AbortController();
    this.#abort = abort;
    this.#again = false;
    this.#askedAt = performance.now();
    this.state.value = { ...this.state.value, loading: true };
    try {
      const data = await get(this.#path, this.#schema, abort.signal);
      this.#took = performance.now() - this.#askedAt;
      if (this.#abort === abort) this.state.value = { data, error: null, loading: false };
    } catch (error) {
      if (this.#abort !== abort) return;
      const known = error instanceof RequestError ? error : new RequestError(0, String(error));
      this.state.value = { ...this.state.value, error: known, loading: false };
    } finally {
      if (this.#abort === abort) {
        this.#abort = null;
        if (this.#again) this.refresh();
      }
    }
  }
}
