import { useState } from "preact/hooks";
import type { RunAnswer } from "../../../contract/runs.ts";
import { formatCount, formatDuration } from "../../components/format.ts";
import { evaluatedNow } from "../../data/evaluated.ts";
import { ask } from "./ask.tsx";

const MINUTE_S = 60;

export function Budget({ shown }: { readonly shown: RunAnswer }) {
  const { evaluations, time_s } = shown.summary.budget;
  const [all, setAll] = useState("");
  const [minutes, setMinutes] = useState("");
  const count = all === "" ? null : Number(all);
  const more = minutes === "" ? null : Number(minutes);
  const change = (event: Event) => {
    event.preventDefault();
    const parts = [
      count === null
        ? null
        : `It may evaluate ${formatCount(count)} candidates in all, so far it was ${evaluations.limit === null ? "without a limit" : formatCount(evaluations.limit)}.`,
      more === null ? null : `It ends ${formatDuration(more * MINUTE_S * 1000)} from now.`,
    ];
    ask({
      action: "budget",
      body: {
        ...(count === null ? {} : { evaluations: count }),
        ...(more === null ? {} : { time_s: more * MINUTE_S }),
      },
      title: "Change the budget",
      consequence: parts.filter((part) => part !== null).join(" "),
      confirm: "Change the budget",
    });
  };
  return (
    <section class="panel" aria-label="Budget">
      <header>
        <h2>Budget</h2>
        <span class="note">
          {formatCount(evaluatedNow(evaluations.used))} of{" "}
          {evaluations.limit === null ? "any number of" : formatCount(evaluations.limit)} evaluations,{" "}
          {formatDuration(time_s.used * 1000)}
          {time_s.limit === null ? ", no limit of time" : ` of ${formatDuration(time_s.limit * 1000)}`}
        </span>
      </header>
      <form class="fields" onSubmit={change}>
        <label>
          <span>Evaluations in all</span>
          <input
            type="number"
            min={evaluations.used + 1}
            step="1"
            value={all}
            placeholder={evaluations.limit === null ? "no limit" : String(evaluations.limit)}
            onInput={({ currentTarget }) => setAll(currentTarget.value)}
          />
        </label>
        <label>
          <span>Minutes from now</span>
          <input
            type="number"
            min="0.1"
            step="any"
            value={minutes}
            placeholder="unchanged"
            onInput={({ currentTarget }) => setMinutes(currentTarget.value)}
          />
        </label>
        <button type="submit" disabled={count === null && more === null}>
          Change the budget
        </button>
      </form>
    </section>
  );
}
