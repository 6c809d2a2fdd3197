/** The packages of node_modules that the programs need at run time. */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";

interface Manifest {
  readonly dependencies?: Record<string, string>;
  readonly optionalDependencies?: Record<string, string>;
}

const manifestIn = (folder: string) => JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Manifest;

/**
 * Folders of all packages that these workspaces need, and those need in turn, relative to the root. Packages of the
 * workspaces' own scope are left out; an optional package counts where it is installed.
 * @throws Error when a package that is needed is not installed.
 */
export function runtimePackages(root: string, workspaces: readonly string[], scope: string): string[] {
  const found = new Set<string>();
  const visit = (folder: string, manifest: Manifest) => {
    const { dependencies = {}, optionalDependencies = {} } = manifest;
    for (const name of new Set([...Object.keys(dependencies), ...Object.keys(optionalDependencies)])) {
      if (name.startsWith(`${scope}/`)) continue;
      const at = resolveFrom(root, folder, name);
      if (at === null && name in optionalDependencies) continue;
      if (at === null) throw new Error(`${name}, which ${relative(root, folder)} needs, is not installed`);
      const path = relative(root, at);
      if (found.has(path)) continue;
      found.add(path);
      visit(at, manifestIn(at));
    }
  };
  // The root's own are for development, but for the optional nats-server.
  const { optionalDependencies = {} } = manifestIn(root);
  visit(root, { optionalDependencies });
  for (const workspace of workspaces) visit(join(root, workspace), manifestIn(join(root, workspace)));
  return [...found].sort();
}

/** As Node looks for a package: in each node_modules from here up to the root. */
function resolveFrom(root: string, folder: string, name: string): string | null {
  for (let at = folder; ; at = dirname(at)) {
    const path = join(at, "node_modules", name);
    if (existsSync(join(path, "package.json"))) return path;
    if (at === root || at === dirname(at)) return null;
  }
}
