/** The candidate that is selected in the graph, in full. */
import type { Ancestor, Descent } from "../../../contract/candidates.ts";
import type { Objective } from "../../../contract/common.ts";
import { describeGain, shortId, toneOf } from "../../components/change.ts";
import { formatCount, MISSING } from "../../components/format.ts";
import { Untrusted } from "../../components/text.tsx";
import { Value } from "../../components/value.tsx";
import { linkTo } from "../../state/location.ts";

interface DetailProps {
  readonly node: Ancestor;
  readonly from: readonly Descent[];
  readonly objective: Objective;
  readonly isFocus: boolean;
  readonly onSelect: (candidate: string) => void;
}

export function Detail({ node, from, objective, isFocus, onSelect }: DetailProps) {
  return (
    <section class="panel detail" aria-label={`Candidate ${shortId(node.candidate)}`} aria-live="polite">
      <header>
        <h2 class="mono">{shortId(node.candidate)}</h2>
        {node.measured === null ? (
          <span class="pill">{node.status.replaceAll("_", " ")}</span>
        ) : (
          <Value objective={objective} measured={node.measured} />
        )}
      </header>
      <dl class="facts">
        <dt>Proposer</dt>
        <dd>
          <Untrusted text={node.proposer.replaceAll("_", " ")} />
        </dd>
        <dt>Island, batch</dt>
        <dd>
          {node.island}, {node.batch}
        </dd>
        <dt>Evaluation</dt>
        <dd>{node.evaluation === null ? "none of its own" : formatCount(node.evaluation)}</dd>
        <dt>Children</dt>
        <dd>{formatCount(node.children)}</dd>
      </dl>
      {from.length === 0 && <p class="note">No parents: it began its line.</p>}
      {from.map((edge) => (
        <div key={edge.parent} class="parent">
          <h3>
            <button type="button" class="quiet link" onClick={() => onSelect(edge.parent)}>
              {node.migrant ? "Adopted from" : "From"} {shortId(edge.parent)}
            </button>
            <span class={`gain ${toneOf(edge.gain)}`}>{describeGain(edge.gain)}</span>
          </h3>
          <ul class="change-list">
            {edge.code_changed && <li>The code was rewritten.</li>}
            {edge.changes.map(({ parameter, from, to }) => (
              <li key={parameter}>
                <Untrusted text={parameter} />
                <span>
                  <Untrusted text={from === null ? MISSING : String(from)} /> →{" "}
                  <Untrusted text={to === null ? MISSING : String(to)} />
                </span>
              </li>
            ))}
            {edge.changes.length === 0 && !edge.code_changed && <li>Nothing changed.</li>}
          </ul>
        </div>
      ))}
      <p class="detail-links">
        <a class="button" href={linkTo("candidates", { candidate: node.candidate })}>
          Open candidate
        </a>
        {!isFocus && (
          <a class="button" href={linkTo("lineage", { candidate: node.candidate })}>
            Only its ancestry
          </a>
        )}
      </p>
    </section>
  );
}
