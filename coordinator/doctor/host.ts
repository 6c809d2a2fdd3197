/** Node, the database library, the environment, cores and disk. */
import { statfs } from "node:fs/promises";
import { availableParallelism, cpus, totalmem } from "node:os";
import { readEnvironment } from "@kevo/core/config/environment.ts";
import { type Finding, found, missing } from "./finding.ts";

const GIB = 1024 ** 3;
/** Room for the database, the log's copy and compiled candidates of a few runs. */
const MIN_DISK_BYTES = 0.25 * GIB;

export function nodeFinding(): Finding {
  const { node } = process.versions;
  const [major = 0] = node.split(".").map(Number);
  return major >= 24
    ? found("Node", node, ["cpu"])
    : missing("Node", `${node} is older than 24`, ["cpu"], "Use npm start, which fetches Node 24.");
}

export async function databaseFinding(): Promise<Finding> {
  try {
    // Loaded here and not above: a library that does not fit this Node must not end the doctor.
    const { default: Database } = await import("better-sqlite3");
    const database = new Database(":memory:");
    const version = database.prepare("select sqlite_version()").pluck().get();
    database.close();
    return found("SQLite", `${version}`, ["cpu"]);
  } catch (error) {
    const why = (error instanceof Error ? error.message : String(error)).split("\n")[0] ?? "";
    return missing("SQLite", why, ["cpu"], "Run npm install with the Node shown above.");
  }
}

export function environmentFinding(environment: NodeJS.ProcessEnv): Finding {
  try {
    const { KEVO_LOG } = readEnvironment(environment);
    return found("environment", `KEVO_LOG ${KEVO_LOG}`, ["cpu"]);
  } catch (error) {
    return missing("environment", (error as Error).message, ["cpu"], "Correct the variable, or unset it.");
  }
}

export function coresFinding(): Finding {
  const model = cpus()[0]?.model.trim() || process.arch;
  const memory = `${(totalmem() / GIB).toFixed(0)} GiB of memory`;
  return found("cores", `${availableParallelism()} × ${model}, ${memory}, ${process.platform} ${process.arch}`, [
    "cpu",
  ]);
}

export async function diskFinding(folder: string): Promise<Finding> {
  const { bavail, bsize } = await statfs(folder);
  const free = bavail * bsize;
  const detail = `${(free / GIB).toFixed(1)} GiB free in ${folder}`;
  return free >= MIN_DISK_BYTES
    ? found("disk", detail, ["cpu"])
    : missing("disk", detail, ["cpu"], "Free some space, or put the database on another disk with --db FILE.");
}
