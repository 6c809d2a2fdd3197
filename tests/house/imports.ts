/** The rules that keep imports pointing downward, as functions over source text, so that a test can feed them lies. */
import { dirname, join } from "node:path";

/** Packages from the bottom up; one may import from those of a lower rank and from itself. */
const RANK: Record<string, number> = {
  deploy: 0,
  proto: 1,
  core: 2,
  "gpu-evaluator": 3,
  "island-worker": 3,
  coordinator: 4,
  "research-stage": 5,
};

/** Packages of npm that only these places may import. */
const KEEPERS: Record<string, readonly string[]> = {
  nats: ["core/bus/"],
  // The launcher runs before anything is installed; the nats-server outlives who starts it.
  "node:child_process": ["core/process/", "coordinator/nats-server/", "deploy/", "bench/", "docs/"],
  "drizzle-orm": ["core/database/", "coordinator/", "research-stage/store/"],
  "drizzle-kit": ["coordinator/", "research-stage/"],
};

const IMPORT =
  /(?:^|[\s;}])(?:import|export)\s+(?:type\s+)?(?:[\w*${},\s]+?\s+from\s+)?["']([^"']+)["']|\b(?:import|require)\s*\(\s*["']([^"']+)["']/g;

/** The imports of a source, dynamic ones and types included. Comments do not count. */
export function importsOf(source: string): string[] {
  const code = source.replace(/\/\*[\s\S]*?\*\//g, "").replace(/^\s*\/\/.*$/gm, "");
  return [...code.matchAll(IMPORT)].map(([, named, called]) => named ?? called ?? "");
}

/** A file of the clone that an import means, relative to the root; undefined for a package of npm or of Node. */
function fileOf(from: string, specifier: string): string | undefined {
  if (specifier.startsWith(".")) return join(dirname(from), specifier);
  return specifier.startsWith("@kevo/") ? specifier.slice("@kevo/".length) : undefined;
}

const packageOf = (file: string): string => file.split("/")[0] ?? "";
const isTest = (file: string): boolean => /^(tests|bench)\//.test(file) || file.endsWith(".test.ts");
const isTestHelper = (file: string): boolean => /\.fixture\.ts$|\/fixture\.ts$|\/testing\//.test(file);

/** Complaints about imports that point upward or sideways, or that use a package kept behind one folder. */
export function forbidden(sources: ReadonlyMap<string, string>): string[] {
  const complaints: string[] = [];
  for (const [file, source] of sources) {
    const rank = RANK[packageOf(file)];
    for (const specifier of importsOf(source)) {
      const target = fileOf(file, specifier);
      if (target === undefined) {
        const name = specifier
          .split("/")
          .slice(0, specifier.startsWith("@") ? 2 : 1)
          .join("/");
        if (name.startsWith("@nats-io/"))
          complaints.push(`${file}: ${name} is not the client of this project (nats is)`);
        const keepers = KEEPERS[name];
        if (keepers !== undefined && !keepers.some((one) => file.startsWith(one)) && !isTest(file)) {
          complaints.push(`${file}: only ${keepers.join(", ")} may import ${name}`);
        }
        continue;
      }
      if (rank === undefined) continue;
      const upper = RANK[packageOf(target)];
      const own = packageOf(target) === packageOf(file);
      if (upper === undefined) complaints.push(`${file}: ${specifier} lies outside the packages`);
      else if (!own && upper >= rank) complaints.push(`${file}: ${specifier} is not below ${packageOf(file)}`);
    }
  }
  return complaints;
}

/**
 * Circles of folders, at every depth: of the folders within one folder, no two import each other, nor over others.
 * Each circle as its folders in order, with an import that makes each step. Tests may look into any folder.
 */
export function folderCircles(sources: ReadonlyMap<string, string>): string[][] {
  const steps = new Map<string, Map<string, string>>();
  for (const [file, source] of sources) {
    if (isTest(file) || isTestHelper(file)) continue;
    for (const specifier of importsOf(source)) {
      const target = fileOf(file, specifier);
      const [from, to] = target === undefined || !sources.has(target) ? [] : neighbours(file, target);
      if (from === undefined || to === undefined) continue;
      steps.set(from, (steps.get(from) ?? new Map()).set(to, `${file} imports ${target}`));
    }
  }
  const stepsOf = (folder: string) => steps.get(folder) ?? new Map<string, string>();
  return circles([...steps.keys()], (folder) => [...stepsOf(folder).keys()]).map((circle) =>
    circle.slice(1).map((folder, at) => stepsOf(circle[at] as string).get(folder) as string),
  );
}

/** The folders of two files in which their paths part; none where one of the files lies right where they part. */
function neighbours(a: string, b: string): [string, string] | [] {
  const [left, right] = [a.split("/"), b.split("/")];
  let at = 0;
  while (left[at] === right[at]) at++;
  const isFolder = (path: readonly string[]) => at < path.length - 1;
  const folder = (path: readonly string[]) => path.slice(0, at + 1).join("/");
  return isFolder(left) && isFolder(right) ? [folder(left), folder(right)] : [];
}

/** Circles of a graph, each as its nodes in order, the first one again at the end. */
function circles(nodes: readonly string[], next: (node: string) => readonly string[]): string[][] {
  const found: string[][] = [];
  const done = new Set<string>();
  const path: string[] = [];
  const visit = (node: string): void => {
    const at = path.indexOf(node);
    if (at >= 0) found.push([...path.slice(at), node]);
    if (at >= 0 || done.has(node)) return;
    path.push(node);
    for (const target of next(node)) visit(target);
    path.pop();
    done.add(node);
  };
  for (const node of nodes) visit(node);
  return found;
}
