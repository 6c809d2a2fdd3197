/** What `research-stage optimise-prompts` does. */

import { randomBytes } from "node:crypto";
import { dirname, join, resolve } from "node:path";
import { parseInteger, parseNumber } from "@kevo/core/config/number.ts";
import { UserError } from "@kevo/core/errors/user-error.ts";
import { ownCommand } from "@kevo/core/program/own-command.ts";
import { openSession, requireModel } from "../../pipeline/open-session.ts";
import { optimisePrompts } from "../../pipeline/optimise-prompts.ts";
import { researchOptions } from "../../session/options.ts";
import { newFenceSecret } from "../../sources/defence/fence.ts";
import { openResearch } from "../../store/database.ts";
import { createRun, findRun, type ResearchRun } from "../../store/store.ts";
import { say } from "../foreground.ts";

export interface OptimiseOptions {
  readonly out: string;
  readonly budgetUsd: string;
  readonly evaluations: string;
  readonly threshold: string;
  readonly db: string;
  readonly json?: boolean;
}

export async function optimise(id: string | undefined, given: OptimiseOptions): Promise<void> {
  const budget_usd = parseNumber(given.budgetUsd, "--budget-usd", { min: 0, max: 1_000_000 });
  const evaluations = parseInteger(given.evaluations, "--evaluations", { min: 1, max: 1_000_000 });
  const threshold = parseNumber(given.threshold, "--threshold", { min: 0, max: 1000 });
  const research = openResearch(given.db, { existing: true });
  try {
    const teacher = findRun(research.db, id);
    if (teacher === undefined) {
      const none = id === undefined ? "no research run yet" : `no research run ${id}`;
      throw new UserError(`There is ${none}. Start one with: ${ownCommand("research-stage")} run`, 2);
    }
    const options = researchOptions.parse({
      ...researchOptions.parse(JSON.parse(teacher.options)),
      goal: "optimise-prompts",
      budget_usd,
      evaluations,
    });
    requireModel(options, process.env);
    const run = `${teacher.id}-prompts-${randomBytes(2).toString("hex")}`;
    const folder = resolve(join(dirname(given.db), "research", run));
    createRun(research.db, {
      id: run,
      domain: teacher.domain,
      options: JSON.stringify(options),
      folder,
      secret: newFenceSecret(),
      createdAt: Date.now(),
    });
    const { session, close } = await openSession({
      research,
      run: findRun(research.db, run) as ResearchRun,
      folder,
      recording: null,
      environment: process.env,
      say,
      signal: new AbortController().signal,
    });
    try {
      const learnt = await optimisePrompts(session, teacher.id, threshold, resolve(given.out));
      if (given.json) process.stdout.write(`${JSON.stringify(learnt)}\n`);
      else say(`${learnt.bootstrapped} of ${learnt.tried} tries became examples: ${learnt.file}`);
    } finally {
      await close();
    }
  } finally {
    research.close();
  }
}
