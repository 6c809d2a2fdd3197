/** Each workload's best against its fastest baseline. */
import { useState } from "preact/hooks";
import type { Cell, CellsAnswer } from "../../../contract/landscape.ts";
import { formatCount, formatInterval, formatSpeedup, MISSING } from "../../components/format.ts";
import { Scroll } from "../../components/scroll.tsx";
import { Answer, Empty } from "../../components/states.tsx";
import { Untrusted } from "../../components/text.tsx";
import "../../draw/draw.css";
import { useQuery } from "../../data/query.ts";
import { place } from "../../state/location.ts";
import { CellDetail } from "./cell-detail.tsx";
import "./cells.css";
import { gridOf } from "./grid.ts";
import { extremeOf, toneOf } from "./tone.ts";

export function Cells() {
  const cells = useQuery("cells", { run: place.value.run ?? "" });
  return (
    <>
      <h1>Cells</h1>
      <Answer query={cells} label="Loading the cells">
        {(answer) =>
          answer.cells.every(({ baselines, speedup }) => speedup === null && Object.keys(baselines).length === 0) ? (
            <Empty title="Nothing to compare with so far">
              No candidate of this run was measured beside a baseline. Recorded spaces and functions have none.
            </Empty>
          ) : (
            <Body answer={answer} />
          )
        }
      </Answer>
    </>
  );
}

function Body({ answer }: { readonly answer: CellsAnswer }) {
  const { cells, about } = answer;
  const byName = new Map(cells.map((cell) => [cell.workload, cell]));
  const [selected, setSelected] = useState<string | null>(null);
  const grid = gridOf(cells.map(({ workload }) => workload));
  const extreme = extremeOf(cells.flatMap(({ speedup }) => (speedup === null ? [] : [speedup.value])));
  const measured = cells.filter(({ speedup }) => speedup !== null).length;
  const current = byName.get(selected ?? "") ?? bestOf(cells);
  const headed = grid.columns.length > 1;
  return (
    <>
      <dl class="stats">
        <div>
          <dt>Geometric mean</dt>
          <dd>
            {formatSpeedup(answer.speedup)}{" "}
            <small>against {about.objective.against ?? "the fastest baseline of each"}</small>
          </dd>
        </div>
        <div>
          <dt>Faster than every baseline</dt>
          <dd>
            {formatCount(answer.faster)} <small>of {formatCount(measured)} measured cells</small>
          </dd>
        </div>
        <div>
          <dt>Cells</dt>
          <dd>
            {formatCount(cells.length)}{" "}
            <small>
              {cells.length === measured ? "all measured" : `${cells.length - measured} not measured so far`}
            </small>
          </dd>
        </div>
      </dl>
      {!answer.per_workload && (
        <p class="note">
          One candidate serves all workloads of this run: each cell shows the run's best candidate there.
        </p>
      )}
      <div class="cells">
        <section class="panel">
          <header>
            <h2>Speedup against the fastest baseline</h2>
            <ul class="marks" aria-label="Legend">
              <li class="key-slower">Slower</li>
              <li class="key-even">No difference shown</li>
              <li class="key-faster">Faster</li>
            </ul>
          </header>
          <Scroll label="Heat map of the cells">
            <table class="heat cell-map">
              {headed && (
                <thead>
                  <tr>
                    <td />
                    {grid.columns.map((column) => (
                      <th key={column} scope="col" class="center">
                        <Untrusted text={column} />
                      </th>
                    ))}
                  </tr>
                </thead>
              )}
              <tbody>
                {grid.rows.map((row, at) => (
                  <tr key={row}>
                    <th scope="row">
                      <Untrusted text={row} />
                    </th>
                    {grid.at[at]?.map((workload, column) => {
                      const cell = workload === null ? undefined : byName.get(workload);
                      return (
                        <td key={grid.columns[column]}>
                          {cell !== undefined && (
                            <CellButton
                              cell={cell}
                              extreme={extreme}
                              selected={cell.workload === current?.workload}
                              onSelect={() => setSelected(cell.workload)}
                            />
                          )}
                        </td>
                      );
                    })}
                  </tr>
                ))}
              </tbody>
            </table>
          </Scroll>
        </section>
        {current !== undefined && <CellDetail cell={current} perWorkload={answer.per_workload} />}
      </div>
    </>
  );
}

interface CellButtonProps {
  readonly cell: Cell;
  readonly extreme: number;
  readonly selected: boolean;
  readonly onSelect: () => void;
}

function CellButton({ cell, extreme, selected, onSelect }: CellButtonProps) {
  const { side, strength } = toneOf(cell.speedup, extreme);
  const interval = formatInterval(cell.speedup?.low, cell.speedup?.high);
  return (
    <button
      type="button"
      class={`cell ${side}`}
      aria-pressed={selected}
      style={{ "--strength": strength }}
      onClick={onSelect}
      onKeyDown={(event) => moveFocus(event)}
    >
      <strong>{cell.speedup === null ? MISSING : formatSpeedup(cell.speedup.value)}</strong>
      {interval !== "" && <span>{interval}</span>}
    </button>
  );
}

/** The arrow keys go through the table as the eye does. */
function moveFocus(event: KeyboardEvent): void {
  const steps: Record<string, readonly [number, number]> = {
    ArrowLeft: [0, -1],
    ArrowRight: [0, 1],
    ArrowUp: [-1, 0],
    ArrowDown: [1, 0],
  };
  const step = steps[event.key];
  const own = event.currentTarget instanceof Element ? event.currentTarget.closest("td") : null;
  const row = own?.closest("tr");
  if (step === undefined || own === null || row === null || row === undefined) return;
  event.preventDefault();
  const rows = [...(row.parentElement?.children ?? [])];
  let [line, column] = [rows.indexOf(row), [...row.children].indexOf(own)];
  // Past workloads that are not there.
  for (;;) {
    [line, column] = [line + step[0], column + step[1]];
    const target = rows[line]?.children[column];
    const button = target?.querySelector("button");
    button?.focus();
    if (target === undefined || button) return;
  }
}

function bestOf(cells: readonly Cell[]): Cell | undefined {
  return cells.reduce<Cell | undefined>(
    (best, cell) => ((cell.speedup?.value ?? 0) > (best?.speedup?.value ?? 0) ? cell : best),
    cells[0],
  );
}
