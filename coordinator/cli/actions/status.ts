/** What `coordinator status` does: asks the run's coordinator, from whose memory the answer comes. */
import { resolve } from "node:path";
import { connectBus } from "@kevo/core/bus/connect.ts";
import type { ConnectOptions } from "@kevo/core/bus/connection.ts";
import { NoResponder, RequestTimeout } from "@kevo/core/bus/errors.ts";
import { UserError } from "@kevo/core/errors/user-error.ts";
import { readInvitation } from "@kevo/core/identity/invitation.ts";
import { RUN_ID, subjects } from "@kevo/proto/subjects.ts";
import { WIRE_VERSION } from "@kevo/proto/version.ts";
import type { FleetFigures } from "../../fleet/figures.ts";
import { commandFor } from "../../lineage/command.ts";
import { DEFAULT_DATABASE } from "../../lineage/default-database.ts";
import { resolveRun } from "../../lineage/queries/resolve.ts";
import { openReadOnly } from "../../lineage/read-only.ts";
import { formatShare } from "../../progress/format.ts";
import { renderTable } from "../../progress/table.ts";
import { viewReply } from "../../snapshot/messages.ts";
import type { RunSnapshot } from "../../snapshot/snapshot.ts";
import { hint, print, printJson } from "../output.ts";
import type { ReadOptions } from "../read-options.ts";
import { natsOf } from "./nats-of-run.ts";

const REPLY_MS = 3_000;
/** Stored as running, and nobody runs it. */
const ABANDONED = "abandoned";

interface Status {
  readonly run: string;
  readonly status: string;
  readonly phase: string | null;
  readonly waiting: string | null;
  readonly evaluated: number;
  /** Null where no coordinator carries out the run. */
  readonly fleet: FleetFigures | null;
}

export async function showStatus(
  run: string | undefined,
  { db, json = false, join }: ReadOptions & { readonly join?: string },
): Promise<void> {
  const status = join === undefined ? await statusHere(run, db) : await statusThere(run, join);
  if (json) printJson(status);
  else {
    print(rendered(status));
    if (status.status === ABANDONED)
      hint(
        `Its coordinator no longer runs. Continue the run with: ${commandFor(`resume ${status.run}`, resolve(db ?? DEFAULT_DATABASE))}`,
      );
  }
}

async function statusHere(run: string | undefined, db: string | undefined): Promise<Status> {
  const lineage = openReadOnly(db);
  const { id, status, evaluated } = (() => {
    try {
      const row = resolveRun(lineage.db, run);
      return { id: row.id, status: row.status, evaluated: row.accepted };
    } finally {
      lineage.close();
    }
  })();
  const ended = { run: id, status, phase: null, waiting: null, evaluated, fleet: null };
  const way = status === "running" ? natsOf(lineage.path, id) : null;
  if (way === null) return status === "running" ? { ...ended, status: ABANDONED } : ended;
  return statusOf(await ask(id, way));
}

async function statusThere(run: string | undefined, file: string): Promise<Status> {
  if (run === undefined || !RUN_ID.test(run)) {
    throw new UserError("With --join, give the whole id of the run: this machine does not have its database.", 2);
  }
  const invitation = readInvitation(file, "operator");
  return statusOf(await ask(run, { url: invitation.nats, invitation }));
}

const statusOf = ({ run, phase, waiting = null, evaluated, fleet = null }: RunSnapshot): Status => ({
  ...{ run, status: "running", phase, waiting, evaluated, fleet },
});

async function ask(run: string, way: Omit<ConnectOptions, "role" | "name">): Promise<RunSnapshot> {
  const bus = await connectBus({ ...way, role: "operator", name: "coordinator status" });
  try {
    return (await bus.request(subjects.view(run), { v: WIRE_VERSION }, viewReply, REPLY_MS)).snapshot;
  } catch (error) {
    if (!(error instanceof NoResponder || error instanceof RequestTimeout)) throw error;
    throw new UserError(`The coordinator of the run ${run} does not answer. It may have ended.`);
  } finally {
    await bus.close();
  }
}

function rendered({ run, status, phase, waiting, evaluated, fleet }: Status): string {
  const head = [`run ${run}: ${phase ?? status}, ${evaluated} evaluated`, ...(waiting === null ? [] : [waiting])];
  if (fleet === null) return head.join("\n");
  const { serving, draining, reserve, away, unusable } = fleet.evaluators;
  const others = Object.entries({ draining, reserve, away, unusable }).filter(([, number]) => number > 0);
  const columns = ["device model", "evaluators", "devices", "busy", "credits", "free", "waiting"];
  const rows = fleet.models.map((one) => [
    one.model,
    ...[one.evaluators, one.devices].map(String),
    formatShare(one.busy_share),
    ...[one.credits, one.credits_free, one.candidates_waiting].map(String),
  ]);
  return [
    ...head,
    `evaluators: ${[`${serving} serving`, ...others.map(([state, number]) => `${number} ${state}`)].join(", ")}`,
    `candidates: ${fleet.candidates_in_flight} with evaluators, ${fleet.candidates_waiting} waiting`,
    ...(rows.length === 0
      ? []
      : [
          "",
          renderTable(
            columns.map((head) => ({ head })),
            rows,
          ),
        ]),
  ].join("\n");
}
