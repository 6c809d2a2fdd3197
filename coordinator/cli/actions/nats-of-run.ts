/** Where the NATS server of a run listens, and with what a command may connect to it. */
import type { ConnectOptions } from "@kevo/core/bus/connection.ts";
import { readEnvironment } from "@kevo/core/config/environment.ts";
import { isHeld } from "@kevo/core/database/writer-lock.ts";
import { natsFolder } from "../../identity/nats-folder.ts";
import { resolveRun } from "../../lineage/queries/resolve.ts";
import { openReadOnly } from "../../lineage/read-only.ts";
import { localUrl } from "../../nats-server/launch.ts";
import { readRecord } from "../../nats-server/record.ts";
import { launch as launchSchema } from "../../run/launch.ts";

/** @returns null where its coordinator, or its embedded server, no longer runs. */
export function natsOf(database: string, run: string): Pick<ConnectOptions, "url" | "creds" | "token"> | null {
  const lineage = openReadOnly(database);
  // Whatever listens at its NATS server's address then is another's.
  if (!isHeld(lineage.path)) {
    lineage.close();
    return null;
  }
  try {
    const { nats, nats_creds: creds } = launchSchema.parse(JSON.parse(resolveRun(lineage.db, run).launch));
    const { KEVO_TOKEN: token } = readEnvironment();
    if (nats !== null) return { url: nats, creds, token };
    const record = readRecord(natsFolder(lineage.path));
    return record === null ? null : { url: localUrl(record), token };
  } finally {
    lineage.close();
  }
}
