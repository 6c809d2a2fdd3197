/** The four things that a place on a page can be: waiting, empty, broken, or there. */
import type { ComponentChildren } from "preact";
import { connection } from "../data/live.ts";
import type { Query } from "../data/query.ts";

export function Loading({ label = "Loading" }: { readonly label?: string }) {
  return (
    <div class="loading" role="status">
      <span class="visually-hidden">{label}</span>
      <i />
      <i />
      <i />
    </div>
  );
}

export function Empty({ title, children }: { readonly title: string; readonly children?: ComponentChildren }) {
  return (
    <div class="empty">
      <p class="empty-title">{title}</p>
      {children !== undefined && <p>{children}</p>}
    </div>
  );
}

export function Failure({ message, retry }: { readonly message: string; readonly retry?: () => void }) {
  return (
    <div class="failure" role="alert">
      <p>{message}</p>
      {retry !== undefined && (
        <button type="button" onClick={retry}>
          Try again
        </button>
      )}
    </div>
  );
}

interface AnswerProps<T> {
  readonly query: Query<T>;
  readonly children: (data: T) => ComponentChildren;
  readonly label?: string;
}

/** What an endpoint answered, or why there is nothing yet. The last answer stays while a newer one fails to come. */
export function Answer<T>({ query, children, label }: AnswerProps<T>) {
  const { data, error } = query.state.value;
  if (data === null && error !== null) return <Failure message={error.message} retry={query.retry} />;
  if (data === null) return label === undefined ? <Loading /> : <Loading label={label} />;
  return (
    <>
      {/* Where the whole page is cut off, it says so once, above. */}
      {error !== null && connection.value.state !== "lost" && <p class="note stale">Not up to date: {error.message}</p>}
      {children(data)}
    </>
  );
}
