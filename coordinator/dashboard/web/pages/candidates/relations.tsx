/** Parents and children, with what differs and what it earned. */
import type { CandidateAnswer } from "../../../contract/candidates.ts";
import type { ForeignText } from "../../../contract/common.ts";
import { shortId } from "../../components/change.ts";
import { formatNumber } from "../../components/format.ts";
import { proposerName } from "../../components/names.ts";
import { Untrusted } from "../../components/text.tsx";
import { linkTo } from "../../state/location.ts";
import { formatParameter } from "./columns.ts";

type Relation = CandidateAnswer["parents"][number];

export function Relations({ title, relations }: { readonly title: string; readonly relations: readonly Relation[] }) {
  if (relations.length === 0) return null;
  return (
    <section>
      <h3>{title}</h3>
      <ul class="relations">
        {relations.map((one) => (
          <li key={one.candidate}>
            <p>
              <a class="mono" href={linkTo("candidates", { candidate: one.candidate })}>
                <Untrusted text={shortId(one.candidate)} />
              </a>{" "}
              <span class="note">{proposerName(one.proposer)}</span>{" "}
              {one.gain !== null && (
                <span class={`pill ${one.gain > 1 ? "good" : ""}`}>
                  {formatNumber(one.gain, 3)}× of the parent's value
                </span>
              )}
            </p>
            {one.changes.length > 0 && (
              <p class="mono changes">
                {one.changes.map(({ parameter, from, to }) => (
                  <span key={parameter}>
                    <Untrusted text={parameter} /> <del>{<Untrusted text={formatParameter(from)} />}</del>{" "}
                    <ins>{<Untrusted text={formatParameter(to)} />}</ins>
                  </span>
                ))}
              </p>
            )}
            {one.code_diff !== null && <Difference text={one.code_diff} />}
          </li>
        ))}
      </ul>
    </section>
  );
}

const LINE_KIND: Readonly<Record<string, string>> = { "+": "added", "-": "removed", "@": "place" };

/** A unified difference of the code. */
function Difference({ text: { text, cut, length } }: { readonly text: ForeignText }) {
  return (
    <details class="code">
      <summary>Difference of the code</summary>
      <pre tabIndex={0} class="difference">
        {text.split("\n").map((line, at) => (
          <span key={`${at} ${line.slice(0, 20)}`} class={LINE_KIND[line[0] ?? ""] ?? ""}>
            <Untrusted text={line} />
            {"\n"}
          </span>
        ))}
      </pre>
      {cut && <p class="note">The beginning of {length.toLocaleString("en")} characters.</p>}
    </details>
  );
}
