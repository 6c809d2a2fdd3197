/** A table of any length: only the rows in view are in the page. */
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { OUTCOME_KIND } from "../../components/names.ts";
import { Untrusted } from "../../components/text.tsx";
import { useKeys } from "../../state/keys.ts";
import { type Column, nextSorting, type Sorting } from "./columns.ts";
import type { RowWindows } from "./row-windows.ts";

const ROW = 30;
/** Rows beyond the view that are drawn in advance. */
const AHEAD = 8;

interface TableProps {
  readonly rows: RowWindows;
  readonly columns: readonly Column[];
  readonly sorting: Sorting;
  readonly onSort: (sorting: Sorting) => void;
  readonly opened: string | null;
  readonly onOpen: (candidate: string) => void;
}

export function Table({ rows, columns, sorting, onSort, opened, onOpen }: TableProps) {
  const body = useRef<HTMLDivElement>(null);
  const [view, setView] = useState({ top: 0, height: 600 });
  const [selected, setSelected] = useState(0);
  const { matched } = rows.state.value;
  rows.changes.value;
  const first = Math.max(0, Math.floor(view.top / ROW) - AHEAD);
  const last = Math.min(matched, Math.ceil((view.top + view.height) / ROW) + AHEAD);
  useEffect(() => rows.show(first, Math.max(first, last - 1)), [first, last]);
  useLayoutEffect(() => {
    const element = body.current;
    if (element === null) return;
    const measure = () => setView({ top: element.scrollTop, height: element.clientHeight });
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    element.addEventListener("scroll", measure, { passive: true });
    return () => {
      observer.disconnect();
      element.removeEventListener("scroll", measure);
    };
  }, []);
  const select = (index: number) => {
    const next = Math.min(Math.max(0, matched - 1), Math.max(0, index));
    setSelected(next);
    const element = body.current;
    if (element === null) return;
    const inside = element.clientHeight - ROW;
    if (next * ROW < element.scrollTop) element.scrollTop = next * ROW;
    if ((next + 1) * ROW > element.scrollTop + inside) element.scrollTop = (next + 1) * ROW - inside;
  };
  const open = (index: number) => {
    const row = rows.row(index);
    if (row !== null) onOpen(row.candidate);
  };
  const page = Math.max(1, Math.floor(view.height / ROW) - 2);
  const keys = [
    { key: "j", does: "Next row", run: () => select(selected + 1) },
    { key: "k", does: "Previous row", run: () => select(selected - 1) },
    { key: "ArrowDown", does: "Next row", run: () => select(selected + 1) },
    { key: "ArrowUp", does: "Previous row", run: () => select(selected - 1) },
    { key: "PageDown", does: "A page down", run: () => select(selected + page) },
    { key: "PageUp", does: "A page up", run: () => select(selected - page) },
    { key: "Home", does: "First row", run: () => select(0) },
    { key: "End", does: "Last row", run: () => select(matched - 1) },
  ];
  useKeys("Candidates", [
    ...keys,
    { key: "o", does: "Open the row (or Enter in the table)", run: () => open(selected) },
  ]);
  const template = columns.map(({ width }) => `${width}px`).join(" ");
  const full = columns.reduce((sum, { width }) => sum + width, 0);
  return (
    <div
      ref={body}
      class="rows"
      role="grid"
      aria-label="Candidates"
      aria-rowcount={matched + 1}
      aria-activedescendant={selected >= first && selected < last ? `row-${selected}` : undefined}
      tabIndex={0}
      onKeyDown={(event) => {
        if (event.key !== "Enter" || event.target !== event.currentTarget) return;
        event.preventDefault();
        open(selected);
      }}
    >
      <div class="row head" role="row" aria-rowindex={1} style={{ gridTemplateColumns: template, width: `${full}px` }}>
        {columns.map((one) => (
          <Head key={one.sort} column={one} sorting={sorting} onSort={onSort} />
        ))}
      </div>
      <div role="rowgroup" class="row-space" style={{ height: `${matched * ROW}px`, width: `${full}px` }}>
        {Array.from({ length: Math.max(0, last - first) }, (_, at) => first + at).map((index) => {
          const row = rows.row(index);
          const isOpen = row !== null && row.candidate === opened;
          return (
            // biome-ignore lint/a11y/useKeyWithClickEvents: the grid takes the keys for its rows
            <div
              key={index}
              id={`row-${index}`}
              role="row"
              tabIndex={-1}
              aria-rowindex={index + 2}
              aria-selected={index === selected}
              class={`row ${index === selected ? "selected" : ""} ${isOpen ? "open" : ""}`}
              style={{ transform: `translateY(${index * ROW}px)`, gridTemplateColumns: template }}
              onClick={() => {
                setSelected(index);
                open(index);
              }}
            >
              {columns.map((column, at) => (
                <span
                  key={column.sort}
                  role="gridcell"
                  class={`${column.right ? "right" : ""} ${column.foreign ? "mono" : ""} ${at === 0 && row !== null ? `status ${OUTCOME_KIND[row.status]}` : ""}`}
                >
                  {row === null ? (
                    <i class="blank" />
                  ) : column.foreign ? (
                    <Untrusted text={column.text(row)} />
                  ) : (
                    column.text(row)
                  )}
                </span>
              ))}
            </div>
          );
        })}
      </div>
    </div>
  );
}

interface HeadProps {
  readonly column: Column;
  readonly sorting: Sorting;
  readonly onSort: (sorting: Sorting) => void;
}

function Head({ column, sorting, onSort }: HeadProps) {
  const isSorted = sorting.sort === column.sort;
  const rises = sorting.order === "up" || sorting.order === "worst";
  return (
    <span
      role="columnheader"
      aria-sort={isSorted ? (rises ? "ascending" : "descending") : "none"}
      class={column.right ? "right" : ""}
    >
      <button type="button" onClick={() => onSort(nextSorting(sorting, column.sort))}>
        {column.foreign ? <Untrusted text={column.title} /> : column.title}
        {isSorted && <i aria-hidden="true">{rises ? "↑" : "↓"}</i>}
      </button>
    </span>
  );
}
