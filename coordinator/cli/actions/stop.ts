/** What `coordinator stop` does. */
import { connectBus } from "@kevo/core/bus/connect.ts";
import type { ConnectOptions } from "@kevo/core/bus/connection.ts";
import { NoResponder, RequestTimeout } from "@kevo/core/bus/errors.ts";
import { UserError } from "@kevo/core/errors/user-error.ts";
import { readInvitation } from "@kevo/core/identity/invitation.ts";
import { stopReply } from "@kevo/proto/messages/control.ts";
import { RUN_ID, subjects } from "@kevo/proto/subjects.ts";
import { WIRE_VERSION } from "@kevo/proto/version.ts";
import { commandFor } from "../../lineage/command.ts";
import { resolveRun } from "../../lineage/queries/resolve.ts";
import { openReadOnly } from "../../lineage/read-only.ts";
import { natsOf } from "./nats-of-run.ts";

export async function stopRun(run: string | undefined, given: { db: string; join?: string }): Promise<void> {
  if (given.join !== undefined) return await stopOverNats(run, given.join);
  const lineage = openReadOnly(given.db);
  const row = resolveRun(lineage.db, run);
  lineage.close();
  if (row.status !== "running") throw new UserError(`The run ${row.id} cannot be stopped: it is ${row.status}.`);
  const way = natsOf(lineage.path, row.id);
  if (way === null)
    throw new UserError(
      `The coordinator of the run ${row.id} no longer runs, so there is nothing to stop. Continue the run with: ${commandFor(`resume ${row.id}`, lineage.path)}`,
    );
  await askToStop(row.id, way);
  console.error(
    `The run ${row.id} finishes its outstanding candidates, then ends. Follow it with: ${commandFor(`watch ${row.id}`, lineage.path)}`,
  );
}

async function askToStop(run: string, way: Omit<ConnectOptions, "role" | "name">): Promise<void> {
  const bus = await connectBus({ ...way, role: "operator", name: "coordinator stop" });
  try {
    await bus.request(subjects.stop(run), { v: WIRE_VERSION }, stopReply, 3_000);
  } catch (error) {
    if (!(error instanceof NoResponder || error instanceof RequestTimeout)) throw error;
    throw new UserError(
      `The coordinator of the run ${run} does not answer. If it no longer runs, there is nothing to stop.`,
    );
  } finally {
    await bus.close();
  }
}

async function stopOverNats(run: string | undefined, file: string): Promise<void> {
  if (run === undefined || !RUN_ID.test(run)) {
    throw new UserError("With --join, give the whole id of the run: this machine does not have its database.", 2);
  }
  const invitation = readInvitation(file, "operator");
  await askToStop(run, { url: invitation.nats, invitation });
  console.error(`The run ${run} finishes its outstanding candidates, then ends.`);
}
