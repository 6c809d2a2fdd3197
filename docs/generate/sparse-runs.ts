/** Databases with little in them, for pictures of pages that have little to show. */
import { buildLineage } from "../../coordinator/lineage/lineage-builder.fixture.ts";

interface Made {
  readonly path: string;
  remove(): void;
}

export function emptyDatabase(): Made {
  const { path, remove } = buildLineage();
  return { path, remove };
}

/** The run `single` has one candidate, the run `failing` has failures alone. */
export function sparseRuns(): Made {
  const { run, candidate, ok, failed, path, remove } = buildLineage();
  const single = run({ id: "single", evaluations: 1 });
  ok(candidate(single), { speedups: { small: 1.1 } });
  const failing = run({ id: "failing", evaluations: 12 });
  for (let n = 0; n < 12; n++) {
    const id = candidate(failing, { island: n % 2, batch: Math.floor(n / 4), config: { tile: 8 << (n % 3) } });
    if (n % 3 === 0) failed(id, "compile_error", "kernel.c:12:5: error: use of undeclared identifier 'tile'");
    else failed(id, "incorrect", "3 of 4096 elements differ; the first at 17: 0.25 instead of 0.5");
  }
  return { path, remove };
}
