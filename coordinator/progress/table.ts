/** Tables for people: columns two blanks apart, no rules, so that they can be read, searched and copied. */
import { styleText } from "node:util";
import stringWidth from "string-width";

export interface Column {
  readonly head: string;
  /** To the right: numbers and nothing else, so that no character of a cell takes more than one column. */
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
  const heads = columns.map(({ head }) => head);
  const widths = heads.map(widthOf);
  const toRight = columns.map(({ align }) => align === "right");
  // A column of narrow characters alone, as most are, is padded by its length: nothing is looked at twice.
  const isNarrow = heads.map((head) => NARROW.test(head));
  for (const row of rows) {
    for (let at = 0; at < widths.length; at++) {
      const cell = row[at] ?? "";
      const narrow = toRight[at] || NARROW.test(cell);
      const width = narrow ? cell.length : stringWidth(cell);
      if (!narrow) isNarrow[at] = false;
      if (width > (widths[at] as number)) widths[at] = width;
    }
  }
  const left = " ".repeat(indent);
  const line = (cells: readonly string[], style?: (cell: string) => string) => {
    let text = left;
    for (let at = 0; at < widths.length; at++) {
      if (at > 0) text += GAP;
      const [cell, width] = [cells[at] ?? "", widths[at] as number];
      if (isNarrow[at] && style === undefined) {
        text += toRight[at] ? cell.padStart(width) : cell.padEnd(width);
        continue;
      }
      const blanks = " ".repeat(Math.max(0, width - widthOf(cell)));
      const styled = style === undefined ? cell : style(cell);
      text += toRight[at] ? blanks + styled : styled + blanks;
    }
    return text.trimEnd();
  };
  const bold = (cell: string): string => (cell === "" ? cell : styleText("bold", cell, { validateStream: false }));
  yield line(
    columns.map((column) => column.head),
    colours ? bold : undefined,
  );
  for (const row of rows) yield line(row);
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

/** Characters of one column each; most cells hold nothing else, and a table may have a hundred thousand rows. */
const NARROW = /^[\x20-\x7e\u00a0-\u00ff\u2010-\u2027]*$/;

/** Columns of the terminal. */
const widthOf = (text: string): number => (NARROW.test(text) ? text.length : stringWidth(text));

/** True where bold heads are welcome: a terminal without NO_COLOR. */
export function wantsColours(stream: { isTTY?: boolean }): boolean {
  return stream.isTTY === true && (process.env.NO_COLOR ?? "") === "" && process.env.TERM !== "dumb";
}
