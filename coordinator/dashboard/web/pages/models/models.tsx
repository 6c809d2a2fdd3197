/** What language models cost, and what came of it. */
import type { ModelsAnswer } from "../../../contract/models.ts";
import { formatCount, formatDollars } from "../../components/format.ts";
import { Answer, Empty } from "../../components/states.tsx";
import { Untrusted } from "../../components/text.tsx";
import "../../draw/draw.css";
import { useQuery } from "../../data/query.ts";
import { place } from "../../state/location.ts";
import { Arms, Proposers } from "./arms.tsx";
import { Calls } from "./calls.tsx";
import "./models.css";
import { Spent } from "./spent.tsx";

export function Models() {
  const run = place.value.run ?? "";
  const models = useQuery("models", { run });
  return (
    <>
      <h1>Models</h1>
      <Answer query={models} label="Loading the models">
        {(answer) =>
          answer.totals.calls === 0 && answer.trouble.length === 0 ? (
            <Empty title="No language model was asked">
              Start a run with <code>--llm MODEL</code>, and models propose candidates beside the other operators.
            </Empty>
          ) : (
            <Body answer={answer} run={run} />
          )
        }
      </Answer>
    </>
  );
}

function Body({ answer, run }: { readonly answer: ModelsAnswer; readonly run: string }) {
  const { totals, arms, about } = answer;
  return (
    <div class="models">
      <dl class="stats">
        <div>
          <dt>Calls</dt>
          <dd>
            {formatCount(totals.calls)}{" "}
            <small>{totals.failed === 0 ? "all answered" : `${formatCount(totals.failed)} failed`}</small>
          </dd>
        </div>
        <div>
          <dt>Tokens</dt>
          <dd>
            {formatCount(totals.prompt_tokens + totals.completion_tokens + totals.reasoning_tokens)}
            <small>
              {formatCount(totals.prompt_tokens)} in, {formatCount(totals.completion_tokens + totals.reasoning_tokens)}{" "}
              out
            </small>
          </dd>
        </div>
        <div>
          <dt>Cost</dt>
          <dd>
            {formatDollars(totals.usd)}
            <small>
              {totals.calls === 0 ? "nothing was asked" : `${formatDollars(totals.usd / totals.calls)} per call`}
            </small>
          </dd>
        </div>
        <div>
          <dt>Candidates</dt>
          <dd>
            {formatCount(totals.candidates)} <small>{formatCount(totals.ok)} measured</small>
          </dd>
        </div>
        <div>
          <dt>Improvements</dt>
          <dd>
            {formatCount(totals.improvements)}
            <small>
              {totals.improvements === 0 ? "none so far" : `${formatDollars(totals.usd / totals.improvements)} each`}
            </small>
          </dd>
        </div>
      </dl>
      {answer.trouble.length > 0 && (
        <ul class="model-trouble" aria-label="Trouble with models">
          {answer.trouble.map((text) => (
            <li key={text}>
              <Untrusted text={text} />
            </li>
          ))}
        </ul>
      )}
      <section class="panel">
        <header>
          <h2>The best so far, over dollars</h2>
        </header>
        <Spent curve={answer.curve} objective={about.objective} />
      </section>
      <section class="panel">
        <header>
          <h2>Gain by proposer</h2>
        </header>
        <Proposers proposers={answer.proposers} />
      </section>
      <section class="panel wide">
        <header>
          <h2>Arms of the bandit</h2>
          <span class="note">The gain multiplies all improvements of the run's best that came from the arm.</span>
        </header>
        <Arms arms={arms} />
      </section>
      <div class="wide">
        <Calls run={run} models={[...new Set(arms.map(({ model }) => model))]} />
      </div>
    </div>
  );
}
