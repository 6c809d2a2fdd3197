import type { CandidateAnswer } from "../../../contract/candidates.ts";
import { Untrusted } from "../../components/text.tsx";
import { formatParameter } from "./columns.ts";

/** The values of the parameters; those in which it differs from its first parent say from what. */
export function Configuration({ answer }: { readonly answer: CandidateAnswer }) {
  const changes = new Map(answer.parents[0]?.changes.map((change) => [change.parameter, change]));
  return (
    <dl class="configuration">
      {Object.entries(answer.config).map(([name, value]) => {
        const change = changes.get(name);
        return (
          <div key={name} class={change === undefined ? "" : "changed"}>
            <dt class="mono">
              <Untrusted text={name} />
            </dt>
            <dd class="mono">
              {change !== undefined && (
                <del>
                  <Untrusted text={formatParameter(change.from)} />
                </del>
              )}
              <Untrusted text={formatParameter(value)} />
            </dd>
          </div>
        );
      })}
    </dl>
  );
}
