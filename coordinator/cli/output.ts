/** Where the reading commands write: tables for people, one JSON value for scripts. */
import { printable } from "@kevo/core/text/printable.ts";
import { type Column, tableLines, wantsColours } from "../progress/table.ts";

/** Enough that a write costs little, and few enough that nothing large is held. */
const LINES_AT_ONCE = 1000;

export function printJson(value: unknown): void {
  write(jsonOf(value));
}

/** The same for a list that may be long: its values are read one at a time. */
export function printJsonList(values: Iterable<unknown>): void {
  let [text, count] = ["[", 0];
  for (const value of values) {
    text += `${count++ === 0 ? "" : ","}${jsonOf(value)}`;
    if (count % LINES_AT_ONCE > 0) continue;
    write(text, "");
    text = "";
  }
  write(`${text}]`);
}

function jsonOf(value: unknown): string {
  // JSON escapes most control characters by itself.
  return JSON.stringify(value).replace(/\p{Cc}/gu, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

export function printTable(columns: readonly Column[], rows: readonly (readonly string[])[]): void {
  let lines: string[] = [];
  for (const line of tableLines(columns, rows, { colours: wantsColours(process.stdout) })) {
    if (lines.push(line) < LINES_AT_ONCE) continue;
    print(lines.join("\n"));
    lines = [];
  }
  if (lines.length > 0) print(lines.join("\n"));
}

/** Of what others wrote, no escape reaches the terminal. */
export function print(text: string): void {
  write(printable(text));
}

function write(text: string, end = "\n"): void {
  // A reader that has seen enough, such as `head`, is no failure.
  if (process.stdout.listenerCount("error", leaveQuietly) === 0) process.stdout.on("error", leaveQuietly);
  process.stdout.write(text + end);
}

/** Remarks beside the answer, which must not be part of it. */
export function hint(text: string): void {
  process.stderr.write(`${printable(text)}\n`);
}

/** Width for tables: the terminal's, and no limit where the output goes to a file or a pipe. */
export function outputWidth(): number {
  // A terminal that does not know its width says 0.
  return (process.stdout.isTTY && process.stdout.columns) || Number.POSITIVE_INFINITY;
}

function leaveQuietly(error: NodeJS.ErrnoException): void {
  if (error.code !== "EPIPE") throw error;
  process.exit(0);
}
