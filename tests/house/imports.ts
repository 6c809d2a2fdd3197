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
  "drizzle-orm": ["core/database/", "coordinator/", "research-stage/store/"],
  "drizzle-kit": ["coordinator/", "research-stage/"],
};

const IMPORT =
  /(?:^|[\s;}])(?:import|export)\s+(type\s+)?(?:[\w*${},\s]+?\s+from\s+)?["']([^"']+)["']|\b(?:import|require)\s*\(\s*["']([^"']+)["']/g;

interface Import {
  specifier: string;
  /** Erased before the program runs (`import type`). */
  typeOnly: boolean;
}

/** What a source imports, dynamic imports and types included. Comments do not count. */
export function importsOf(source: string): Import[] {
  const code = source.replace(/\/\*[\s\S]*?\*\//g, "").replace(/^\s*\/\/.*$/gm, "");
  return [...code.matchAll(IMPORT)].map(([, type, named, called]) => ({
    specifier: named ?? called ?? "",
    typeOnly: type !== undefined,
  }));
}

/** A file of the clone that an import means, relative to the root; undefined for a package of npm or of Node. */
function fileOf(from: string, specifier: string): string | undefined {
  if (specifier.startsWith(".")) return join(dirname(from), specifier);
  return specifier.startsWith("@kevo/") ? specifier.slice("@kevo/".length) : undefined;
}

const packageOf = (file: string): string => file.split("/")[0] ?? "";
const isTest = (file: string): boolean => file.startsWith("tests/") || file.endsWith(".test.ts");

/** Complaints about imports that point upward or sideways, or that use a package kept behind one folder. */
export function forbidden(sources: ReadonlyMap<string, string>): string[] {
  const complaints: string[] = [];
  for (const [file, source] of sources) {
    const rank = RANK[packageOf(file)];
    for (const { specifier } of importsOf(source)) {
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

/** Circles of files that load each other (types are erased, so they load nothing), each as its files in order. */
export function circles(sources: ReadonlyMap<string, string>): string[][] {
  const found: string[][] = [];
  const done = new Set<string>();
  const path: string[] = [];
  const visit = (file: string): void => {
    const at = path.indexOf(file);
    if (at >= 0) found.push([...path.slice(at), file]);
    if (at >= 0 || done.has(file)) return;
    path.push(file);
    for (const { specifier, typeOnly } of importsOf(sources.get(file) ?? "")) {
      const target = typeOnly ? undefined : fileOf(file, specifier);
      if (target !== undefined && sources.has(target)) visit(target);
    }
    path.pop();
    done.add(file);
  };
  for (const file of sources.keys()) visit(file);
  return found;
}
