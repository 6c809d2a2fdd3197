import { useState } from "preact/hooks";
import type { Configuration } from "../../../contract/common.ts";
import type { RunAnswer } from "../../../contract/runs.ts";
import { Answer } from "../../components/states.tsx";
import { visibleText } from "../../components/untrusted.ts";
import { useQuery } from "../../data/query.ts";
import { ask } from "./ask.tsx";
import { asText, configurationOf } from "./typed-values.ts";

/** A configuration of a person's own, begun from the best one. */
export function Inject({ shown }: { readonly shown: RunAnswer }) {
  const best = shown.summary.best?.candidate ?? null;
  const [start, setStart] = useState(best);
  const query = useQuery(start === null ? null : "candidate", { candidate: start ?? "" });
  return (
    <section class="panel" aria-label="Inject a configuration">
      <header>
        <h2>Inject a configuration</h2>
        <span class="note">It is checked against the search space, evaluated and counted.</span>
        {best !== null && best !== start && (
          <button type="button" class="small" onClick={() => setStart(best)}>
            Begin from the best
          </button>
        )}
      </header>
      {start === null ? (
        <Form key="" shown={shown} from={{}} />
      ) : (
        <Answer query={query}>{({ config }) => <Form key={start} shown={shown} from={config} />}</Answer>
      )}
    </section>
  );
}

function Form({ shown, from }: { readonly shown: RunAnswer; readonly from: Configuration }) {
  const { parameters, summary } = shown;
  const [values, setValues] = useState<Readonly<Record<string, string>>>(
    Object.fromEntries(
      parameters.map(({ name, values: [first = ""] }) => [name, name in from ? asText(from[name]) : first]),
    ),
  );
  const [island, setIsland] = useState(0);
  const changed = parameters.filter(({ name }) => name in from && values[name] !== asText(from[name]));
  const inject = (event: Event) => {
    event.preventDefault();
    ask({
      action: "inject",
      body: { island, config: configurationOf(parameters, values, from) },
      title: "Inject the configuration",
      consequence:
        changed.length === 0
          ? `Island ${island} gets this configuration as a candidate. It counts as one evaluation.`
          : `Island ${island} gets this configuration as a candidate, with other values of ${changed.map(({ name }) => visibleText(name)).join(", ")}. It counts as one evaluation.`,
      confirm: "Inject",
    });
  };
  return (
    <form class="fields" onSubmit={inject}>
      {parameters.map(({ name, values: offered }) => (
        <label key={name} class={changed.some((one) => one.name === name) ? "changed" : ""}>
          <span class="mono">{visibleText(name)}</span>
          <select
            aria-label={visibleText(name)}
            value={values[name] ?? ""}
            onChange={({ currentTarget }) => setValues({ ...values, [name]: currentTarget.value })}
          >
            {[...new Set([...offered, values[name] ?? ""])].map((value) => (
              <option key={value} value={value}>
                {visibleText(value)}
              </option>
            ))}
          </select>
        </label>
      ))}
      {summary.islands > 1 && (
        <label>
          <span>Island</span>
          <select value={island} onChange={({ currentTarget }) => setIsland(Number(currentTarget.value))}>
            {Array.from({ length: summary.islands }, (_, at) => (
              <option key={at} value={at}>
                {at}
              </option>
            ))}
          </select>
        </label>
      )}
      <button type="submit">Inject</button>
    </form>
  );
}
