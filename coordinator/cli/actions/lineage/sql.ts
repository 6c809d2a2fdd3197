/** What `coordinator lineage sql` does. */

import { parseDuration } from "@kevo/core/config/duration.ts";
import { counted } from "@kevo/core/text/plural.ts";
import { query } from "../../../lineage/queries/sql.ts";
import { withinTime } from "../../../lineage/queries/time-limit.ts";
import { attachResearch } from "../../../lineage/research-file.ts";
import { sqlCell } from "../../lineage/row-views.ts";
import { hint, printJson, printTable } from "../../output.ts";
import { type LimitedOptions, limitOf, reading } from "./reading.ts";

interface SqlOptions extends LimitedOptions {
  readonly timeout: string;
}

export function sql(text: string, options: SqlOptions): void {
  const limitMs = parseDuration(options.timeout, "--timeout") * 1000;
  const tooLong = `coordinator: the query took longer than ${options.timeout} and was ended; allow more with --timeout.`;
  reading(options, (open) => {
    attachResearch(open);
    const { columns, rows, more } = withinTime(limitMs, tooLong, () => query(open.sqlite, text, limitOf(options)));
    if (options.json) printJson(rows.map((row) => Object.fromEntries(columns.map((column, i) => [column, row[i]]))));
    else {
      printTable(
        columns.map((head, i) =>
          rows.every((row) => typeof row[i] === "number") ? { head, align: "right" } : { head },
        ),
        rows.map((row) => row.map(sqlCell)),
      );
    }
    if (more) hint(`Showing the first ${counted(rows.length, "row")}; show more with --limit N.`);
  });
}
