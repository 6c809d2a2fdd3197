/** What `coordinator stop` does. */
import { dirname, join } from "node:path";
import { connectBus } from "@kevo/core/bus/connect.ts";
import { NoResponder, RequestTimeout } from "@kevo/core/bus/errors.ts";
import { readEnvironment } from "@kevo/core/config/environment.ts";
import { UserError } from "@kevo/core/errors/user-error.ts";
import { stopReply } from "@kevo/proto/messages/control.ts";
import { subjects } from "@kevo/proto/subjects.ts";
import { WIRE_VERSION } from "@kevo/proto/version.ts";
import { resolveRun } from "../../lineage/queries/resolve.ts";
import { openReadOnly } from "../../lineage/read-only.ts";
import { localUrl } from "../../nats-server/launch.ts";
import { readRecord } from "../../nats-server/record.ts";
import { commandFor } from "../../progress/command.ts";
import { launch as launchSchema } from "../../run/launch.ts";

export async function stopRun(run: string | undefined, given: { db: string }): Promise<void> {
  const lineage = openReadOnly(given.db);
  const row = resolveRun(lineage.db, run);
  lineage.close();
  if (row.status !== "running") throw new UserError(`The run ${row.id} cannot be stopped: it is ${row.status}.`);
  const url = launchSchema.parse(JSON.parse(row.launch)).nats ?? embeddedUrl(lineage.path);
  if (url === null)
    throw new UserError(`The coordinator of the run ${row.id} no longer runs, so there is nothing to stop.`);
  const { KEVO_TOKEN: token } = readEnvironment();
  const bus = await connectBus({ url, role: "operator", token, name: "coordinator stop" });
  try {
    await bus.request(subjects.stop(row.id), { v: WIRE_VERSION }, stopReply, 3_000);
  } catch (error) {
    if (!(error instanceof NoResponder || error instanceof RequestTimeout)) throw error;
    throw new UserError(
      `The coordinator of the run ${row.id} does not answer. If it no longer runs, there is nothing to stop.`,
    );
  } finally {
    await bus.close();
  }
  console.error(
    `The run ${row.id} finishes its outstanding candidates, then ends. Follow it with: ${commandFor(`watch ${row.id}`, lineage.path)}`,
  );
}

function embeddedUrl(database: string): string | null {
  const record = readRecord(join(dirname(database), "nats"));
  return record === null ? null : localUrl(record);
}
