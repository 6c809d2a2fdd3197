import type { LanesAnswer } from "../../../contract/lanes.ts";
import { counted } from "../../components/format.ts";
import { Answer, Empty } from "../../components/states.tsx";
import { Untrusted } from "../../components/text.tsx";
import { useQuery } from "../../data/query.ts";
import { ask } from "./ask.tsx";

type Evaluator = LanesAnswer["evaluators"][number];

/** An evaluator serves the devices of one host: it is what is drained. */
export function Devices({ run }: { readonly run: string }) {
  const query = useQuery("lanes", { run });
  return (
    <section class="panel" aria-label="Devices">
      <header>
        <h2>Devices</h2>
      </header>
      <Answer query={query}>
        {({ evaluators, lanes }) => {
          const present = evaluators.filter(({ state }) => state === "serving" || state === "draining");
          if (present.length === 0) return <Empty title="No evaluator is connected." />;
          return (
            <ul class="drains">
              {present.map((one) => (
                <Row
                  key={one.id}
                  evaluator={one}
                  devices={lanes
                    .filter(({ evaluator }) => evaluator === one.id)
                    .map(({ model, device }) => `${model} (${device})`)}
                />
              ))}
            </ul>
          );
        }}
      </Answer>
    </section>
  );
}

function Row({ evaluator, devices }: { readonly evaluator: Evaluator; readonly devices: readonly string[] }) {
  const drain = evaluator.state === "serving";
  const name = devices.join(", ") || evaluator.address;
  return (
    <li>
      <span>
        <b>
          <Untrusted text={name} />
        </b>{" "}
        <span class={`pill ${drain ? "good" : "warn"}`}>{evaluator.state}</span>
        <br />
        <span class="note">
          <Untrusted text={evaluator.address} /> · {counted(evaluator.candidates, "candidate")}
        </span>
      </span>
      <button
        type="button"
        aria-label={`${drain ? "Drain" : "Use again"}: ${name}`}
        onClick={() =>
          ask({
            action: "drain",
            body: { evaluator: evaluator.id, drain },
            title: drain ? "Drain the evaluator" : "Use the evaluator again",
            consequence: drain
              ? `${name} gets no further candidate of this run. What it has is finished.`
              : `${name} gets candidates of this run again.`,
            confirm: drain ? "Drain" : "Use again",
          })
        }
      >
        {drain ? "Drain" : "Use again"}
      </button>
    </li>
  );
}
