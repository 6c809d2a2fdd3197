/** What the surrogate believes over two parameters: each cell with its uncertainty and how often it was measured. */
import type { Objective } from "../../../contract/common.ts";
import type { SliceAnswer } from "../../../contract/landscape.ts";
import { formatNumber } from "../../components/format.ts";
import { Scroll } from "../../components/scroll.tsx";
import { Untrusted } from "../../components/text.tsx";
import { formatValue } from "../../components/value.tsx";
import { strengthOf } from "./slice-layout.ts";

export function SliceMap({ slice, objective }: { readonly slice: SliceAnswer; readonly objective: Objective }) {
  const { x, y, mean, low, high, measured, base } = slice;
  if (y === null) return null;
  const all = mean.flat().filter((value) => value !== null);
  const byCell = Map.groupBy(measured, (one) => `${one.x} ${one.y}`);
  const isBase = (parameter: string, value: string | undefined) => String(base.config[parameter]) === value;
  return (
    <Scroll label={`${x.parameter} by ${y.parameter}`}>
      <table class="heat">
        <caption class="visually-hidden">
          Expected {objective.name} by {x.parameter} and {y.parameter}
        </caption>
        <thead>
          <tr>
            <th scope="col">
              <Untrusted text={y.parameter} /> ↓ <Untrusted text={x.parameter} /> →
            </th>
            {x.values.map((value) => (
              <th key={value} scope="col" class="center">
                <Untrusted text={value} />
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {/* As on an axis, the largest value is at the top. */}
          {y.values
            .map((value, row) => (
              <tr key={value}>
                <th scope="row">
                  <Untrusted text={value} />
                </th>
                {x.values.map((across, column) => {
                  const expected = mean[row]?.[column] ?? null;
                  if (expected === null) {
                    return (
                      <td key={across} class="outside" title="Outside of the search space">
                        <span class="visually-hidden">outside of the search space</span>
                      </td>
                    );
                  }
                  const [down, up] = [low[row]?.[column] ?? expected, high[row]?.[column] ?? expected];
                  const points = byCell.get(`${column} ${row}`) ?? [];
                  const own = points.filter(({ on_slice }) => on_slice).length;
                  const here = isBase(x.parameter, across) && isBase(y.parameter, value);
                  return (
                    <td
                      key={across}
                      class={here ? "best-cell" : ""}
                      style={{ "--strength": `${Math.round(4 + 46 * strengthOf(expected, all, objective))}%` }}
                      title={`95 % between ${formatValue(objective, down)} and ${formatValue(objective, up)}; measured: ${own} on this slice, ${points.length - own} others`}
                    >
                      <span class="number">{formatValue(objective, expected)}</span>
                      <span class="doubt">±{doubtOf(objective, expected, (up - down) / 2)}</span>
                      <span
                        class="dots"
                        aria-label={`${own} measured here, ${points.length - own} that differ in other parameters too`}
                        role="img"
                      >
                        {own > 0 && `● ${own}`}
                        {points.length > own && ` ○ ${points.length - own}`}
                      </span>
                    </td>
                  );
                })}
              </tr>
            ))
            .toReversed()}
        </tbody>
      </table>
    </Scroll>
  );
}

/** As a share where the objective is a ratio or a time, whose unit would change from cell to cell. */
function doubtOf(objective: Objective, expected: number, half: number): string {
  const relative = objective.name === "speedup" || objective.name === "time";
  return relative && expected > 0 ? `${formatNumber((half / expected) * 100, 2)} %` : formatValue(objective, half);
}
