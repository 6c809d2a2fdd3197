/** The actions of `coordinator lineage` commands about one or two candidates. */
import { UserError } from "@kevo/core/errors/user-error.ts";
import { ancestorsOf, descendantsOf } from "../../../lineage/queries/descent.ts";
import { differenceOf } from "../../../lineage/queries/diff.ts";
import { codeTextOf } from "../../../lineage/queries/evolved-source.ts";
import { originOf } from "../../../lineage/queries/origin.ts";
import { resolveCandidate, resolveRun } from "../../../lineage/queries/resolve.ts";
import { detailsOf } from "../../../lineage/queries/show.ts";
import { codeText, detailsView, differenceView } from "../../lineage/candidate-views.ts";
import { originView } from "../../lineage/origin-view.ts";
import { descentView } from "../../lineage/row-views.ts";
import { hint, outputWidth, print, printJson } from "../../output.ts";
import type { ReadOptions } from "../../read-options.ts";
import { atLeastOne, colours, type LimitedOptions, limitOf, objectiveOf, reading, show } from "./reading.ts";

export interface ShowOptions extends ReadOptions {
  readonly source?: boolean;
}

export interface DescentOptions extends LimitedOptions {
  readonly depth?: string;
}

export function showCandidate(text: string | undefined, options: ShowOptions): void {
  reading(options, (open) => {
    const { db } = open;
    const row = resolveCandidate(db, text);
    const details = detailsOf(db, row);
    const source = options.source === true ? codeTextOf(db, row) : null;
    if (options.source === true && source === null) {
      throw new UserError(`${row.id} uses the kernel's own code: its run evolves configurations only.`, 2);
    }
    const origin = originOf(open, resolveRun(db, details.run).kernelHash);
    if (options.json) printJson({ ...details, origin, ...(source !== null && { source_text: source }) });
    else {
      const parts = [detailsView(details, colours()), ...(origin === null ? [] : [originView(origin)])];
      print([...parts, ...(source === null ? [] : [codeText(source)])].join("\n\n"));
    }
  });
}

function withoutRelatives(which: keyof typeof RELATIVES, { id, proposer }: { id: string; proposer: string }): string {
  if (which === "descendants") return `${id} has none; it was proposed by ${proposer}.`;
  const learns =
    proposer === "surrogate" ? ", a model of the times that learns from every result and has no parents" : "";
  return `${id} has none; it was proposed by ${proposer}${learns}.`;
}

const RELATIVES = { ancestors: ancestorsOf, descendants: descendantsOf };

export function descent(which: keyof typeof RELATIVES, text: string | undefined, options: DescentOptions): void {
  reading(options, ({ db }) => {
    const candidate = resolveCandidate(db, text);
    const depth = options.depth === undefined ? Number.POSITIVE_INFINITY : atLeastOne(options.depth, "--depth");
    const all = RELATIVES[which](db, candidate.id).filter((relative) => relative.depth <= depth);
    const rows = all.slice(0, limitOf(options));
    const run = resolveRun(db, candidate.run);
    if (!options.json && all.length === 0) print(withoutRelatives(which, candidate));
    else show(options, rows, () => descentView(rows, objectiveOf(run), outputWidth()));
    if (rows.length < all.length)
      hint(`Showing the nearest ${rows.length} of ${all.length}; show all with --limit ${all.length}.`);
  });
}

export function diff(a: string, b: string, options: ReadOptions): void {
  reading(options, ({ db }) => {
    const difference = differenceOf(db, resolveCandidate(db, a), resolveCandidate(db, b));
    if (options.json) printJson(difference);
    else print(differenceView(difference, colours()));
  });
}
