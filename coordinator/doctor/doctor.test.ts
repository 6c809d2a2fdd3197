import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { collectFindings, isReady, missingFor } from "./collect.ts";
import { report } from "./report.ts";

/** Runs the command in a new process; `environment` replaces the inherited variables. */
function doctor(args: readonly string[], environment: Record<string, string>) {
  const script = `import { doctorCommand } from ${JSON.stringify(join(import.meta.dirname, "doctor-command.ts"))};
    await doctorCommand().parseAsync(process.argv.slice(1), { from: "user" });`;
  return new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
    const child = execFile(
      process.execPath,
      ["--input-type=module", "-e", script, "--", ...args],
      { env: environment },
      (_error, stdout, stderr) => resolve({ code: child.exitCode ?? -1, stdout, stderr }),
    );
  });
}

test("on a machine with all that the CPU job needs, it says so and ends with 0; keys by name only", async () => {
  const { code, stdout } = await doctor([], { PATH: process.env.PATH ?? "", XAI_API_KEY: "xai-not-to-be-shown" });
  expect(stdout).toMatch(/nats-server +\d+\.\d+\.\d+ from /);
  expect(stdout).toMatch(/XAI_API_KEY +set/);
  expect(stdout).toMatch(/OPENAI_API_KEY +not set/);
  expect(stdout).not.toContain("not-to-be-shown");
  expect(stdout).toContain("Ready for the CPU job");
  expect(code).toBe(0);
});

test("without a compiler it ends with 1 and says what to do", async () => {
  const empty = mkdtempSync(join(tmpdir(), "kevo-doctor-"));
  const { code, stdout, stderr } = await doctor(["--json"], { PATH: empty });
  rmSync(empty, { recursive: true });
  const { ready, findings } = JSON.parse(stdout) as {
    ready: boolean;
    findings: Awaited<ReturnType<typeof collectFindings>>;
  };
  expect(ready).toBe(false);
  expect(code).toBe(1);
  expect(stderr).toBe("");
  expect(findings.find(({ name }) => name === "C compiler")).toMatchObject({
    found: false,
    detail: "cc was not found",
  });
  expect([...missingFor(findings).keys()]).toEqual(expect.arrayContaining(["cpu", "gpu", "comparison"]));
  expect(report(findings)).toMatch(/Missing for the CPU job.*\n {2}C compiler: Install gcc/);
});

test("a nats-server, compiler or variable that was named wrongly is what the finding is about", async () => {
  const findings = await collectFindings({
    ...process.env,
    NATS_SERVER_BIN: "/nowhere/nats",
    CC: "nocc",
    KEVO_LOG: "loud",
  });
  expect(isReady(findings)).toBe(false);
  const cpu = missingFor(findings).get("cpu") ?? [];
  expect(cpu.map(({ name }) => name)).toEqual(["nats-server", "C compiler", "environment"]);
  expect(cpu.map(({ detail }) => detail).join("\n")).toMatch(
    /\/nowhere\/nats[\s\S]*nocc was not found[\s\S]*KEVO_LOG "loud"/,
  );
});
