/** What `research-stage run` and `research-stage discover` do. */

import { randomBytes, randomInt } from "node:crypto";
import { statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { formatAddress, parseAddress } from "@kevo/core/config/address.ts";
import { makeFolder } from "@kevo/core/config/folder.ts";
import { parseInteger, parseNumber } from "@kevo/core/config/number.ts";
import { UserError } from "@kevo/core/errors/user-error.ts";
import { ownCommand } from "@kevo/core/program/own-command.ts";
import type { Command } from "commander";
import { requireModel } from "../../pipeline/open-session.ts";
import { type Recording, readRecording } from "../../pipeline/recording.ts";
import { libraryOf } from "../../session/library.ts";
import { MAX_LENGTH, type ResearchOptions, researchOptions } from "../../session/options.ts";
import { newFenceSecret } from "../../sources/defence/fence.ts";
import { openResearch } from "../../store/database.ts";
import { createRun, findRun, type ResearchRun } from "../../store/store.ts";
import { runInForeground, say } from "../foreground.ts";

/** The demonstration that comes with the project. */
export const SHIPPED = fileURLToPath(new URL("../../demonstration/recording.json.gz", import.meta.url));

export interface RunOptions {
  readonly domain?: string;
  readonly rounds: string;
  readonly budgetUsd: string;
  readonly backend: ResearchOptions["backend"];
  readonly ideas: string;
  readonly implement: string;
  readonly constraints: string;
  readonly model?: string;
  readonly fastModel?: string;
  readonly maxResults: string;
  readonly author: string[];
  readonly archive: ResearchOptions["archive"];
  readonly since?: string;
  readonly until?: string;
  readonly evaluations: string;
  readonly islands: string;
  readonly workload: string[];
  readonly seed?: string;
  readonly evaluator: string[];
  readonly prompts?: string;
  readonly out?: string;
  readonly db: string;
  readonly recording?: string | true;
  readonly record?: string;
  readonly synthetic?: boolean;
  readonly json?: boolean;
}

export async function startResearch(goal: "run" | "discover", given: RunOptions, command: Command): Promise<void> {
  if (given.recording !== undefined) {
    sayWithoutEffect(command);
    return replay(given, given.recording === true ? SHIPPED : given.recording);
  }
  const options = optionsOf(given, goal);
  requireModel(options, process.env);
  await libraryOf(options.backend, options.workloads);
  const id = `${new Date().toISOString().slice(0, 10).replaceAll("-", "")}-research-${randomBytes(2).toString("hex")}`;
  await start(given, { id, options, secret: newFenceSecret(), createdAt: Date.now() }, null);
}

/** A recorded run keeps its name and its day, so that its report is the same. */
async function replay(given: RunOptions, path: string): Promise<void> {
  if (given.domain !== undefined) {
    throw new UserError("--recording uses the recorded domain. Omit --domain.", 2);
  }
  const recording = readRecording(path);
  const { run: id, options, secret, created_at: createdAt } = recording;
  await start(given, { id, options, secret, createdAt }, recording);
}

const WITH_RECORDING: ReadonlySet<string> = new Set(["recording", "domain", "out", "db", "record", "json"]);

function sayWithoutEffect(command: Command): void {
  const idle = command.options
    .filter((option) => !WITH_RECORDING.has(option.attributeName()))
    .filter((option) => command.getOptionValueSource(option.attributeName()) === "cli")
    .map(({ long, flags }) => long ?? flags);
  if (idle.length > 0) say(`--recording repeats a run unchanged; ignoring ${idle.join(", ")}`);
}

interface Wanted {
  readonly id: string;
  readonly options: ResearchOptions;
  readonly secret: string;
  readonly createdAt: number;
}

async function start(given: RunOptions, wanted: Wanted, recording: Recording | null): Promise<void> {
  const { id, options, secret, createdAt } = wanted;
  const folder = resolve(given.out ?? join(dirname(given.db), "research", id));
  // Before anything is paid.
  makeFolder(folder, given.out === undefined ? "--db" : "--out");
  if (given.record !== undefined) makeFolder(dirname(resolve(given.record)), "--record");
  const research = openResearch(given.db);
  try {
    if (findRun(research.db, id) === undefined) {
      const text = JSON.stringify(options);
      createRun(research.db, { id, domain: options.domain, options: text, folder, secret, createdAt });
    }
    const run = { ...(findRun(research.db, id) as ResearchRun), folder };
    const record = given.record === undefined ? null : resolve(given.record);
    await runInForeground({ research, run, recording, record, json: given.json === true });
  } finally {
    research.close();
  }
}

function optionsOf(given: RunOptions, goal: "run" | "discover"): ResearchOptions {
  if (given.domain === undefined || given.domain.trim().length < 3) {
    throw new UserError('Name what to look for: --domain "attention on CPUs" (or see --recording).', 2);
  }
  if (given.prompts !== undefined && statSync(given.prompts, { throwIfNoEntry: false })?.isDirectory() !== true) {
    throw new UserError(
      `--prompts ${given.prompts}: this folder does not exist. \`${ownCommand("research-stage")} optimise-prompts\` writes one.`,
      2,
    );
  }
  const since = given.since === undefined ? null : day(given.since, "--since");
  const until = given.until === undefined ? new Date().toISOString().slice(0, 10) : day(given.until, "--until");
  if (since !== null && since > until) {
    throw new UserError(`--since ${since} is after ${until}, the last day of the search. Choose an earlier day.`, 2);
  }
  const whole = (number: string, option: string, max: number) => parseInteger(number, option, { min: 1, max });
  return researchOptions.parse({
    domain: text(given.domain.trim(), "--domain", MAX_LENGTH.domain),
    goal,
    rounds: whole(given.rounds, "--rounds", 20),
    budget_usd: parseNumber(given.budgetUsd, "--budget-usd", { min: 0, max: 1_000_000 }),
    backend: given.backend,
    ideas: whole(given.ideas, "--ideas", 12),
    implement: whole(given.implement, "--implement", 6),
    constraints: text(given.constraints, "--constraints", MAX_LENGTH.constraints),
    model: given.model ?? null,
    fast_model: given.fastModel ?? null,
    max_results: whole(given.maxResults, "--max-results", 200),
    authors: (given.author.length > 0 ? given.author : (process.env.X_AUTHORS ?? "").split(","))
      .map((handle) => handle.trim().replace(/^@/, ""))
      .filter((handle) => handle !== ""),
    archive: given.archive,
    since,
    until,
    evaluations: whole(given.evaluations, "--evaluations", 1_000_000),
    islands: whole(given.islands, "--islands", 1024),
    workloads: given.workload,
    seed:
      given.seed === undefined ? randomInt(2 ** 31) : parseInteger(given.seed, "--seed", { min: 0, max: 2 ** 31 - 1 }),
    evaluators: given.evaluator.map((text) => formatAddress(parseAddress(text, "--evaluator"))),
    prompts: given.prompts === undefined ? null : resolve(given.prompts),
    synthetic: given.synthetic === true,
  });
}

/** Otherwise only a part of the request would be searched, unnoticed. */
function text(given: string, option: string, most: number): string {
  if (given.length <= most) return given;
  throw new UserError(`${option}: the text has ${given.length} characters; the limit is ${most}. Shorten it.`, 2);
}

function day(text: string, option: string): string {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text) || Number.isNaN(Date.parse(text))) {
    throw new UserError(`${option} ${text}: this is not a date. Write for example 2026-01-15.`, 2);
  }
  return text;
}
