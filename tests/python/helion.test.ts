/** Helion's autotuner with this search, without a GPU: Helion's real spaces, a real cluster, made-up times. */
import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { expect, test } from "vitest";
import { ROOT, read } from "../house/files.ts";
import { PythonPlace } from "./python.fixture.ts";

const python = process.env.KEVO_PYTHON || "python3";
const hasHelion = spawnSync(python, ["-c", "import helion"]).status === 0;
const needsHelion = test.skipIf(!hasHelion);
const env = { PYTHONPATH: [join(ROOT, "python"), join(ROOT, "tests/python")].join(delimiter) };

const EXAMPLES = [...read("docs/helion.md").matchAll(/```python\n(.*?)```/gs)].map(([, code]) => code as string);

const KERNEL = `
import helion_on_cpu
import helion, torch
import helion.language as hl
from helion_on_cpu import measured, milliseconds
from kernelevolve.helion import KernelEvolveSearch

def tune(function, *arguments, evaluations, **settings):
    kernel = helion.kernel(static_shapes=True, autotune_random_seed=1, autotune_log_level=40, **settings)(function)
    return KernelEvolveSearch(kernel.bind(arguments), arguments, evaluations=evaluations).autotune()

def matmul(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    m, k = x.size()
    out = torch.empty([m, y.size(1)], dtype=x.dtype, device=x.device)
    for tile_m, tile_n in hl.tile([m, y.size(1)]):
        total = hl.zeros([tile_m, tile_n], dtype=torch.float32)
        for tile_k in hl.tile(k):
            total = torch.addmm(total, x[tile_m, tile_k], y[tile_k, tile_n])
        out[tile_m, tile_n] = total
    return out

arguments = torch.randn(256, 256), torch.randn(256, 256)
`;

test.skipIf(!hasHelion).each(EXAMPLES.map((code, at) => [at + 1, code] as const))(
  "example %i of the page runs (skipped without Helion: set KEVO_PYTHON)",
  async (_, code) => {
    using place = new PythonPlace(python);
    const { stdout, stderr } = await place.run(`import helion_on_cpu\n${code.replaceAll('"cuda"', '"cpu"')}`, env);
    expect(stdout, stderr).toBe("True\n");
  },
);

needsHelion("the search finds what Helion's space has, and starts from the seeds and the default", async () => {
  using place = new PythonPlace(python);
  const { stdout, stderr } = await place.run(
    `${KERNEL}
seed = helion.Config(block_sizes=[16, 16, 16], num_warps=1, loop_orders=[[1, 0]])
best = tune(matmul, *arguments, evaluations=80, autotune_seed_configs=[seed], autotune_config_overrides={"num_stages": 3})
assert measured[0]["block_sizes"] == [16, 16, 16] and measured[0]["loop_orders"] == [[1, 0]], measured[0]
assert len({repr(one) for one in measured}) == len(measured) <= 80, len(measured)
assert {one["num_stages"] for one in measured} == {3}
assert milliseconds(best) == min(map(milliseconds, measured)) <= 3, milliseconds(best)
assert any("num_sm_multiplier" in one for one in measured)
print("done")`,
    env,
  );
  expect(stdout, stderr).toBe("done\n");
});

needsHelion("configurations that fail cost themselves alone; without any that works the search says so", async () => {
  using place = new PythonPlace(python);
  const { stdout, stderr } = await place.run(
    `${KERNEL}
import math
best = tune(matmul, *arguments, evaluations=64)
assert any(math.isinf(milliseconds(one)) for one in measured)
assert math.isfinite(milliseconds(best))
try:
    tune(matmul, *arguments, evaluations=8, autotune_config_overrides={"num_stages": 7})
except helion.exc.NoConfigFound:
    print("none")`,
    env,
  );
  expect(stdout, stderr).toBe("none\n");
});

test("without Helion, or with one that this torch does not fit, a sentence says what to do", async () => {
  using place = new PythonPlace();
  const script = `
from kernelevolve import TunerError
try:
    import kernelevolve.helion
except TunerError as error:
    print(error)`;
  const path = (name: string) => ({ PYTHONPATH: [join(place.path, name), join(ROOT, "python")].join(delimiter) });
  const without = await place.run(script, path("nothing"));
  expect(without.stdout, without.stderr).toBe(
    "kernelevolve.helion needs Helion, which is not installed: pip install helion==1.5.0\n",
  );
  for (const folder of ["helion", "helion-1.5.1.dist-info"])
    mkdirSync(join(place.path, "there", folder), { recursive: true });
  writeFileSync(
    join(place.path, "there/helion/__init__.py"),
    "raise ImportError(\"cannot import name 'IntelGPUError'\")",
  );
  writeFileSync(join(place.path, "there/helion-1.5.1.dist-info/METADATA"), "Name: helion\nVersion: 1.5.1\n");
  const unfit = await place.run(script, path("there"));
  expect(unfit.stdout, unfit.stderr).toMatch(
    /^Helion 1\.5\.1 cannot be imported with torch \S+ \(cannot import name 'IntelGPUError'\): install one that fits/,
  );
});
