/** The dashboard of a run, for as long as the run goes on. */
import { userInfo } from "node:os";
import type { RunAction } from "@kevo/proto/messages/action.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { Progress } from "../progress/progress.ts";
import type { ActionDone, RunActions } from "./run-actions.ts";

interface OpenedDashboard extends AsyncDisposable {
  /** With the token; whoever has it can read and act. */
  readonly url: string;
  /** Of the thread, should it fail. */
  readonly failed: Promise<Error>;
}

export type OpenDashboard = (act: (action: RunAction) => Promise<ActionDone>) => Promise<OpenedDashboard>;

/** Opens beside the start of the run, which does not wait for it. Disposing of it closes it. */
export function serveDashboard(
  open: OpenDashboard,
  actions: RunActions,
  progress: Progress,
  ledger: Ledger,
): AsyncDisposable {
  const { username } = userInfo();
  const onStopped = ({ message }: Error) => {
    const why = `the dashboard has stopped: ${message}`;
    progress.note(why);
    void ledger.event("program", why).catch(() => {});
  };
  const opening = open((action) => actions.do(action, username));
  const opened = opening.then((dashboard) => {
    const address = new URL(dashboard.url).origin;
    progress.note(`Dashboard: ${dashboard.url}`);
    void ledger.event("dashboard", `the dashboard is on ${address}`, { address }).catch(() => {});
    void dashboard.failed.then(onStopped);
  });
  opened.catch(onStopped);
  return {
    [Symbol.asyncDispose]: async () => {
      const dashboard = await opening.catch(() => null);
      await dashboard?.[Symbol.asyncDispose]();
    },
  };
}
