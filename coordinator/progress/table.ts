/** Tables for people: columns two blanks apart, no rules, so that they can be read, searched and copied. */
import { styleText } from "node:util";
import stringWidth from "string-width";

export interface Column {
  readonly head: string;
  /** Numbers are aligned to the right. */
  readonly align?: "left" | "right";
}

export interface TableOptions {
  /** Bold heads, where the terminal takes it. */
  readonly colours?: boolean;
  /** Set in from the left. */
  readonly indent?: number;
}

const GAP = "  ";

/** @returns lines without a line end at the last. A table without rows is its head. */
export function renderTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  options: TableOptions = {},
): string {
  return [...tableLines(columns, rows, options)].join("\n");
}

/** The lines one at a time: those of a hundred thousand rows need not be held together. */
export function* tableLines(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  { colours = false, indent = 0 }: TableOptions = {},
): Generator<string, void> {
  const widths = columns.map(({ head }) => widthOf(head));
  for (const row of rows) {
    for (const [at, cell] of row.entries()) widths[at] = Math.max(widths[at] ?? 0, widthOf(cell));
  }
  const left = " ".repeat(indent);
  const line = (cells: readonly string[], style: (cell: string) => string) =>
    (
      left +
      columns.map(({ align }, at) => padded(cells[at] ?? "", widths[at] as number, align ?? "left", style)).join(GAP)
    ).trimEnd();
  const bold = (cell: string): string =>
    colours && cell !== "" ? styleText("bold", cell, { validateStream: false }) : cell;
  const head = columns.map((column) => column.head);
  yield line(head, bold);
  for (const row of rows) yield line(row, (cell) => cell);
}

/** The same without columns whose every cell is `unknown`: their heads alone say nothing. */
export function renderKnown(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  unknown: string,
  options: TableOptions = {},
): string {
  const told = columns.map((_, at) => rows.some((row) => row[at] !== unknown));
  return renderTable(
    columns.filter((_, at) => told[at]),
    rows.map((row) => row.filter((_, at) => told[at])),
    options,
  );
}

/** Columns of the terminal; most cells hold nothing wide, and a table may have a hundred thousand rows. */
const widthOf = (text: string): number =>
  /^[\x20-\x7e\u00a0-\u00ff\u2010-\u2027]*$/.test(text) ? text.length : stringWidth(text);

function padded(cell: string, width: number, align: "left" | "right", style: (cell: string) => string): string {
  const blanks = " ".repeat(Math.max(0, width - widthOf(cell)));
  return align === "right" ? blanks + style(cell) : style(cell) + blanks;
}

/** True where bold heads are welcome: a terminal without NO_COLOR. */
export function wantsColours(stream: { isTTY?: boolean }): boolean {
  return stream.isTTY === true && (process.env.NO_COLOR ?? "") === "" && process.env.TERM !== "dumb";
}
