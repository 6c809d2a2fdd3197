/** Tells the server that runs who was invited, or no longer is. Nobody else is disconnected by it. */
import { openClusterKeys } from "@kevo/core/identity/cluster-keys.ts";
import { isAlive } from "@kevo/core/process/process-identity.ts";
import { admissionTo } from "./admission.ts";
import { readRecord } from "./record.ts";
import { readConfig, renderConfig, writeConfig } from "./server-config.ts";

/**
 * Nothing to do without a running server: the next start admits them.
 * @param token that the server was started with
 * @returns false for a server that must be restarted first: it takes no encrypted connections, or another token
 */
export function admitAnew(dir: string, token: string | undefined): boolean {
  const record = readRecord(dir);
  const before = readConfig(dir);
  if (record === null || before === null || !isAlive(record.pid, record.startTime)) return true;
  const { host, port, name } = record;
  const admission = admissionTo(dir, openClusterKeys(dir), token, host);
  const takesToken = before.includes("allow_non_tls");
  if (admission.tls === null || !before.includes("tls {") || takesToken !== (token !== undefined)) return false;
  writeConfig(dir, renderConfig(dir, { listen: { host, port }, name, admission }));
  process.kill(record.pid, "SIGHUP");
  return true;
}
