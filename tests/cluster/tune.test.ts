/** `coordinator tune` as one command, with a runner that pretends: nothing there is faster than anything else. */
import { execFileSync } from "node:child_process";
import { copyFileSync, cpSync, mkdirSync, readFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { Workplace } from "../support/programs.ts";

const FAKE = fileURLToPath(new URL("../../gpu-evaluator/backends/triton/fake-runner.fixture", import.meta.url));
const SEEDS = fileURLToPath(
  new URL("../fixtures/tuned-files/vllm/E=8,N=7168,device_name=NVIDIA_H100_80GB_HBM3.json", import.meta.url),
);
const MOE = fileURLToPath(new URL("../../gpu-evaluator/kernels/fused-moe", import.meta.url));
const hasPython = (() => {
  try {
    return execFileSync("python3", ["-c", "import sys; print(sys.version_info >= (3, 10))"]).includes("True");
  } catch {
    return false;
  }
})();

test.skipIf(!hasPython)("one command tunes, compares, and writes the file where the stack looks for it", async () => {
  await using place = new Workplace();
  mkdirSync(place.file("control"));
  const path = `${FAKE}${delimiter}${process.env.PATH}`;
  const env = { PATH: path, KEVO_PYTHON: join(FAKE, "python"), PYTHONPATH: place.file("control") };
  const moe = ["tune", "fused-moe", "--experts", "8", "--top-k", "2", "--hidden", "4096", "--intermediate", "7168"];
  const options = ["--batch", "64,1", "--evaluations", "20", "--seeds", SEEDS, "--out", "tuned/", "--for", "sglang"];
  const ended = await place.run("coordinator", [...moe, ...options, "--json"], env);
  expect(ended, ended.stderr).toMatchObject({ code: 0 });
  expect(ended.stderr).toMatch(/starts from \d configurations known to be good, .* that the kernel names/);
  const name = "tuned/triton_unknown/E=8,N=7168,device_name=Fake_GPU";
  const told = JSON.parse(ended.stdout);
  expect(told).toMatchObject({ files: [`${name}.json`, `${name}_down.json`], device: "Fake GPU" });
  // All are equally fast there, so that no row has won.
  const file = "E=8,N=7168,device_name=NVIDIA_H100_80GB_HBM3.json";
  const row = { from: "default", speedup: 2, against: { "sglang's rule": 1, [file]: 1 } };
  expect(told.rows).toMatchObject([
    { batch: 1, ...row },
    { batch: 64, ...row },
  ]);
  const written = JSON.parse(readFileSync(place.file(`${name}.json`), "utf8"));
  expect(written).toMatchObject({ 1: { BLOCK_SIZE_M: 16, num_stages: 3 }, 64: { BLOCK_SIZE_M: 64, num_warps: 4 } });
  const down = JSON.parse(readFileSync(place.file(`${name}_down.json`), "utf8"));
  expect(down[64]).toEqual({ ...written[64], USE_TMA: false });
});

test("every command of the page is understood, and only the missing device ends it", async () => {
  await using place = new Workplace();
  const page = readFileSync(new URL("../../docs/moe.md", import.meta.url), "utf8");
  const blocks = [...page.matchAll(/```sh\n(.*?)```/gs)].map(([, block]) => (block as string).replaceAll("\\\n", " "));
  const commands = blocks.flatMap((block) => block.split("\n")).filter((line) => line.includes("npx coordinator"));
  expect(commands.length).toBeGreaterThanOrEqual(4);
  copyFileSync(SEEDS, place.file("old.json"));
  cpSync(MOE, place.file("my-moe"), { recursive: true });
  const ends = await Promise.all(
    commands.map((line, at) => {
      const words = line.replaceAll("'", "").trim().split(/\s+/).slice(2);
      const database = words.includes("import") ? [] : ["--db", `${at}/lineage.db`];
      return place.run("coordinator", [...words, ...database], { KEVO_PYTHON: "/none/python3" });
    }),
  );
  for (const [at, { code, stderr }] of ends.entries()) {
    if (commands[at]?.includes(" import ")) {
      expect(code, stderr).toBe(0);
      continue;
    }
    expect(code, stderr).toBe(1);
    expect(stderr).toContain("/none/python3");
  }
});

test("bad sizes and files end in one sentence, before anything starts", async () => {
  await using place = new Workplace();
  const moe = ["tune", "fused-moe", "--experts", "8", "--hidden", "64", "--intermediate", "32", "--out", "f.json"];
  const top = await place.run("coordinator", [...moe, "--top-k", "9"]);
  expect(top).toMatchObject({ code: 2 });
  expect(top.stderr.trim()).toBe("coordinator: --top-k 9 exceeds --experts 8. Lower it, or raise the other.");
  const seeds = await place.run("coordinator", [...moe, "--top-k", "2", "--seeds", "none.json"]);
  expect(seeds).toMatchObject({ code: 2 });
  expect(seeds.stderr.trim()).toBe("coordinator: --seeds: none.json does not exist.");
});
