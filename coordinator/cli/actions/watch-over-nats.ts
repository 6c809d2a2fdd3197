/** What `coordinator watch --join` does: follows a run on another machine, over NATS, as an operator who was invited. */
import { setTimeout as wait } from "node:timers/promises";
import { connectBus } from "@kevo/core/bus/connect.ts";
import { NoResponder, RequestTimeout } from "@kevo/core/bus/errors.ts";
import { UserError } from "@kevo/core/errors/user-error.ts";
import { readInvitation } from "@kevo/core/identity/invitation.ts";
import { onStopRequest } from "@kevo/core/program/stop-requests.ts";
import { printable } from "@kevo/core/text/printable.ts";
import { RUN_ID, subjects } from "@kevo/proto/subjects.ts";
import { WIRE_VERSION } from "@kevo/proto/version.ts";
import { z } from "zod";
import { ringBell } from "../../progress/bell.ts";
import { openProgress } from "../../progress/open-progress.ts";
import { runResult } from "../../result/result.ts";
import { viewReply } from "../../snapshot/messages.ts";
import { printJson } from "../output.ts";

const LOOK_EVERY_MS = 500;
const REPLY_MS = 3_000;
/** The NATS server of a coordinator may be restarting. */
const SILENT_MS = 10_000;

/** `kevo.<run>.ended`: sent once, when the result is stored. */
const ended = z.object({ v: z.literal(WIRE_VERSION), result: runResult, report: z.string() });

export async function watchOverNats(
  run: string | undefined,
  file: string,
  { json = false, bell = false }: { readonly json?: boolean; readonly bell?: boolean },
): Promise<void> {
  if (run === undefined || !RUN_ID.test(run)) {
    throw new UserError("With --join, give the whole id of the run: this machine does not have its database.", 2);
  }
  const invitation = readInvitation(file, "operator");
  const bus = await connectBus({ url: invitation.nats, invitation, role: "operator", name: "coordinator watch" });
  const progress = openProgress(process.stderr, { json });
  const over = new AbortController();
  const stops = onStopRequest(() => over.abort());
  let end: z.infer<typeof ended> | null = null;
  bus.subscribe(subjects.ended(run), ended, (message) => {
    end = message;
    over.abort();
  });
  try {
    let heardAt = performance.now();
    while (!over.signal.aborted) {
      try {
        const { snapshot } = await bus.request(subjects.view(run), { v: WIRE_VERSION }, viewReply, REPLY_MS);
        heardAt = performance.now();
        if (!over.signal.aborted) progress.update(snapshot);
      } catch (error) {
        if (!(error instanceof NoResponder || error instanceof RequestTimeout)) throw error;
        if (performance.now() - heardAt > SILENT_MS) {
          throw new UserError(`The coordinator of the run ${run} does not answer. It may have ended.`);
        }
      }
      await wait(LOOK_EVERY_MS, undefined, { signal: over.signal }).catch(() => {});
    }
  } finally {
    progress.close();
    stops[Symbol.dispose]();
    await bus.close();
  }
  report(run, end, { json, bell });
}

function report(
  run: string,
  end: z.infer<typeof ended> | null,
  { json, bell }: { readonly json: boolean; readonly bell: boolean },
): void {
  if (end === null) {
    process.stderr.write(`No longer watching; the run ${run} continues.\n`);
    process.exitCode = 130;
    return;
  }
  if (bell) ringBell(process.stderr);
  if (json) printJson(end.result);
  else process.stderr.write(printable(end.report));
}
