/** A table of any length: only the rows in view are in the page. */
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { OUTCOME_KIND } from "../../components/names.ts";
import { Untrusted } from "../../components/text.tsx";
import { visibleText } from "../../components/untrusted.ts";
import { useKeys } from "../../state/keys.ts";
import { type Column, IN_FIRST_LINE, nextSorting, type Sorting, secondLine } from "./columns.ts";
import type { RowWindows } from "./row-windows.ts";

const ROW = 30;
/** Where the columns would not fit, a row has two lines. */
const TWO_LINES = 52;
const NARROW = 560;
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
  const [view, setView] = useState({ top: 0, height: 600, width: NARROW });
  const [selected, setSelected] = useState(0);
  const { matched } = rows.state.value;
  rows.changes.value;
  const narrow = view.width < NARROW;
  const tall = narrow ? TWO_LINES : ROW;
  const first = Math.max(0, Math.floor(view.top / tall) - AHEAD);
  const last = Math.min(matched, Math.ceil((view.top + view.height) / tall) + AHEAD);
  useEffect(() => rows.show(first, Math.max(first, last - 1)), [first, last]);
  useLayoutEffect(() => {
    const element = body.current;
    if (element === null) return;
    const measure = () => setView({ top: element.scrollTop, height: element.clientHeight, width: element.clientWidth });
    measure();
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
    const inside = element.clientHeight - tall;
    if (next * tall < element.scrollTop) element.scrollTop = next * tall;
    if ((next + 1) * tall > element.scrollTop + inside) element.scrollTop = (next + 1) * tall - inside;
  };
  const open = (index: number) => {
    const row = rows.row(index);
    if (row !== null) onOpen(row.candidate);
  };
  const page = Math.max(1, Math.floor(view.height / tall) - 2);
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
  const shown = narrow ? columns.slice(0, IN_FIRST_LINE) : columns;
  const template = narrow ? "minmax(0, 1fr) auto" : columns.map(({ width }) => `${width}px`).join(" ");
  const full = narrow ? view.width : columns.reduce((sum, { width }) => sum + width, 0);
  return (
    <div
      ref={body}
      class={narrow ? "rows narrow" : "rows"}
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
        {narrow ? (
          <NarrowHead columns={columns} sorting={sorting} onSort={onSort} />
        ) : (
          columns.map((one) => <Head key={one.sort} column={one} sorting={sorting} onSort={onSort} />)
        )}
      </div>
      <div role="rowgroup" class="row-space" style={{ height: `${matched * tall}px`, width: `${full}px` }}>
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
              style={{ transform: `translateY(${index * tall}px)`, gridTemplateColumns: template }}
              onClick={() => {
                setSelected(index);
                open(index);
              }}
            >
              {shown.map((column, at) => (
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
              {narrow && (
                <span role="gridcell" class="second note">
                  {row === null ? <i class="blank" /> : secondLine(row)}
                </span>
              )}
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
  /** The arrow alone: the name stands beside it. */
  readonly short?: boolean;
}

/** All columns can be sorted by, also those that a narrow row does not show. */
function NarrowHead({ columns, sorting, onSort }: Pick<TableProps, "columns" | "sorting" | "onSort">) {
  const sorted = columns.find(({ sort }) => sort === sorting.sort);
  return (
    <>
      <span role="columnheader">
        <select
          aria-label="Sort by"
          value={sorting.sort}
          onChange={({ currentTarget }) => onSort(nextSorting(sorting, currentTarget.value))}
        >
          {columns.map((one) => (
            <option key={one.sort} value={one.sort}>
              {`Sort by ${visibleText(one.title)}`}
            </option>
          ))}
        </select>
      </span>
      {sorted !== undefined && <Head column={{ ...sorted, right: true }} sorting={sorting} onSort={onSort} short />}
    </>
  );
}

function Head({ column, sorting, onSort, short = false }: HeadProps) {
  const isSorted = sorting.sort === column.sort;
  const rises = sorting.order === "up" || sorting.order === "worst";
  return (
    <span
      role="columnheader"
      aria-sort={isSorted ? (rises ? "ascending" : "descending") : "none"}
      class={column.right ? "right" : ""}
    >
      <button
        type="button"
        aria-label={short ? "Turn the order round" : undefined}
        onClick={() => onSort(nextSorting(sorting, column.sort))}
      >
        {short ? null : column.foreign ? <Untrusted text={column.title} /> : column.title}
        {isSorted && <i aria-hidden="true">{rises ? "↑" : "↓"}</i>}
      </button>
    </span>
  );
}
