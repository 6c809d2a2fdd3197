/** What `coordinator lineage sql` does. */
import { query } from "../../../lineage/queries/sql.ts";
import { attachResearch } from "../../../lineage/research-file.ts";
import { sqlCell } from "../../lineage/row-views.ts";
import { hint, printJson, printTable } from "../../output.ts";
import { type LimitedOptions, limitOf, reading } from "./reading.ts";

export function sql(text: string, options: LimitedOptions): void {
  reading(options, (open) => {
    attachResearch(open);
    const { columns, rows, more } = query(open.sqlite, text, limitOf(options));
    if (options.json) printJson(rows.map((row) => Object.fromEntries(columns.map((column, i) => [column, row[i]]))));
    else {
      printTable(
        columns.map((head, i) =>
          rows.every((row) => typeof row[i] === "number") ? { head, align: "right" } : { head },
        ),
        rows.map((row) => row.map(sqlCell)),
      );
    }
    if (more) hint(`Showing the first ${rows.length} rows; show more with --limit N.`);
  });
}
