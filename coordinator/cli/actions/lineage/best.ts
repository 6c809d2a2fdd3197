/** What `coordinator lineage best` does. */
import { UserError } from "@kevo/core/errors/user-error.ts";
import { shellWord } from "@kevo/core/program/shell-word.ts";
import { commandFor } from "../../../lineage/command.ts";
import { bestByDevice, bestByWorkload, bestOf } from "../../../lineage/queries/best.ts";
import { failedFinalists } from "../../../lineage/queries/finalists.ts";
import { quietnessOf } from "../../../lineage/queries/quietness.ts";
import { resolveRun } from "../../../lineage/queries/resolve.ts";
import { winnersTimes } from "../../../lineage/queries/workloads.ts";
import { bestView } from "../../lineage/candidate-views.ts";
import { hint, print, printJson } from "../../output.ts";
import type { ReadOptions } from "../../read-options.ts";
import { colours, reading } from "./reading.ts";

export function best(text: string | undefined, options: ReadOptions): void {
  reading(options, ({ db, path }) => {
    const run = resolveRun(db, text);
    const ranked = bestOf(db, run.id);
    if (ranked === null) {
      throw new UserError(
        `Run ${run.id} has no measured candidate yet, so it has no best. To see failures: ${commandFor(`lineage failures ${run.id}`, path)}`,
      );
    }
    const found = {
      run: run.id,
      ...ranked,
      workloads: winnersTimes(db, run.id),
      best_by_workload: Object.fromEntries(bestByWorkload(db, run.id)),
      best_by_device: Object.fromEntries(bestByDevice(db, run.id)),
      failed_finalists: failedFinalists(db, run.id),
      quietness: quietnessOf(db, run.id),
    };
    if (options.json) {
      printJson(found);
      return;
    }
    print(bestView(found, colours()));
    if (run.backend !== "replay") {
      hint(`To use it: ${commandFor(`export ${run.id} --out ${shellWord(`${run.kernel}-tuned`)}`, path)}`);
    }
  });
}
