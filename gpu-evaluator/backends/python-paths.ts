/** Where a Python's own files are, and those of its packages: what it reads in a sandbox beside the system's folders. */
import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { outputOf } from "@kevo/core/process/command.ts";
import { z } from "zod";

const PLACES = "import json, sys; print(json.dumps([sys.prefix, sys.base_prefix, *sys.path]))";

/** @returns absolute paths that exist: never the root of everything, nor where it was started. */
export async function pythonPaths(
  python: string,
  env: Readonly<Record<string, string>>,
  timeoutMs: number,
): Promise<string[]> {
  const places = await outputOf([python, "-c", PLACES], { env, timeoutMs });
  return z.array(z.string()).parse(JSON.parse(places)).filter(isPlace);
}

export const isPlace = (path: string) => path.startsWith("/") && dirname(path) !== "/" && existsSync(path);
