import type { RunSummary, RunsAnswer } from "../../../contract/runs.ts";
import { counted } from "../../components/format.ts";
import { Answer, Empty } from "../../components/states.tsx";
import { Untrusted } from "../../components/text.tsx";
import { useQuery } from "../../data/query.ts";
import { useKeys } from "../../state/keys.ts";
import { place, setParams } from "../../state/location.ts";
import { Comparison } from "./comparison.tsx";
import { matches, ORDER_NAME, ORDERS, type Order, sorted } from "./order.ts";
import { RunTable } from "./run-table.tsx";
import "./runs.css";

import { MAX_COMPARED } from "./limits.ts";

export function Runs() {
  const query = useQuery("runs");
  const { params } = place.value;
  const filter = params.get("filter") ?? "";
  const order = ORDERS.find((one) => one === params.get("sort")) ?? "started";
  useRowKeys();
  return (
    <>
      <h1>Runs</h1>
      <Answer query={query} label="Loading the runs">
        {(answer) => <List answer={answer} filter={filter} order={order} />}
      </Answer>
    </>
  );
}

interface ListProps {
  readonly answer: RunsAnswer;
  readonly filter: string;
  readonly order: Order;
}

function List({ answer, filter, order }: ListProps) {
  const shown = sorted(
    answer.runs.filter((run) => matches(run, filter)),
    order,
  );
  const known = new Set(answer.runs.map(({ run }) => run));
  const compared = place.value.params
    .getAll("compare")
    .flatMap((text) => text.split(","))
    .filter((run) => known.has(run));
  if (answer.runs.length === 0) {
    return (
      <section class="panel">
        <Empty title="No run is stored here yet.">
          Start one with <code>coordinator start</code>. It appears here at once.
        </Empty>
      </section>
    );
  }
  return (
    <>
      {compared.length >= 2 && <Comparison runs={compared} />}
      <section class="panel" aria-label="All runs">
        <header>
          <Controls filter={filter} order={order} />
          <span class="note" role="status">
            {shown.length === answer.runs.length
              ? counted(shown.length, "run")
              : `${shown.length} of ${counted(answer.runs.length, "run")}`}
            {compared.length === 1 && " · select another one to compare"}
          </span>
        </header>
        {shown.length === 0 ? (
          <Empty title="No run matches the filter." />
        ) : (
          <RunTable runs={shown} compared={compared} onCompare={(run) => toggle(run, compared)} />
        )}
      </section>
      <p class="note">
        <Untrusted text={answer.database} /> · {answer.version}
      </p>
    </>
  );
}

function toggle({ run }: RunSummary, compared: readonly string[]): void {
  const next = compared.includes(run) ? compared.filter((one) => one !== run) : [...compared, run];
  setParams({ compare: next.slice(-MAX_COMPARED).join(",") });
}

function Controls({ filter, order }: { readonly filter: string; readonly order: Order }) {
  return (
    <div class="controls">
      <input
        type="search"
        data-filter
        aria-label="Filter runs"
        placeholder="Filter by run, kernel, device, state …"
        value={filter}
        onInput={({ currentTarget }) => setParams({ filter: currentTarget.value })}
      />
      <select
        aria-label="Order"
        value={order}
        onChange={({ currentTarget }) =>
          setParams({ sort: currentTarget.value === "started" ? null : currentTarget.value })
        }
      >
        {ORDERS.map((one) => (
          <option key={one} value={one}>
            {ORDER_NAME[one]}
          </option>
        ))}
      </select>
    </div>
  );
}

function useRowKeys(): void {
  const move = (by: number) => {
    const rows = [...document.querySelectorAll<HTMLElement>("a[data-row]")];
    const from = rows.indexOf(document.activeElement as HTMLElement);
    rows[Math.min(rows.length - 1, Math.max(0, from + by))]?.focus();
  };
  const compare = () =>
    (document.activeElement?.closest("tr")?.querySelector("input[type=checkbox]") as HTMLElement | null)?.click();
  useKeys("Runs", [
    { key: "j", does: "Next run", run: () => move(1) },
    { key: "k", does: "Previous run", run: () => move(-1) },
    { key: "x", does: "Compare the run, or no longer", run: compare },
  ]);
}
