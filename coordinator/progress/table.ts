/** Tables for people: columns two blanks apart, no rules, so that they can be read, searched and copied. */
import Table from "cli-table3";

export interface Column {
  readonly head: string;
  /** Numbers stand to the right. */
  readonly align?: "left" | "right";
}

export interface TableOptions {
  /** Bold heads, where the terminal takes it. */
  readonly colours?: boolean;
  /** Set in from the left. */
  readonly indent?: number;
}

const NO_RULES = Object.fromEntries(
  ["top", "bottom", "left", "right", "mid"].flatMap((side) => [
    [side, ""],
    [`${side}-mid`, ""],
    [`${side}-left`, ""],
    [`${side}-right`, ""],
  ]),
);

/** @returns lines without a line end at the last. A table without rows is its head. */
export function renderTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  { colours = false, indent = 0 }: TableOptions = {},
): string {
  const table = new Table({
    head: columns.map((column) => column.head),
    colAligns: columns.map((column) => column.align ?? "left"),
    chars: { ...NO_RULES, middle: "  " },
    style: { "padding-left": 0, "padding-right": 0, head: colours ? ["bold"] : [], border: [], compact: true },
  });
  for (const row of rows) table.push([...row]);
  const blanks = " ".repeat(indent);
  return table
    .toString()
    .split("\n")
    .map((line) => (blanks + line).trimEnd())
    .join("\n");
}

/** True where bold heads are welcome: a terminal, and nobody set NO_COLOR. */
export function wantsColours(stream: { isTTY?: boolean }): boolean {
  return stream.isTTY === true && (process.env.NO_COLOR ?? "") === "" && process.env.TERM !== "dumb";
}
