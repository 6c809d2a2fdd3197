/** Every candidate of a run: filtered and sorted by the server, opened beside the table. */
import { useEffect, useLayoutEffect, useMemo } from "preact/hooks";
import { MAX_FILTER } from "../../../contract/candidates.ts";
import { ENDPOINTS } from "../../../contract/endpoints.ts";
import { counted, formatCount } from "../../components/format.ts";
import { Empty, Failure } from "../../components/states.tsx";
import { revision } from "../../data/live.ts";
import { addressOf } from "../../data/query.ts";
import { useKeys } from "../../state/keys.ts";
import { at, place, setParams } from "../../state/location.ts";
import { columnsOf, type Sorting } from "./columns.ts";
import { Detail } from "./detail.tsx";
import { RowWindows } from "./row-windows.ts";
import { Table } from "./table.tsx";
import "./candidates.css";

const TOO_LONG = `A filter has at most ${formatCount(MAX_FILTER)} characters.`;

export function Candidates() {
  const { run, params } = place.value;
  const filter = params.get("filter") ?? "";
  const sorting: Sorting = { sort: params.get("sort") ?? "value", order: params.get("order") ?? "best" };
  const opened = params.get("candidate");
  const isLong = filter.length > MAX_FILTER;
  const rows = useMemo(() => new RowWindows(), [run]);
  const position = at.value;
  // At once, not after the next frame: a person waits for it.
  useLayoutEffect(() => {
    if (run === null || isLong) return;
    const query = { filter, sort: sorting.sort, order: sorting.order };
    rows.ask((offset, limit) => addressOf(ENDPOINTS.candidates, { run }, { ...query, offset, limit }));
    return () => rows.stop();
  }, [rows, isLong, filter, sorting.sort, sorting.order, position]);
  useEffect(() => {
    if (position !== null) return;
    let seen = revision.peek();
    return revision.subscribe((now) => {
      if (now !== seen) rows.refresh();
      seen = now;
    });
  }, [rows, position]);
  useKeys(
    "Candidate",
    opened === null ? [] : [{ key: "Escape", does: "Close the candidate", run: () => setParams({ candidate: null }) }],
  );
  const { state } = rows;
  const { total, matched, parameters, objective, error, answered } = state.value;
  const trouble = isLong ? TOO_LONG : (error?.message ?? null);
  if (run === null) return <Failure message="This page needs a run." />;
  return (
    <div class={`candidates ${opened === null ? "" : "with-detail"}`}>
      <section class="list" aria-label="Candidates">
        <h1 class="visually-hidden">Candidates</h1>
        <div class="filter-line">
          <Filter value={filter} wrong={isLong || (error !== null && error.column !== null)} />
          <span class="note" role="status" data-testid="matched">
            {matched === total
              ? counted(total, "candidate")
              : `${formatCount(matched)} of ${counted(total, "candidate")}`}
          </span>
        </div>
        {trouble !== null && (
          <p id="filter-trouble" class="trouble" role="alert">
            {trouble}
          </p>
        )}
        {answered && matched === 0 ? (
          <div class="panel">
            <Empty title={total === 0 ? "No candidate has been proposed yet." : "No candidate matches the filter."} />
          </div>
        ) : (
          <Table
            rows={rows}
            columns={columnsOf(parameters, objective)}
            sorting={sorting}
            onSort={(next) => setParams({ sort: next.sort, order: next.order })}
            opened={opened}
            onOpen={(candidate) => setParams({ candidate })}
          />
        )}
      </section>
      {opened !== null && <Detail key={opened} candidate={opened} onClose={() => setParams({ candidate: null })} />}
    </div>
  );
}

function Filter({ value, wrong }: { readonly value: string; readonly wrong: boolean }) {
  return (
    <input
      type="search"
      data-filter
      class="mono"
      spellcheck={false}
      autocomplete="off"
      aria-label="Filter by an expression"
      aria-invalid={wrong}
      aria-describedby={wrong ? "filter-trouble" : undefined}
      placeholder={'status == "ok" and value > 1.2'}
      value={value}
      onInput={({ currentTarget }) => setParams({ filter: currentTarget.value })}
      onKeyDown={(event) => {
        if (event.key === "Escape") event.currentTarget.blur();
      }}
    />
  );
}
