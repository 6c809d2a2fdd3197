/** What a curve of the best so far runs over. */
import type { Curve, Improvement } from "../../contract/progress.ts";
import type { Scale } from "./chart.tsx";
import { formatCount, formatDollars, formatDuration } from "./format.ts";

export const AXES = ["evaluations", "time", "dollars"] as const;
export type AxisName = (typeof AXES)[number];

export const AXIS_SCALE: Readonly<Record<AxisName, Scale>> = {
  evaluations: { title: "Evaluations", format: formatCount, whole: true },
  time: { title: "Time", format: (s) => formatDuration(s * 1000) },
  dollars: { title: "Dollars", format: formatDollars },
};

const COLUMN = { evaluations: "evaluation", time: "elapsed_s", dollars: "usd" } as const;

export const columnOf = (curve: Omit<Curve, "value">, axis: AxisName): readonly number[] => curve[COLUMN[axis]];
export const placeOf = (improvement: Improvement, axis: AxisName): number => improvement[COLUMN[axis]];

interface AxisChoiceProps {
  readonly axis: AxisName;
  readonly offered: readonly AxisName[];
  readonly onChange: (axis: AxisName) => void;
}

export function AxisChoice({ axis, offered, onChange }: AxisChoiceProps) {
  return (
    <fieldset class="segments">
      <legend class="visually-hidden">Over</legend>
      {offered.map((one) => (
        <label key={one}>
          <input type="radio" name="axis" checked={one === axis} onChange={() => onChange(one)} />
          <span>{AXIS_SCALE[one].title}</span>
        </label>
      ))}
    </fieldset>
  );
}
