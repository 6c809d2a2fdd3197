/** What `research-stage resume` does. */
import { resolve } from "node:path";
import { parseNumber } from "@kevo/core/config/number.ts";
import { UserError } from "@kevo/core/errors/user-error.ts";
import { requireModel } from "../../pipeline/open-session.ts";
import { readRecording } from "../../pipeline/recording.ts";
import { researchOptions } from "../../session/options.ts";
import { openResearch } from "../../store/database.ts";
import { findRun, setRun } from "../../store/store.ts";
import { runInForeground } from "../foreground.ts";
import { SHIPPED } from "./run.ts";

export interface ResumeOptions {
  readonly budgetUsd?: string;
  readonly db: string;
  readonly recording?: string | true;
  readonly record?: string;
  readonly json?: boolean;
}

export async function resumeResearch(id: string | undefined, given: ResumeOptions): Promise<void> {
  const recording =
    given.recording === undefined ? null : readRecording(given.recording === true ? SHIPPED : given.recording);
  const budget_usd =
    given.budgetUsd === undefined
      ? undefined
      : parseNumber(given.budgetUsd, "--budget-usd", { min: 0, max: 1_000_000 });
  const research = openResearch(given.db, { existing: true });
  try {
    const known = findRun(research.db, id);
    if (known === undefined) {
      throw new UserError(
        `${id === undefined ? "There is no research run yet" : `There is no research run ${id}`}.`,
        2,
      );
    }
    const options = researchOptions.parse(JSON.parse(known.options));
    if (recording === null) requireModel(options, process.env);
    if (budget_usd !== undefined) {
      setRun(research.db, known.id, { options: JSON.stringify({ ...options, budget_usd }) });
    }
    const run = findRun(research.db, known.id) ?? known;
    await runInForeground({
      research,
      run,
      recording,
      record: given.record === undefined ? null : resolve(given.record),
      json: given.json === true,
    });
  } finally {
    research.close();
  }
}
