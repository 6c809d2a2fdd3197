/** What the run has learned about the search space. */
import { useState } from "preact/hooks";
import type { LandscapeAnswer } from "../../../contract/landscape.ts";
import { formatCount } from "../../components/format.ts";
import { Answer, Empty } from "../../components/states.tsx";
import { Untrusted } from "../../components/text.tsx";
import { visibleText } from "../../components/untrusted.ts";
import "../../draw/draw.css";
import { useQuery } from "../../data/query.ts";
import { linkTo, place, setParams } from "../../state/location.ts";
import { Importance } from "./importance.tsx";
import "./landscape.css";
import { Parallel } from "./parallel.tsx";
import { SliceLine } from "./slice-line.tsx";
import { SliceMap } from "./slice-map.tsx";

/** Axes at first; all of them are one click away. */
const AXES = 8;

export function Landscape() {
  const { run, params } = place.value;
  const island = params.get("island");
  const landscape = useQuery("landscape", { run: run ?? "" }, { island });
  return (
    <>
      <h1>Landscape</h1>
      <Answer query={landscape} label="Loading the landscape">
        {(answer) =>
          answer.measured === 0 ? (
            <Empty title="Nothing was measured so far">The landscape appears with the first measured candidates.</Empty>
          ) : (
            <Body answer={answer} run={run ?? ""} island={island} />
          )
        }
      </Answer>
    </>
  );
}

interface BodyProps {
  readonly answer: LandscapeAnswer;
  readonly run: string;
  readonly island: string | null;
}

function Body({ answer, run, island }: BodyProps) {
  const { params } = place.value;
  const { importance, parameters } = answer;
  const varied = parameters.filter(({ values }) => values.length > 1);
  const ranked = [...importance.shares.map(({ parameter }) => parameter), ...varied.map(({ name }) => name)];
  const order = [...new Set(ranked)].filter((name) => varied.some((parameter) => parameter.name === name));
  const [all, setAll] = useState(false);
  const named = (name: string | null) => order.find((one) => one === name);
  const x = named(params.get("x")) ?? order[0] ?? null;
  const y = named(params.get("y")) ?? order.find((one) => one !== x) ?? null;
  const choose = (parameter: string) => setParams({ x: parameter, ...(parameter === y ? { y: x } : {}) });
  return (
    <div class="landscape">
      <section class="panel">
        <header>
          <h2>Importance of the parameters</h2>
          {answer.niche !== "" && <Untrusted class="note" text={answer.niche} />}
        </header>
        <Importance of={importance} chosen={x} onChoose={choose} />
      </section>
      <section class="panel wide">
        <header>
          <h2>Measured candidates</h2>
          {order.length > AXES && (
            <button type="button" aria-pressed={all} onClick={() => setAll(!all)}>
              {all ? `The ${AXES} most important` : `All ${order.length} parameters`}
            </button>
          )}
        </header>
        {order.length === 0 ? (
          <Empty title="No parameter varies">All measured candidates have the same values.</Empty>
        ) : (
          <Parallel answer={answer} order={all ? order : order.slice(0, AXES)} />
        )}
      </section>
      {x !== null && answer.best !== null && (
        <Slices run={run} island={island} answer={answer} order={order} x={x} y={y} />
      )}
    </div>
  );
}

interface SlicesProps extends BodyProps {
  readonly order: readonly string[];
  readonly x: string;
  readonly y: string | null;
}

const UNORDERED: readonly string[] = ["categorical", "boolean", "permutation"];

function Slices({ run, island, answer, order, x, y }: SlicesProps) {
  const { objective } = answer.about;
  const line = useQuery("slice", { run }, { island, x });
  const map = useQuery(y === null ? null : "slice", { run }, { island, x, y });
  const type = answer.parameters.find(({ name }) => name === x)?.type ?? "categorical";
  return (
    <>
      <section class="panel">
        <header>
          <h2>Along one parameter</h2>
          <Choice
            label="Parameter"
            value={x}
            options={order}
            onChange={(value) => setParams({ x: value, ...(value === y ? { y: x } : {}) })}
          />
        </header>
        <Answer query={line} label="Loading the slice">
          {(slice) => (
            <>
              <ul class="marks">
                <li class="key-on-slice">Measured on this slice</li>
                <li class="key-off-slice">Measured, differs in other parameters too</li>
                <li class="key-belief">95 % of what the model believes</li>
                {slice.mean[0]?.includes(null) && <li>∅ outside of the search space</li>}
              </ul>
              <SliceLine slice={slice} objective={objective} ordered={!UNORDERED.includes(type)} />
              <p class="note method">
                {slice.method} {formatCount(slice.samples)} candidates. All other parameters as in{" "}
                <a href={linkTo("candidates", { candidate: slice.base.candidate })}>the best candidate</a>.
              </p>
            </>
          )}
        </Answer>
      </section>
      {y !== null && (
        <section class="panel">
          <header>
            <h2>Over two parameters</h2>
            <Choice
              label="Second parameter"
              value={y}
              options={order.filter((one) => one !== x)}
              onChange={(value) => setParams({ y: value })}
            />
          </header>
          <Answer query={map} label="Loading the slice">
            {(slice) => (
              <>
                <SliceMap slice={slice} objective={objective} />
                <p class="note method">
                  Expected {objective.name}, half of its 95 % interval, and candidates measured there: ● on this slice,
                  ○ with other parameters different too. Framed: the best candidate.
                  {slice.mean.flat().includes(null) && " Hatched: outside of the search space."}
                </p>
              </>
            )}
          </Answer>
        </section>
      )}
    </>
  );
}

interface ChoiceProps {
  readonly label: string;
  readonly value: string;
  readonly options: readonly string[];
  readonly onChange: (value: string) => void;
}

function Choice({ label, value, options, onChange }: ChoiceProps) {
  return (
    <select aria-label={label} value={value} onChange={(event) => onChange(event.currentTarget.value)}>
      {options.map((option) => (
        <option key={option} value={option}>
          {visibleText(option)}
        </option>
      ))}
    </select>
  );
}
