import type { FailuresAnswer } from "../../../contract/progress.ts";
import { formatCount } from "../../components/format.ts";
import { OUTCOME_KIND, OUTCOME_NAME } from "../../components/names.ts";
import { Answer, Empty } from "../../components/states.tsx";
import { Untrusted } from "../../components/text.tsx";
import { useQuery } from "../../data/query.ts";
import { linkTo } from "../../state/location.ts";

export function Failures({ run }: { readonly run: string }) {
  const query = useQuery("failures", { run });
  return (
    <section class="panel" aria-label="Failures">
      <header>
        <h2>Failures</h2>
      </header>
      <Answer query={query}>{(answer) => <Groups answer={answer} />}</Answer>
    </section>
  );
}

function Groups({ answer }: { readonly answer: FailuresAnswer }) {
  if (answer.groups.length === 0) return <Empty title="No candidate has failed." />;
  return (
    <ul class="failures">
      {answer.groups.map(({ outcome, message, count, examples }) => (
        <li key={`${outcome} ${message}`}>
          <a class={`pill ${OUTCOME_KIND[outcome]}`} href={linkTo("candidates", { filter: `status == "${outcome}"` })}>
            {OUTCOME_NAME[outcome]} · {formatCount(count)}
          </a>
          <p>{message === "" ? <span class="note">no message</span> : <Untrusted text={message} />}</p>
          <p class="examples">
            {examples.map((candidate) => (
              <a key={candidate} class="mono" href={linkTo("candidates", { candidate })}>
                {candidate.split("/").slice(1).join("/")}
              </a>
            ))}
          </p>
        </li>
      ))}
    </ul>
  );
}
