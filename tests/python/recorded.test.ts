/** `Tuner` finds what the search in process finds, seed for seed: nothing depends on when a message arrives. */
import { spawnSync } from "node:child_process";
import { delimiter, dirname, join } from "node:path";
import { loadRecordedSpace } from "@kevo/core/recorded-space/recorded-space.ts";
import { openSpace } from "@kevo/core/search-space/search-space.ts";
import { expect, test } from "vitest";
import { simulate } from "../../bench/search/simulate.ts";
import { ROOT } from "../house/files.ts";
import { writeSyntheticSpace } from "../support/synthetic-space.ts";
import { PythonPlace } from "./python.fixture.ts";

test("a recorded space, whose objective looks the time up", async () => {
  using place = new PythonPlace();
  const file = join(place.path, "space.json");
  writeSyntheticSpace(file, { compileMs: 0, benchmarkMs: 0 });
  const evaluations = 60;
  const { stdout, stderr, status } = spawnSync(
    "python3",
    [join(ROOT, "bench/tuner/recorded_space.py"), file, "3", String(evaluations)],
    {
      env: {
        ...process.env,
        PATH: `${dirname(process.execPath)}${delimiter}${process.env.PATH}`,
        PYTHONPATH: join(ROOT, "python"),
        PYTHONDONTWRITEBYTECODE: "1",
      },
      encoding: "utf8",
    },
  );
  expect(status, stderr).toBe(0);
  const recorded = await loadRecordedSpace(file);
  const setting = { seed: 3, evaluations, islands: 4, parallel: 1, search: "default", migrants: 0 } as const;
  // Python lists configurations in the order of their values, the file in another.
  const rank = (genes: readonly number[]) => genes.reduce((sum, gene) => sum * 7 + gene, 0);
  const members = recorded.definition.members?.toSorted((a, b) => rank(a) - rank(b)) ?? [];
  const { best } = simulate(openSpace({ ...recorded.definition, members }), [recorded], setting);
  const inProcess = best[0]?.map((time) => (Number.isFinite(time) ? time : null));
  expect(new Set(inProcess).size).toBeGreaterThan(3);
  expect((JSON.parse(stdout) as { best: unknown }).best).toEqual(inProcess);
});
