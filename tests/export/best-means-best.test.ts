/** The winner is exported, and never anything slower than a baseline. Real runs, exported, and loaded by Python. */
import { execFileSync } from "node:child_process";
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { Workplace } from "../support/programs.ts";

const SCALE = fileURLToPath(new URL("../fixtures/vector-scale-cpu", import.meta.url));
const DEFINITION = JSON.parse(readFileSync(`${SCALE}/kernel.json`, "utf8"));

/** The kernel of the README with other parameters; `body` is called for every element of `y`, from `i` on. */
function kernelWith(place: Workplace, definition: object, source: (text: string) => string): void {
  cpSync(SCALE, place.file("kernel"), { recursive: true });
  writeFileSync(place.file("kernel/kernel.json"), JSON.stringify({ ...DEFINITION, ...definition }));
  writeFileSync(place.file("kernel/kernel.c"), source(readFileSync(`${SCALE}/kernel.c`, "utf8")));
}

const start = ["start", "--kernel", "./kernel", "--islands", "1", "--seed", "5", "--json"];

test("a baseline that is a configuration is a candidate from the start, and is exported where nothing beats it", async () => {
  await using place = new Workplace();
  kernelWith(
    place,
    {
      id: "trap",
      parameters: [{ name: "SPIN", type: "integer", min: 0, max: 5000 }],
      constraints: [],
      default: { SPIN: 3000 },
      baselines: [
        { name: "naive", config: {} },
        { name: "hand tuned", config: { SPIN: 0 } },
      ],
    },
    (text) =>
      text
        .replaceAll("UNROLL", "1")
        .replace("LOOP == LOOP_blocked", "0")
        .replace(
          "  t.block = t.length;",
          "  volatile double x = 0;\n  for (int s = 0; s < SPIN * 100; s++) x += s;\n  t.block = t.length;",
        ),
  );
  const run = await place.run("coordinator", [...start, "--evaluations", "4"]);
  expect(run, run.stderr).toMatchObject({ code: 0 });
  const { best } = JSON.parse(run.stdout);
  expect(best.config).toEqual({ SPIN: 0 });
  const ended = await place.run("coordinator", ["export", "--out", "out", "--json"]);
  expect(ended, ended.stderr).toMatchObject({ code: 0 });
  const file = JSON.parse(readFileSync(place.file("out/best.json"), "utf8"));
  expect(file.entries[0].config).toEqual({ SPIN: 0 });
});

test("linker flags reach the exported library, and one NaN condemns nothing", async () => {
  await using place = new Workplace();
  kernelWith(
    place,
    {
      id: "threads",
      parameters: [{ name: "FLAGS", type: "categorical", values: ["-fopenmp"] }],
      constraints: [],
      default: { FLAGS: "-fopenmp" },
      baselines: [{ name: "default", config: {} }],
    },
    (text) =>
      text
        .replace('#include "kevo.h"', '#include "kevo.h"\n#include <omp.h>')
        .replaceAll("UNROLL", "1")
        .replace("LOOP == LOOP_blocked", "0")
        .replace("  t.block = t.length;", "  t.block = t.length + 0 * omp_get_max_threads();"),
  );
  const run = await place.run("coordinator", [...start, "--evaluations", "1"]);
  expect(run, run.stderr).toMatchObject({ code: 0 });
  const ended = await place.run("coordinator", ["export", "--out", "out", "--json"]);
  expect(ended, ended.stderr).toMatchObject({ code: 0 });
  expect(JSON.parse(ended.stdout).checked).toMatchObject([{ workload: "small", runs: "tuned" }]);

  const told = execFileSync("python3", ["-c", NAN_FIRST], { cwd: place.file("out"), encoding: "utf8" });
  expect(JSON.parse(told)).toEqual({ first: "nan", later: "tuned" });

  // The command itself reports an entry that does not run as it was measured.
  const broken = JSON.parse(readFileSync(place.file("kernel/kernel.json"), "utf8"));
  expect(broken.id).toBe("threads");
  const none = await place.run("coordinator", ["export", "--out", "none"], { CC: "no-such-compiler" });
  expect(none).toMatchObject({ code: 0, stdout: expect.stringContaining("Not checked: its loader could not be run") });
});

const NAN_FIRST = `
import array, json, warnings
warnings.simplefilter("error")
from loader import Kernel
kernel, shape = Kernel(), {"length": 16384}
ones = array.array("f", [1.0] * 16384)
bad = array.array("f", [float("nan")] + [1.0] * 16383)
first = kernel(shape, bad, ones)[0]
kernel(shape, ones, ones)
print(json.dumps({"first": str(float(first)), "later": kernel.choice(shape).kind}))
`;
