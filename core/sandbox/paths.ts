/** The paths of a host that a compiler needs: its files and libraries, no home directories and no configuration. */
import { existsSync, realpathSync } from "node:fs";
import { dirname, sep } from "node:path";
import { findProgram } from "../process/find-program.ts";

const SYSTEM = [
  ...["/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64"],
  ...["/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d", "/etc/alternatives", "/nix/store", "/gnu/store"],
];

/** Those of the system's paths that exist, and the folder around `program` when it lies in none of them. */
export function systemPaths(program: string, path = process.env.PATH ?? ""): string[] {
  const paths = SYSTEM.filter((name) => existsSync(name));
  const file = findProgram(program, path);
  if (file === null) return paths;
  for (const place of new Set([file, realpathSync(file)])) {
    // bin/cc belongs to a toolchain whose libraries lie beside bin; never the root of everything.
    const prefix = dirname(dirname(place));
    const known = paths.some((known) => place.startsWith(known + sep));
    if (!known) paths.push(prefix.split(sep).length > 2 ? prefix : place);
  }
  return paths;
}
