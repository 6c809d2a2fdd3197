/** The best so far: where it improved, who improved it, and against what. */
import type { ProgressAnswer } from "../../../contract/progress.ts";
import { AXES, AXIS_SCALE, AxisChoice, type AxisName, columnOf, placeOf } from "../../components/axis-choice.tsx";
import { Chart, type Series } from "../../components/chart.tsx";
import { counted, formatCount, formatMoment, formatNumber } from "../../components/format.ts";
import { proposerName } from "../../components/names.ts";
import { Answer, Empty } from "../../components/states.tsx";
import { formatValue, objectiveTitle, Value } from "../../components/value.tsx";
import type { Query } from "../../data/query.ts";
import { useKeys } from "../../state/keys.ts";
import { linkTo, place, setParams } from "../../state/location.ts";
import { shownRun } from "../../state/run.ts";

const COLORS = ["--c1", "--c2", "--c3", "--c4", "--c5", "--c6", "--c7", "--c8"];

export function ProgressPanel({ query }: { readonly query: Query<ProgressAnswer> }) {
  const axis = AXES.find((one) => one === place.value.params.get("over")) ?? "evaluations";
  const choose = (next: AxisName) => setParams({ over: next === "evaluations" ? null : next });
  useKeys(
    "Best so far",
    AXES.map((one, at) => ({ key: String(at + 1), does: `Over ${one}`, run: () => choose(one) })),
  );
  const { data } = query.state.value;
  const costs = data !== null && (data.best.usd.at(-1) ?? 0) > 0;
  return (
    <section class="panel" aria-label="Best so far">
      <header>
        <h2>Best so far</h2>
        <AxisChoice axis={axis} offered={costs ? AXES : ["evaluations", "time"]} onChange={choose} />
      </header>
      <Answer query={query} label="Loading the curve">
        {(answer) =>
          answer.best.value.length === 0 ? (
            <Empty title="No correct candidate was measured so far.">The curve begins with the first one.</Empty>
          ) : (
            <>
              <Curve answer={answer} axis={axis} />
              {answer.about.backend !== "replay" && (
                <p class="note">Each point is a single evaluation, so the best of many is partly luck.</p>
              )}
              <Improvements answer={answer} />
            </>
          )
        }
      </Answer>
    </section>
  );
}

function Curve({ answer, axis }: { readonly answer: ProgressAnswer; readonly axis: AxisName }) {
  const { objective } = answer.about;
  const colorOf = (proposer: string) =>
    COLORS[Math.max(0, answer.proposers.indexOf(proposer)) % COLORS.length] ?? "--c1";
  const series: Series[] = [
    { name: "Best so far", color: "--text", shape: "step", x: columnOf(answer.best, axis), y: answer.best.value },
    ...controlSeries(answer, axis),
    ...answer.proposers.map(
      (proposer, at): Series => ({
        ...dotsOf(answer, at, axis),
        name: proposerName(proposer),
        color: colorOf(proposer),
        shape: "dots",
      }),
    ),
  ];
  return (
    <Chart
      label={`Best so far over ${axis}, ${objectiveTitle(objective)}`}
      x={AXIS_SCALE[axis]}
      y={{ title: objectiveTitle(objective), format: (value) => formatValue(objective, value), logarithmic: true }}
      series={series}
      levels={[...answer.baselines.filter(({ value }) => value > 0), ...confirmed()]}
      marks={answer.improvements.map((one) => ({
        x: placeOf(one, axis),
        y: one.value,
        color: colorOf(one.proposer),
        label: `Evaluation ${formatCount(one.evaluation)}: ${formatValue(objective, one.value)} by ${proposerName(one.proposer)}`,
        href: linkTo("candidates", { candidate: one.candidate }),
      }))}
    />
  );
}

/** The best as it was measured again on fresh inputs: lower than the curve, which keeps the luckiest of single evaluations. */
function confirmed(): { name: string; value: number }[] {
  const best = shownRun.value?.summary.best ?? null;
  return best === null || best.rounds === 0
    ? []
    : [{ name: "best, measured again on fresh inputs", value: best.value }];
}

function controlSeries({ control }: ProgressAnswer, axis: AxisName): Series[] {
  if (control === null) return [];
  const { best, kind, run } = control;
  const name = `Control: ${kind.replaceAll("_", " ")} (${run})`;
  return [{ name, color: "--muted", shape: "step", dashed: true, x: columnOf(best, axis), y: best.value }];
}

function dotsOf({ candidates }: ProgressAnswer, proposer: number, axis: AxisName): { x: number[]; y: number[] } {
  const [x, y]: [number[], number[]] = [[], []];
  const across = columnOf(candidates, axis);
  for (const [at, one] of candidates.proposer.entries()) {
    if (one !== proposer) continue;
    x.push(across[at] ?? 0);
    y.push(candidates.value[at] ?? 0);
  }
  return { x, y };
}

function Improvements({ answer }: { readonly answer: ProgressAnswer }) {
  const { objective } = answer.about;
  return (
    <details class="improvements">
      <summary>
        {counted(answer.improvements.length, "improvement")}, by{" "}
        {counted(answer.earned.filter(({ improvements }) => improvements > 0).length, "proposer")}
      </summary>
      <div class="scroll-x">
        <table>
          <thead>
            <tr>
              <th scope="col" class="right">
                Evaluation
              </th>
              <th scope="col" class="right">
                Best
              </th>
              <th scope="col" class="right">
                Gain
              </th>
              <th scope="col">Proposer</th>
              <th scope="col">Island</th>
              <th scope="col">When</th>
            </tr>
          </thead>
          <tbody>
            {answer.improvements.toReversed().map((one) => (
              <tr key={one.candidate}>
                <td class="right">
                  <a href={linkTo("candidates", { candidate: one.candidate })}>{formatCount(one.evaluation)}</a>
                </td>
                <td class="right">
                  <Value objective={objective} measured={one} />
                </td>
                <td class="right number">{gainOf(one.before, one.value, objective.direction)}</td>
                <td>{proposerName(one.proposer)}</td>
                <td>{one.island}</td>
                <td class="note number">{formatMoment(one.at)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}

function gainOf(before: number | null, value: number, direction: "minimize" | "maximize"): string {
  if (before === null || before <= 0 || value <= 0) return "–";
  const ratio = direction === "maximize" ? value / before : before / value;
  return `+${formatNumber((ratio - 1) * 100, 2)} %`;
}
