/** A worker's life: connect, find a run that wants it, take part until that is over, look for the next. */
import { hostname } from "node:os";
import type { Bus } from "@kevo/core/bus/bus.ts";
import { connectBus } from "@kevo/core/bus/connect.ts";
import { BusError, NotPermitted } from "@kevo/core/bus/errors.ts";
import { UserError } from "@kevo/core/errors/user-error.ts";
import type { Invitation } from "@kevo/core/identity/invitation.ts";
import { runsReply } from "@kevo/proto/messages/control.ts";
import type { RunSpec } from "@kevo/proto/run.ts";
import { subjects } from "@kevo/proto/subjects.ts";
import { WIRE_VERSION } from "@kevo/proto/version.ts";
import { openWorkerSession } from "./worker-session.ts";

export interface WorkOptions {
  readonly nats: string;
  /** Path of a credentials file for it. */
  readonly creds?: string | undefined;
  readonly token: string | undefined;
  readonly invitation?: Invitation | undefined;
  /** Islands held at once, at most. */
  readonly islands: number;
  /** Work for this run only; null for whichever answers. */
  readonly run: string | null;
  readonly name: string | null;
  readonly onNote: (message: string) => void;
}

const LOOK_MS = 500;
const REQUEST_MS = 1_000;

/** Until the signal. @throws UserError when NATS cannot be reached at the start. */
export async function work(options: WorkOptions, signal: AbortSignal): Promise<void> {
  const name = options.name ?? `${hostname().slice(0, 40)}-${process.pid}`;
  const means = { token: options.token, creds: options.creds, invitation: options.invitation };
  const bus = await connectBus({
    url: options.nats,
    role: "worker",
    ...means,
    name: `island-worker ${name}`,
  });
  try {
    while (!signal.aborted) {
      const spec = await findRun(bus, name, options.run);
      if (spec === null) {
        await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
        continue;
      }
      options.onNote(`works for ${spec.run} (${spec.kernel.id})`);
      const session = await openWorkerSession(bus, spec, name).catch((error: unknown) => {
        // NATS or the coordinator is away at this moment: the run is looked for again.
        if (!(error instanceof BusError)) throw error;
        options.onNote(`cannot read the kernel of ${spec.run} (${error.message}); trying again`);
        return null;
      });
      if (session === null) {
        await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
        continue;
      }
      await session.run(options.islands, signal);
      options.onNote(`no longer works for ${spec.run}`);
    }
  } finally {
    await bus.close();
  }
}

async function findRun(bus: Bus, worker: string, run: string | null): Promise<RunSpec | null> {
  const request = { v: WIRE_VERSION, worker };
  const subject = run === null ? subjects.runs : subjects.spec(run);
  const reply = await bus.request(subject, request, runsReply, REQUEST_MS).catch((error: unknown) => {
    if (!(error instanceof NotPermitted)) return null;
    throw new UserError(
      `The NATS user may not publish to ${subject}. Grant it; docs/cluster.md lists what each program needs.`,
    );
  });
  return reply?.spec ?? null;
}
