/**
 * Lays out what a host without Node and internet needs: Node's own binary, the workspaces' programs and kernels,
 * the packages that they need at run time, and launchers in `bin/`.
 */
import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildPages, isBuilt } from "../launcher/dashboard.mjs";
import { runtimePackages } from "./packages.ts";

export const ROOT = fileURLToPath(new URL("../..", import.meta.url)).replace(/\/$/, "");
export const SCOPE = "@kevo";
const PROGRAMS = ["coordinator", "gpu-evaluator", "island-worker"];
export const WORKSPACES = ["proto", "core", ...PROGRAMS];
const FILES = [
  "package.json",
  "LICENSE",
  "README.md",
  "CHANGELOG.md",
  "bench/device",
  "bench/h200",
  "tests/cheats",
  "tests/fakes/xai",
  "tests/support",
];

/** Sources, type declarations and maps of packages. The code that a package runs is in other files. */
const LEFT_OUT_OF_PACKAGES = [
  /^node_modules\/better-sqlite3\/(deps|src)(\/|$)/,
  /^node_modules\/better-sqlite3\/prebuilds\/(?!linux-x64)[^/]+/,
  /(^|\/)node_modules\/zod\/src(\/|$)/,
  /\.(map|d\.ts|d\.cts|d\.mts)$/,
];
/** What the dashboard's pages were built of is left out too. */
const LEFT_OUT_OF_PROGRAMS =
  /(\.test\.ts|\.fixture(\.ts)?|__pycache__|node_modules|coordinator\/dashboard\/(web|vite\.config\.ts))$/;

/** @param folder does not exist yet, or is empty. @throws Error with a message for the person who builds. */
export function assemble(folder: string): void {
  checkNode();
  mkdirSync(folder, { recursive: true });
  copyPrograms(folder, WORKSPACES, FILES);
  copyPackages(folder, runtimePackages(ROOT, WORKSPACES, SCOPE));
  mkdirSync(join(folder, "node_modules", SCOPE));
  for (const workspace of WORKSPACES) {
    // The programs' own code stays outside node_modules, where Node would not strip its types.
    symlinkSync(join("../..", workspace), join(folder, "node_modules", SCOPE, workspace));
  }
  mkdirSync(join(folder, "runtime"));
  cpSync(process.execPath, join(folder, "runtime/node"));
  chmodSync(join(folder, "runtime/node"), 0o755);
  mkdirSync(join(folder, "bin"));
  for (const program of PROGRAMS) writeLauncher(folder, program);
  // What service units start.
  copy(folder, "deploy/containers/start-or-resume.sh", () => true);
}

/** Workspaces and other files of the project, without tests; the dashboard's pages are built. */
export function copyPrograms(folder: string, workspaces: readonly string[], files: readonly string[]): void {
  buildPages(ROOT, process.execPath);
  if (!isBuilt(ROOT)) throw new Error("the dashboard's pages are not built");
  const there = files.filter((file) => existsSync(join(ROOT, file)));
  for (const path of [...workspaces, ...there]) copy(folder, path, (inside) => !LEFT_OUT_OF_PROGRAMS.test(inside));
}

/** @param packages as `runtimePackages` names them. */
export function copyPackages(folder: string, packages: readonly string[]): void {
  for (const path of packages) copy(folder, path, (inside) => !LEFT_OUT_OF_PACKAGES.some((rule) => rule.test(inside)));
}

/** A Node that a distribution built may need its libraries; the official one needs the C and C++ runtimes only. */
function checkNode(): void {
  const { platform, arch, config, execPath } = process;
  if (platform !== "linux" || arch !== "x64")
    throw new Error(`a bundle can only be made on linux-x64; this is ${platform}-${arch}`);
  const shared = Object.entries(config.variables).filter(
    ([name, value]) => name.startsWith("node_shared") && String(value) === "true",
  );
  if (shared.length === 0) return;
  throw new Error(
    `${execPath} needs shared libraries (${shared.map(([name]) => name).join(", ")}). Use the Node from nodejs.org`,
  );
}

function copy(folder: string, path: string, takes: (path: string) => boolean): void {
  const to = join(folder, path);
  mkdirSync(dirname(to), { recursive: true });
  cpSync(join(ROOT, path), to, {
    recursive: true,
    verbatimSymlinks: true,
    filter: (source) => takes(source.slice(ROOT.length + 1)),
  });
}

function writeLauncher(folder: string, program: string): void {
  const template = readFileSync(fileURLToPath(new URL("launcher.sh", import.meta.url)), "utf8");
  const path = join(folder, "bin", program);
  writeFileSync(path, template.replaceAll("PROGRAM", basename(program)));
  chmodSync(path, 0o755);
}
