import { labelledRandom } from "@kevo/core/random/random.ts";
import { openSpace } from "@kevo/core/search-space/search-space.ts";
import type { Config } from "@kevo/proto/search-space.ts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Builder, buildLineage } from "../../../lineage/lineage-builder.fixture.ts";
import { kernelOf } from "../../../run/kernel-of.ts";
import { type Launch, launch } from "../../../run/launch.ts";
import { definitionObject } from "../../../run/spec.ts";
import { Reader } from "./reader.ts";
import { validityIn } from "./search-space.ts";

let lineage: Builder;
let reader: Reader;

beforeAll(() => {
  lineage = buildLineage();
  reader = new Reader(lineage.path, "1.2.3");
});
afterAll(() => {
  reader[Symbol.dispose]();
  lineage.remove();
});

/** A run of the kernel `attention-cpu` whose islands have this definition. */
function runOf(id: string, definition: string) {
  lineage.run({ id });
  const row = reader.run(id).row;
  const spec = JSON.parse(row.spec) as { kernel: object };
  const started: Launch = { ...launch.parse(JSON.parse(row.launch)), kernel: "attention-cpu" };
  lineage.set(id, {
    spec: JSON.stringify({ ...spec, kernel: { ...spec.kernel, definition } }),
    launch: JSON.stringify(started),
  });
  return reader.run(id);
}

test("a run's kernel says which configurations are valid, while it is the one that the run searched", async () => {
  const started = launch.parse(JSON.parse(reader.run(lineage.run({ id: "any" })).row.launch));
  const { definition } = await kernelOf({ ...started, kernel: "attention-cpu" });
  const isValid = await validityIn(runOf("same", definitionObject(definition).hash));
  const space = openSpace(definition);
  const random = labelledRandom("validity");
  const seen = new Set<boolean>();
  for (let n = 0; n < 300; n++) {
    const genes = space.parameters.map(({ values }) => random.integer(values.length));
    // Parameters that do not count are written in the one way that is valid.
    const canonical = space.canonical(genes);
    seen.add(space.isValid(canonical));
    expect(isValid?.(space.decode(genes))).toBe(space.isValid(canonical));
  }
  expect(seen.size).toBe(2);
  expect(isValid?.({ ...(definition.default as Config), [definition.parameters[0]?.name as string]: "none" })).toBe(
    false,
  );
  expect(await validityIn(runOf("another", "2".repeat(64)))).toBeNull();
});
