/** Two to five runs in one chart. */
import { useState } from "preact/hooks";
import type { CompareAnswer } from "../../../contract/progress.ts";
import { AXIS_SCALE, AxisChoice, type AxisName, columnOf } from "../../components/axis-choice.tsx";
import { Chart } from "../../components/chart.tsx";
import { Answer, Empty } from "../../components/states.tsx";
import { formatValue, objectiveTitle } from "../../components/value.tsx";
import { useQuery } from "../../data/query.ts";
import { setParams } from "../../state/location.ts";

export function Comparison({ runs }: { readonly runs: readonly string[] }) {
  const query = useQuery("compare", {}, { run: runs });
  const [axis, setAxis] = useState<AxisName>("evaluations");
  return (
    <section class="panel" aria-label="Comparison">
      <header>
        <h2>Best so far of {runs.length} runs</h2>
        <AxisChoice axis={axis} offered={["evaluations", "time", "dollars"]} onChange={setAxis} />
        <button type="button" class="small" onClick={() => setParams({ compare: null })}>
          Clear
        </button>
      </header>
      <Answer query={query}>{(answer) => <Curves answer={answer} axis={axis} />}</Answer>
    </section>
  );
}

function Curves({ answer, axis }: { readonly answer: CompareAnswer; readonly axis: AxisName }) {
  const { objective, runs } = answer;
  if (objective === null) {
    return (
      <Empty title="These runs have different objectives.">
        {runs.map(({ about }) => `${about.run}: ${objectiveTitle(about.objective)}`).join(" · ")}
      </Empty>
    );
  }
  return (
    <>
      <Chart
        label={`Best so far over ${AXIS_SCALE[axis].title.toLowerCase()}, for ${runs.length} runs`}
        x={AXIS_SCALE[axis]}
        y={{ title: objectiveTitle(objective), format: (value) => formatValue(objective, value), logarithmic: true }}
        series={runs.map(({ about, best }, at) => ({
          name: about.run,
          color: `--c${at + 1}`,
          shape: "step",
          x: columnOf(best, axis),
          y: best.value,
        }))}
      />
      <p class="note">
        {objectiveTitle(objective)}
        {runs
          .map(({ about }) => ` · ${about.run}: ${about.kernel} on ${about.devices.join(", ") || about.backend}`)
          .join("")}
      </p>
    </>
  );
}
