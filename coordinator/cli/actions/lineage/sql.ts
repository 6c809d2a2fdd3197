/** What `coordinator lineage sql` does. */
import { existsSync } from "node:fs";
import { query } from "../../../lineage/queries/sql.ts";
import { researchPath } from "../../../lineage/research/database.ts";
import { sqlCell } from "../../lineage/row-views.ts";
import { hint, printJson, printTable } from "../../output.ts";
import { type LimitedOptions, limitOf, reading } from "./reading.ts";

export function sql(text: string, options: LimitedOptions): void {
  reading(options, ({ sqlite, path }) => {
    const research = researchPath(path);
    // On a connection that cannot write, neither can what is attached to it.
    if (existsSync(research)) sqlite.prepare("attach ? as research").run(research);
    const { columns, rows, more } = query(sqlite, text, limitOf(options));
    if (options.json) printJson(rows.map((row) => Object.fromEntries(columns.map((column, i) => [column, row[i]]))));
    else {
      printTable(
        columns.map((head, i) =>
          rows.every((row) => typeof row[i] === "number") ? { head, align: "right" } : { head },
        ),
        rows.map((row) => row.map(sqlCell)),
      );
    }
    if (more) hint(`Only the first ${rows.length} rows; see more with --limit N.`);
  });
}
