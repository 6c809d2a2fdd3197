import type { RunAnswer } from "../../../contract/runs.ts";
import { formatMoment } from "../../components/format.ts";
import { Empty } from "../../components/states.tsx";
import { Untrusted } from "../../components/text.tsx";

export function Notes({ notes }: { readonly notes: RunAnswer["notes"] }) {
  return (
    <section class="panel" aria-label="Events">
      <header>
        <h2>Events</h2>
      </header>
      {notes.length === 0 ? (
        <Empty title="No event is stored." />
      ) : (
        <ol class="notes" tabIndex={0} aria-label="Events, latest first">
          {notes.map(({ id, at, kind, message }) => (
            <li key={id}>
              <span class="note number">{formatMoment(at).slice(11)}</span>
              <span>
                <span class="kind">{kind.replaceAll("_", " ")}</span> <Untrusted text={message} />
              </span>
            </li>
          ))}
        </ol>
      )}
    </section>
  );
}
