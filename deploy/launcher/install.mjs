/** Dependencies: installed when what lies in node_modules is not what package-lock.json says, and only then. */
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { withLock } from "./lock.mjs";
import { runNpm } from "./npm.mjs";
import { say } from "./say.mjs";

/** Hash of the lockfile that npm last installed from, kept in node_modules. */
const STAMP = ".kernelevolve-installed";

/**
 * Brings node_modules in line with package-lock.json. A few milliseconds when it already is.
 * @param {string} root the clone
 * @param {string} node the Node to run npm under: npm skips optional packages (nats-server) whose engine does not fit
 */
export async function install(root, node) {
  if (isInstalled(root)) return;
  await withLock(root, async () => {
    if (isInstalled(root)) return;
    say("installing dependencies (first start, or package-lock.json has changed) …");
    const started = performance.now();
    await runNpm(node, ["ci", "--ignore-scripts", "--include=dev", "--include=optional"], root, "the dependencies");
    // npm keeps quiet about optional packages that it could not fetch; without the stamp each start would try again.
    const absent = missing(root);
    if (absent.length > 0)
      say(`npm did not install ${absent.join(", ")}; \`npm start -- doctor\` explains the consequences`);
    writeFileSync(join(root, "node_modules", STAMP), lockHash(root));
    say(`installed in ${((performance.now() - started) / 1000).toFixed(0)} s`);
  });
}

/**
 * @param {string} root the clone
 * @param {{ platform: string, arch: string }} [machine]
 */
export function isInstalled(root, machine = process) {
  try {
    return (
      missing(root, machine).length === 0 || readFileSync(join(root, "node_modules", STAMP), "utf8") === lockHash(root)
    );
  } catch {
    return false;
  }
}

/**
 * Packages that package-lock.json wants here and node_modules lacks or has in another version. npm writes
 * `node_modules/.package-lock.json` (the installed packages) at the end of an install; without it, this throws: an
 * interrupted install does not count.
 * @param {string} root the clone
 * @param {{ platform: string, arch: string }} [machine]
 * @returns {string[]}
 */
export function missing(root, machine = process) {
  const wanted = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")).packages;
  const found = JSON.parse(readFileSync(join(root, "node_modules", ".package-lock.json"), "utf8")).packages;
  const lacks = ([path, entry]) => {
    if (!path.includes("node_modules/") || entry.link) return false;
    const there = found[path];
    if (there === undefined) return !entry.optional || namesMachine(entry, machine);
    return there.version !== entry.version || there.integrity !== entry.integrity;
  };
  return Object.entries(wanted)
    .filter(lacks)
    .map(([path]) => path.replace(/^.*node_modules\//, ""));
}

/** npm rightly leaves out optional packages for other machines, and what only those need. */
function namesMachine(entry, machine) {
  return entry.os?.includes(machine.platform) && entry.cpu?.includes(machine.arch) && entry.libc === undefined;
}

function lockHash(root) {
  return createHash("sha256")
    .update(readFileSync(join(root, "package-lock.json")))
    .digest("hex");
}
