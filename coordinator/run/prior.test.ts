import { join } from "node:path";
import type { KernelPackage } from "@kevo/core/kernel/load.ts";
import { openSpace } from "@kevo/core/search-space/search-space.ts";
import { kernelDefinition } from "@kevo/proto/kernel.ts";
import { nicheKeyOf } from "@kevo/proto/niche-key.ts";
import { specOf } from "@kevo/proto/run.fixture.ts";
import { type RunSpec, runSpec } from "@kevo/proto/run.ts";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Builder, buildLineage } from "../lineage/lineage-builder.fixture.ts";
import { type WantedPrior, withPrior } from "./prior.ts";

const DEVICE = "a processor";
const definition = kernelDefinition.parse({
  ...{ id: "attention-cpu", title: "Attention", backends: ["cpu"], source: "k.c", reference: "r.c" },
  parameters: [{ name: "tile", type: "integer", min: 1, max: 64 }],
  default: { tile: 8 },
  workloads: [
    { name: "small", shape: { length: 512 } },
    { name: "medium", shape: { length: 1024 } },
    { name: "large", shape: { length: 4096 } },
  ],
});
const own = { workload: "medium", device: DEVICE, rank: 0, run: null };
const kernel: KernelPackage = {
  definition,
  hash: "",
  bytes: new Uint8Array(),
  known: [{ ...own, config: { tile: 40 } }],
};
const workloads = definition.workloads.map(({ name }) => name);
const spec = specOf({
  backend: "cpu",
  kernel: { id: "attention-cpu", title: "Attention", hash: "", definition: "" },
  workloads,
  islands: workloads.map((name, index) => ({ index, niche: { workloads: [name], device: null } })),
});

let lineage: Builder;
let notes: string[];
beforeEach(() => {
  lineage = buildLineage();
  notes = [];
});
afterEach(() => lineage.remove());

/** A run that measured these tiles on one workload, milliseconds. */
function ran(workload: string, times: Record<number, number>, options: Parameters<Builder["run"]>[0] = {}): string {
  const run = lineage.run({ workloads, ...options });
  for (const [tile, time] of Object.entries(times)) {
    const candidate = lineage.candidate(run, { config: { tile: Number(tile) } });
    lineage.ok(candidate, { times: { [workload]: time } });
  }
  return run;
}

const withKnown = (wanted: WantedPrior = [], devices = [DEVICE], of: RunSpec = spec) =>
  withPrior(of, kernel, lineage.db, wanted, devices, (note) => notes.push(note));

/** The tiles that a workload's islands try first. */
function tilesOf({ known_good: known }: RunSpec, workload: string): unknown[] {
  const space = openSpace(definition);
  const order = known?.order[nicheKeyOf(spec, { workloads: [workload], device: null })] ?? [];
  return order.map((place) => space.decode(known?.configurations[place]?.genes ?? []).tile);
}

describe("a run starts from", () => {
  test("the best of a finished run on the same kernel and device model, its own workload's first, then the nearest", () => {
    const run = ran("large", { 3: 5, 4: 1, 5: 2, 6: 3, 7: 4 });
    ran("small", { 60: 1, 61: 1.5 });
    const found = withKnown();
    expect(tilesOf(found, "large")).toEqual([4, 5, 6, 7, 40, 60, 61]);
    expect(tilesOf(found, "small").slice(0, 3)).toEqual([60, 61, 40]);
    expect(notes.join()).toMatch(
      new RegExp(`7 configurations known to be good.*1 that the kernel names.*4 of the run ${run}`),
    );
    // As it is stored and read again.
    expect(runSpec.parse(JSON.parse(JSON.stringify(found)))).toEqual(found);
  });

  test("finalists as they were measured again, before what was timed once", () => {
    const run = ran("large", { 3: 1, 4: 1.1, 5: 1.2 });
    lineage.measured(`${run}/0/0/1`, { round: 1, times: { large: 1.4 } });
    lineage.measured(`${run}/0/0/2`, { round: 1, times: { large: 1.3 } });
    expect(tilesOf(withKnown(), "large").slice(0, 3)).toEqual([5, 4, 3]);
  });

  test("nothing that was measured on another device, by an unfinished run, or outside the space", () => {
    ran("large", { 3: 1 }, { status: "interrupted" });
    expect(tilesOf(withKnown(), "large")).toEqual([40]);
    ran("large", { 4: 1, 65: 0.5 });
    expect(tilesOf(withKnown([], ["another"]), "large")).toEqual([40]);
    expect(tilesOf(withKnown([], []), "large")).toEqual([40]);
    expect(tilesOf(withKnown(), "large")).toEqual([4, 40]);
  });

  test("the runs that --prior names, of other databases too, on whatever device", () => {
    const run = ran("large", { 4: 1 });
    ran("large", { 5: 1 });
    expect(tilesOf(withKnown([run], []), "large")).toEqual([4, 40]);
    const copy = join(lineage.folder, "copy.db");
    lineage.copyTo(copy);
    expect(tilesOf(withKnown([`${copy}:${run}`], []), "large")).toEqual([4, 40]);
    expect(() => withKnown(["nothing"])).toThrow(/There is no run nothing/);
    expect(() => withKnown(["none.db:x"])).toThrow(/there is no database none\.db/);
  });

  test("no run of another space, and says so", () => {
    const run = lineage.run({ workloads });
    lineage.ok(lineage.candidate(run, { config: { TILE: 4 } }), { times: { large: 1 } });
    expect(tilesOf(withKnown(), "large")).toEqual([40]);
    expect(notes[0]).toBe(
      `the run ${run} is not used as prior knowledge: it searched another space: its parameter TILE no longer exists, and it has no parameter tile`,
    );
  });

  test("nothing with --prior none, for the control, and where a model's worth is measured", () => {
    ran("large", { 4: 1 });
    const llm = { models: ["m"], budget_usd: 1, control: false };
    expect(withKnown("none")).toBe(spec);
    expect(withKnown([], [DEVICE], { ...spec, search: "random" }).known_good).toBeUndefined();
    expect(withKnown([], [DEVICE], { ...spec, llm }).known_good).toBeUndefined();
    expect(notes).toEqual([]);
  });
});
