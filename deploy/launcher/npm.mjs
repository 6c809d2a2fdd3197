/** The machine's own npm, run under a Node of our choice. */
import { spawn } from "node:child_process";
import { existsSync, realpathSync } from "node:fs";
import { basename, delimiter, dirname, join } from "node:path";
import { LauncherError } from "./say.mjs";

const UNREACHABLE =
  /\b(ENOTFOUND|EAI_AGAIN|EAI_FAIL|ECONNREFUSED|ECONNRESET|ECONNABORTED|ETIMEDOUT|ERR_SOCKET_TIMEOUT|ENETUNREACH|EHOSTUNREACH|FETCH_ERROR|UNABLE_TO_\w+|SELF_SIGNED_\w+|CERT_\w+|E40[1347]|E429|E5\d\d)\b/;

/**
 * npm's own script: the npm that started us, the one beside this Node, or the first one in PATH.
 * @param {NodeJS.ProcessEnv} [env]
 * @param {string} [execPath]
 * @returns {string | undefined}
 */
function findNpm(env = process.env, execPath = process.execPath) {
  const beside = join("lib", "node_modules", "npm", "bin", "npm-cli.js");
  const candidates = [
    env.npm_execpath,
    join(dirname(execPath), "..", beside),
    ...(env.PATH ?? "").split(delimiter).map((folder) => join(folder, "npm")),
    ...(env.PATH ?? "").split(delimiter).map((folder) => join(folder, "..", beside)),
  ];
  return candidates
    .filter((path) => path !== undefined && existsSync(path))
    .map((path) => realpathSync(path))
    .find((path) => basename(path) === "npm-cli.js");
}

/**
 * Runs npm and waits for it; its output is shown only if it fails. Throws LauncherError.
 * @param {string} node the Node to run npm under; npm also takes it for the engine of packages
 * @param {string[]} args
 * @param {string} cwd
 * @param {string} what name of the installed thing, for the error
 */
export async function runNpm(node, args, cwd, what) {
  const npm = findNpm();
  if (npm === undefined) {
    throw new LauncherError("npm was not found beside Node or on PATH. Install npm 10 or newer, then start again.");
  }
  const env = { ...process.env, PATH: `${dirname(node)}${delimiter}${process.env.PATH ?? ""}`, NODE: node };
  // Five tries within about 20 s: npm's own pauses (10 s, 60 s) would leave a user without a network in the dark.
  const retry = ["--fetch-retries=4", "--fetch-retry-mintimeout=1000", "--fetch-retry-maxtimeout=5000"];
  const flags = ["--loglevel=error", "--no-audit", "--no-fund", "--no-update-notifier", ...retry];
  const child = spawn(node, [npm, ...args, ...flags], { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (output += chunk));
  const forward = (signal) => child.kill(signal);
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, forward);
  const [code, signal] = await new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (...end) => resolve(end));
  });
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"]) process.removeListener(name, forward);
  if (signal !== null) throw new LauncherError(`interrupted while installing ${what}; start again to continue.`);
  if (code !== 0) throw new LauncherError(explain(output, what, code));
}

/**
 * One sentence for what went wrong.
 * @param {string} output what npm printed
 * @param {string} what
 * @param {number} code npm's exit status
 */
export function explain(output, what, code) {
  const unreachable = UNREACHABLE.exec(output)?.[0];
  if (unreachable !== undefined) {
    return `could not download ${what} from the npm registry (${unreachable}). Check the network, and the registry and proxy in \`npm config list\`, then start again.`;
  }
  if (/\bENOSPC\b/.test(output))
    return `the disk is full, so ${what} could not be installed. Free some space, then start again.`;
  const said = output.split("\n").filter((line) => line.startsWith("npm error") && !line.includes("complete log"));
  const reasons = said.map((line) => line.slice("npm error".length).trim()).filter(Boolean);
  return `npm could not install ${what} (exit status ${code}): ${reasons.slice(0, 6).join(" | ") || output.trim().slice(-500)}`;
}
