import type { RunAnswer } from "../../../contract/runs.ts";
import {
  counted,
  formatCount,
  formatDollars,
  formatDuration,
  formatInterval,
  formatNumber,
  formatShare,
  formatTime,
} from "../../components/format.ts";
import { proposerName } from "../../components/names.ts";
import { Untrusted } from "../../components/text.tsx";
import { formatValue, Meter, objectiveTitle } from "../../components/value.tsx";
import { evaluatedNow } from "../../data/evaluated.ts";
import { linkTo } from "../../state/location.ts";

/** What there is, and what is left. */
export function Summary({ answer }: { readonly answer: RunAnswer }) {
  const { summary, about } = answer;
  const told = summary.status === "running" ? answer.phase : (summary.message ?? answer.phase);
  const notes = [
    // The header says how a run ended; what is said here is more than that.
    ...(told === "" || told === summary.status ? [] : [<Untrusted key="told" text={told} />]),
    ...about.toolchains.map((one, at) => (
      <span key={one}>
        {at === 0 && "compiled with "}
        <Untrusted text={one} />
      </span>
    )),
  ];
  return (
    <>
      <dl class="stats" data-testid="summary">
        <Best answer={answer} />
        <Evaluations answer={answer} />
        <Time answer={answer} />
        {(summary.budget.usd.limit !== null || summary.budget.usd.used > 0) && <Dollars answer={answer} />}
        <Failed answer={answer} />
      </dl>
      {notes.length > 0 && <p class="note phase">{notes.flatMap((note, at) => (at === 0 ? [note] : [" · ", note]))}</p>}
    </>
  );
}

function Best({ answer }: { readonly answer: RunAnswer }) {
  const { best, objective } = answer.summary;
  return (
    <div>
      <dt>Best, {objectiveTitle(objective).toLowerCase()}</dt>
      {best === null ? (
        <dd>
          –<small>{answer.summary.status === "running" ? "nothing measured yet" : "nothing was measured"}</small>
        </dd>
      ) : (
        <dd>
          <a href={linkTo("candidates", { candidate: best.candidate })} data-testid="best">
            {formatValue(objective, best.value)}
          </a>{" "}
          <span class="interval">{formatInterval(best.low, best.high)}</span>
          <small>
            {best.time_ms !== null && objective.name !== "time" && `${formatTime(best.time_ms)} · `}
            {proposerName(best.proposer)}
            {best.rounds > 0
              ? ` · confirmed ${counted(best.rounds, "time")} on fresh inputs`
              : onceOf(answer.about.backend)}
          </small>
        </dd>
      )}
    </div>
  );
}

/** Recorded times do not vary; of measured ones the best of many is partly luck. */
const onceOf = (backend: string): string => (backend === "replay" ? " · recorded" : " · measured once, partly luck");

function Evaluations({ answer }: { readonly answer: RunAnswer }) {
  const { limit } = answer.summary.budget.evaluations;
  const used = evaluatedNow(answer.summary.budget.evaluations.used);
  const rate = answer.per_second === null ? null : `${formatNumber(answer.per_second, 2)} per second`;
  const rest = [limit === null ? null : `${formatCount(Math.max(0, limit - used))} left`, rate];
  return (
    <div>
      <dt>Evaluations</dt>
      <dd>
        <span data-testid="evaluations">{formatCount(used)}</span>
        {limit !== null && <span class="interval"> of {formatCount(limit)}</span>}
        <Meter used={used} limit={limit} label="Evaluations" />
        <small>{rest.filter((part) => part !== null).join(" · ") || "no limit"}</small>
      </dd>
    </div>
  );
}

function Time({ answer }: { readonly answer: RunAnswer }) {
  const { used, limit } = answer.summary.budget.time_s;
  const left = limit === null ? null : `${formatDuration(Math.max(0, limit - used) * 1000)} of the limit left`;
  const estimate = answer.remaining_s === null ? null : `about ${formatDuration(answer.remaining_s * 1000)} to go`;
  return (
    <div>
      <dt>Time</dt>
      <dd>
        {formatDuration(used * 1000)}
        <Meter used={used} limit={limit} label="Time" />
        <small>{[left, estimate].filter((part) => part !== null).join(" · ") || "no limit"}</small>
      </dd>
    </div>
  );
}

function Dollars({ answer }: { readonly answer: RunAnswer }) {
  const { used, limit } = answer.summary.budget.usd;
  return (
    <div>
      <dt>Language models</dt>
      <dd>
        {formatDollars(used)}
        {limit !== null && <span class="interval"> of {formatDollars(limit)}</span>}
        <Meter used={used} limit={limit} label="Dollars" />
        <small>{limit === null ? "no limit" : `${formatDollars(Math.max(0, limit - used))} left`}</small>
      </dd>
    </div>
  );
}

function Failed({ answer }: { readonly answer: RunAnswer }) {
  const { outcomes } = answer.summary;
  const all = Object.values(outcomes).reduce((sum, one) => sum + one, 0);
  const failed = all - (outcomes.ok ?? 0);
  const others = [
    ...(answer.cached > 0 ? [`${formatCount(answer.cached)} answered again`] : []),
    ...(answer.outstanding > 0 ? [`${formatCount(answer.outstanding)} in progress`] : []),
  ];
  return (
    <div>
      <dt>Failed candidates</dt>
      <dd>
        {formatCount(failed)}
        {failed > 0 && <span class="interval"> {formatShare(failed / all)}</span>}
        {others.length > 0 && <small>{others.join(" · ")}</small>}
      </dd>
    </div>
  );
}
