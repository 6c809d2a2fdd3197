import { buildLineage } from "@kevo/coordinator/lineage/lineage-builder.fixture.ts";
import { expect, test } from "vitest";
import { earlierRun, type Search } from "./cluster.ts";

test("a search is answered by a run of the same kernel, size and seed on the same workloads, and by no other", () => {
  const lineage = buildLineage();
  try {
    lineage.run({ id: "both", workloads: ["small", "large"] });
    lineage.run({ id: "small", workloads: ["small"] });
    lineage.run({ id: "large", workloads: ["large"], status: "interrupted" });
    const search = { kernel: "0".repeat(64), evaluations: 100, islands: 2, seed: 1, backend: "cpu" } as const;
    const found = (change: Partial<Search>) => earlierRun(lineage.path, { ...search, workloads: ["small"], ...change });
    expect(found({})).toEqual({ id: "small", status: "completed" });
    expect(found({ workloads: ["small", "large"] })).toEqual({ id: "both", status: "completed" });
    expect(found({ workloads: ["large"] })).toEqual({ id: "large", status: "interrupted" });
    for (const other of [{ workloads: ["tall"] }, { seed: 2 }, { evaluations: 1 }, { islands: 1 }, { kernel: "1" }]) {
      expect(found(other)).toBeNull();
    }
  } finally {
    lineage.remove();
  }
});
