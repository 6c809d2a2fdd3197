/**
 * `npm run test:images [-- --with-torch]`: runs the steps of each Dockerfile in a clean root, where no builder is at hand, then
 * the programs in it as their user, with a read-only root. Needs root, and Debian's packages, npm's and PyPI's.
 *
 * Debian's smallest installation stands for both base images: Node's is made of it, and the CUDA image only adds libraries that
 * a GPU would need. Without --with-torch, numpy stands for torch and triton, which are gigabytes. DEBIAN_ROOT names a folder
 * that keeps the installation for the next time.
 */
import { execFileSync } from "node:child_process";
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { writeSyntheticSpace } from "../support/synthetic-space.ts";
import { assignments, copyOf, type Stage, stagesOf } from "./dockerfile.ts";
import { addNode, debianRoot, REGISTRIES, removeNpmSettings, runIn } from "./root.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url)).replace(/\/$/, "");
const CONTAINERS = join(ROOT, "deploy/containers");
const scratch = mkdtempSync(join(tmpdir(), "kevo-images-"));
const debian = process.env.DEBIAN_ROOT ?? join(scratch, "debian");
const args: Record<string, string> = process.argv.includes("--with-torch") ? {} : { PYTHON_PACKAGES: "numpy==2.3.5" };

interface Built {
  readonly root: string;
  readonly env: Record<string, string>;
  readonly user: number;
}

/** The context of a build: what git knows, and what is new in the working tree. */
function context(): string {
  const folder = join(scratch, "context");
  if (existsSync(folder)) return folder;
  const listed = execFileSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], {
    cwd: ROOT,
    encoding: "utf8",
  });
  for (const file of listed.split("\0").filter((name) => name !== "" && existsSync(join(ROOT, name)))) {
    if (/^results\/|\.test\.ts$/.test(file)) continue;
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    cpSync(join(ROOT, file), join(folder, file));
  }
  return folder;
}

function build(stage: Stage, done: ReadonlyMap<string, Built>): Built {
  const root = mkdtempSync(join(scratch, "stage-"));
  execFileSync("cp", ["-a", `${debian}/.`, root]);
  if (stage.base.startsWith("node:")) addNode(root);
  const env: Record<string, string> = {};
  const given: Record<string, string> = {};
  let folder = "/";
  let user = 0;
  for (const { word, rest } of stage.instructions) {
    const started = performance.now();
    if (word === "ENV") Object.assign(env, Object.fromEntries(assignments(rest)));
    else if (word === "ARG") for (const [name, value] of assignments(rest)) given[name] = args[name] ?? value;
    else if (word === "USER") user = Number(rest.split(":")[0]);
    else if (word === "WORKDIR") {
      folder = rest;
      mkdirSync(join(root, folder), { recursive: true });
    } else if (word === "COPY") copy(rest, root, folder, done);
    else if (word === "RUN") {
      runIn({ root, command: rest, folder, env: { ...REGISTRIES, ...env, ...given } });
      console.log(`  RUN ${rest.slice(0, 90)} … ${((performance.now() - started) / 1000).toFixed(0)} s`);
    } else if (!["VOLUME", "EXPOSE", "ENTRYPOINT", "CMD"].includes(word))
      throw new Error(`unknown instruction ${word}`);
  }
  removeNpmSettings(root);
  return { root, env, user };
}

function copy(rest: string, root: string, folder: string, done: ReadonlyMap<string, Built>): void {
  const { from, mode, sources, target } = copyOf(rest);
  const origin = from === null ? context() : (done.get(from)?.root ?? "");
  const at = target.startsWith("/") ? target : join(folder, target);
  for (const source of sources) {
    const path = join(origin, source);
    const into = target.endsWith("/") || sources.length > 1 ? join(root, at, basename(source)) : join(root, at);
    mkdirSync(dirname(into), { recursive: true });
    if (statSync(path).isDirectory())
      execFileSync("sh", ["-c", `mkdir -p "$2" && cp -a "$1/." "$2"`, "sh", path, join(root, at)]);
    else
      cpSync(
        path,
        statSync(join(root, at), { throwIfNoEntry: false })?.isDirectory() ? join(root, at, basename(source)) : into,
      );
    if (mode !== null) chmodSync(into, mode);
  }
}

function image(file: string): Built {
  console.log(file);
  const done = new Map<string, Built>();
  let last: Built | undefined;
  for (const stage of stagesOf(readFileSync(join(CONTAINERS, file), "utf8"))) {
    last = build(stage, done);
    if (stage.name !== null) done.set(stage.name, last);
  }
  if (last === undefined) throw new Error(`${file} has no stage`);
  return last;
}

/** As the image's user, with a read-only root. */
function asItRuns({ root, env, user }: Built, command: string): string {
  const writable = [
    "/tmp",
    ...["/var/cache/kernelevolve", "/var/lib/kernelevolve"].filter((path) => existsSync(join(root, path))),
  ];
  return runIn({ root, command, folder: "/tmp", env, confined: { user, writable } });
}

let failed = 0;
const check = (what: string, work: () => void) => {
  try {
    work();
    console.log(`ok    ${what}`);
  } catch (error) {
    failed++;
    console.log(`FAIL  ${what}\n${(error as Error).message}`);
  }
};
const says = (text: string, wanted: RegExp) => {
  if (!wanted.test(text)) throw new Error(`expected ${wanted} in:\n${text.slice(-3000)}`);
};

try {
  if (process.getuid?.() !== 0) throw new Error("test:images needs root, for chroot and mounts");
  debianRoot(debian, scratch);
  const head = image("Dockerfile");
  writeSyntheticSpace(join(head.root, "usr/local/share/space.json"));
  check("the coordinator and the worker answer", () => {
    says(asItRuns(head, "coordinator --version && island-worker --version"), /^\d+\.\d+\.\d+\n\d+\.\d+\.\d+/m);
  });
  check("neither is root, and the root cannot be written", () => {
    says(asItRuns(head, "id -u; touch /usr/local/x 2>&1 || true"), /^10001\n[\s\S]*Read-only file system/);
  });
  check("start-or-resume makes a whole run in it", () => {
    const run =
      "start-or-resume /var/lib/kernelevolve/lineage.db --no-dashboard -- --space /usr/local/share/space.json --islands 2 --evaluations 20";
    says(asItRuns(head, `${run} && coordinator runs --db /var/lib/kernelevolve/lineage.db`), /completed .* 20 of 20/);
  });
  const lane = image("evaluator.Dockerfile");
  check("the evaluator answers, and contains candidates in a read-only root", () => {
    says(asItRuns(lane, "gpu-evaluator --version"), /^\d+\.\d+\.\d+$/m);
    const start =
      "KEVO_LOG=info gpu-evaluator start --backend cpu --require-sandbox --parent --json < /dev/null || [ $? = 130 ]";
    says(asItRuns(lane, start), /candidates are contained/);
  });
  check("its Python has what was asked for", () => {
    says(asItRuns(lane, `"$KEVO_PYTHON" -c 'import numpy; print(numpy.__version__)'`), /^2\.3\.5$/m);
  });
} catch (error) {
  failed++;
  console.error(error instanceof Error ? error.message : error);
} finally {
  execFileSync("rm", ["-rf", "--one-file-system", scratch]);
}
console.log(failed === 0 ? "every step of every Dockerfile holds" : `${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
