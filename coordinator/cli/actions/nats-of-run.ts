/** Where the NATS server of a run listens. */
import { natsFolder } from "../../identity/nats-folder.ts";
import { resolveRun } from "../../lineage/queries/resolve.ts";
import { openReadOnly } from "../../lineage/read-only.ts";
import { localUrl } from "../../nats-server/launch.ts";
import { readRecord } from "../../nats-server/record.ts";
import { launch as launchSchema } from "../../run/launch.ts";

/** @returns null where its embedded server no longer runs. */
export function natsOf(database: string, run: string): string | null {
  const lineage = openReadOnly(database);
  try {
    const { nats } = launchSchema.parse(JSON.parse(resolveRun(lineage.db, run).launch));
    if (nats !== null) return nats;
    const record = readRecord(natsFolder(lineage.path));
    return record === null ? null : localUrl(record);
  } finally {
    lineage.close();
  }
}
