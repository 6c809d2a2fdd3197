/** Files of the clone: those that git knows and those that it would take. */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** Paths relative to the root. */
export function files(): string[] {
  // CI may check out as another user, whose clone git would refuse to read.
  const trust = ["-c", `safe.directory=${ROOT.replace(/\/$/, "")}`];
  const command = [...trust, "ls-files", "-z", "-co", "--exclude-standard"];
  const listed = execFileSync("git", command, { cwd: ROOT, encoding: "utf8" });
  return [...new Set(listed.split("\0"))].filter((file) => file !== "" && existsSync(join(ROOT, file)));
}

export const read = (file: string): string => readFileSync(join(ROOT, file), "utf8");
