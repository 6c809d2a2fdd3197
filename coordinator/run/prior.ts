/** What a run knows before it begins: configurations that its kernel's folder names, and those of earlier runs. */
import { existsSync } from "node:fs";
import { UserError } from "@kevo/core/errors/user-error.ts";
import type { KnownConfiguration } from "@kevo/core/kernel/known-good.ts";
import type { KernelPackage } from "@kevo/core/kernel/load.ts";
import { openSpace } from "@kevo/core/search-space/search-space.ts";
import { counted } from "@kevo/core/text/plural.ts";
import type { RunSpec } from "@kevo/proto/run.ts";
import type { LineageDatabase } from "../lineage/database.ts";
import { bestConfigurations, finishedRuns } from "../lineage/queries/prior.ts";
import { resolveRun } from "../lineage/queries/resolve.ts";
import { openReadOnly } from "../lineage/read-only.ts";
import { knownGoodOf } from "./known-good.ts";

/** Earlier runs that are used without being named. */
const MAX_RUNS = 5;

/** `none`: not even the kernel's own. */
export type WantedPrior = "none" | readonly string[];

/**
 * The specification with what is known beforehand.
 * @param wanted runs, as `RUN` of this database or `FILE:RUN`; empty for the finished ones of the same kernel and device
 * @param onNote is told what the run starts from, and what it leaves aside
 * @throws UserError on a run or database that does not exist
 */
export function withPrior(
  spec: RunSpec,
  kernel: KernelPackage,
  db: LineageDatabase,
  wanted: WantedPrior,
  devices: readonly string[],
  onNote: (note: string) => void,
): RunSpec {
  if (wanted === "none" || spec.search !== "default") return spec;
  // What a model is worth is measured against a control, which starts from nothing; so does the run itself, unless told.
  if (spec.llm !== undefined && wanted.length === 0) return spec;
  const found =
    wanted.length > 0
      ? wanted.map((text) => namedRun(text, db, spec))
      : finishedRuns(db, spec, devices, MAX_RUNS).map((run) => ({ run, best: bestConfigurations(db, run) }));
  const priors = found.filter(({ run, best }) => {
    const difference = differenceOf(best, kernel);
    if (difference !== null) onNote(`the run ${run} is not used as prior knowledge: ${difference}`);
    return difference === null;
  });
  const known = [...priors.flatMap(({ best }) => best), ...kernel.known];
  const [device = null, ...others] = devices;
  const space = openSpace(kernel.definition);
  const good = knownGoodOf(spec, kernel.definition, space, known, others.length === 0 ? device : null);
  if (good === undefined) return spec;
  const { configurations } = good;
  const own = configurations.filter(({ run }) => run === null).length;
  const from = [
    ...(own > 0 ? [`${own} that the kernel names`] : []),
    ...priors.flatMap(({ run }) => {
      const count = configurations.filter((one) => one.run === run).length;
      return count === 0 ? [] : [`${count} of the run ${run}`];
    }),
  ];
  onNote(
    `starts from ${counted(configurations.length, "configuration")} known to be good, measured again here: ` +
      `${from.join(", ")}. To start without: --prior none`,
  );
  return { ...spec, known_good: good };
}

interface Prior {
  readonly run: string;
  readonly best: readonly KnownConfiguration[];
}

function namedRun(text: string, db: LineageDatabase, spec: RunSpec): Prior {
  const colon = text.lastIndexOf(":");
  const file = text.slice(0, Math.max(0, colon));
  if (colon < 0) return priorOf(db, text, spec);
  if (!existsSync(file)) {
    throw new UserError(`--prior ${text}: there is no database ${file}. Write FILE:RUN, or RUN for one of --db.`, 2);
  }
  const other = openReadOnly(file);
  try {
    return priorOf(other.db, text.slice(colon + 1) || undefined, spec);
  } finally {
    other.close();
  }
}

function priorOf(db: LineageDatabase, text: string | undefined, { kernel }: RunSpec): Prior {
  const row = resolveRun(db, text);
  if (row.kernel !== kernel.id) {
    throw new UserError(`--prior: the run ${row.id} is of the kernel ${row.kernel}, not of ${kernel.id}.`, 2);
  }
  return { run: row.id, best: bestConfigurations(db, row.id) };
}

/** Why configurations say nothing about the kernel; null where they do. */
function differenceOf(best: readonly KnownConfiguration[], { definition }: KernelPackage): string | null {
  const [first] = best;
  if (first === undefined) return "nothing succeeded in it";
  const names = new Set(definition.parameters.map(({ name }) => name));
  const removed = Object.keys(first.config).filter((name) => !names.has(name));
  const added = [...names].filter((name) => !(name in first.config));
  if (removed.length + added.length === 0) return null;
  const what = [
    ...(removed.length > 0 ? [`its parameter ${removed.join(", ")} no longer exists`] : []),
    ...(added.length > 0 ? [`it has no parameter ${added.join(", ")}`] : []),
  ];
  return `it searched another space: ${what.join(", and ")}`;
}
