/** What `coordinator dashboard` does. */
import { userInfo } from "node:os";
import { connectBus } from "@kevo/core/bus/connect.ts";
import { NoResponder, RequestTimeout } from "@kevo/core/bus/errors.ts";
import { parseAddress } from "@kevo/core/config/address.ts";
import { UserError } from "@kevo/core/errors/user-error.ts";
import { startSmall } from "@kevo/core/program/little-memory.ts";
import { onStopRequest } from "@kevo/core/program/stop-requests.ts";
import { actionReply } from "@kevo/proto/messages/action.ts";
import { subjects } from "@kevo/proto/subjects.ts";
import { WIRE_VERSION } from "@kevo/proto/version.ts";
import { openDashboard } from "../../dashboard/open-dashboard.ts";
import type { ActionDone, ActionRequest } from "../../dashboard/server/act.ts";
import { openReadOnly } from "../../lineage/read-only.ts";
import { LOOPBACK } from "../dashboard-options.ts";
import { printJson } from "../output.ts";
import { natsOf } from "./nats-of-run.ts";

const REQUEST_MS = 5_000;

interface Given {
  readonly db?: string;
  readonly listen?: string;
  readonly json?: boolean;
}

export async function serveDatabase({ db, listen, json = false }: Given): Promise<void> {
  // Before anything listens: a wrong file is said at once, and an older one brought up to date.
  const lineage = openReadOnly(db);
  lineage.close();
  const address = listen === undefined ? LOOPBACK : parseAddress(listen, "--listen", { anyPort: true });
  const stopped = Promise.withResolvers<void>();
  using _stops = onStopRequest(() => stopped.resolve());
  startSmall();
  // The thread does not keep the process.
  const keep = setInterval(() => {}, 2 ** 30);
  try {
    await using dashboard = await openDashboard({
      ...{ ...address, database: lineage.path, run: null },
      act: (request) => actOverNats(lineage.path, request),
    });
    if (json) printJson({ dashboard: dashboard.url });
    else process.stderr.write(`Dashboard: ${dashboard.url}\n`);
    const failure = await Promise.race([stopped.promise, dashboard.failed]);
    if (failure instanceof Error) throw failure;
  } finally {
    clearInterval(keep);
  }
}

/** The coordinator of the run is another process. */
async function actOverNats(database: string, { run, action }: ActionRequest): Promise<ActionDone> {
  const way = natsOf(database, run);
  if (way === null) throw new UserError(`The coordinator of the run ${run} no longer runs.`);
  const bus = await connectBus({ ...way, role: "operator", name: "coordinator dashboard" });
  try {
    const request = { v: WIRE_VERSION, user: userInfo().username, ...action };
    const { status, message, candidate } = await bus.request(subjects.action(run), request, actionReply, REQUEST_MS);
    if (status === "refused") throw new UserError(message);
    return { message, candidate };
  } catch (error) {
    if (!(error instanceof NoResponder || error instanceof RequestTimeout)) throw error;
    throw new UserError(`The coordinator of the run ${run} does not answer. It may have ended.`);
  } finally {
    await bus.close();
  }
}
