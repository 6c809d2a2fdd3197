/** An action on its way to the coordinator of the run. */
import type { RunAction } from "@kevo/proto/messages/action.ts";

export interface ActionRequest {
  readonly run: string;
  readonly action: RunAction;
}

/** What the coordinator did. */
export interface ActionDone {
  /** For people. */
  readonly message: string;
  /** Of an injected configuration. */
  readonly candidate: string | null;
}

/** @throws UserError or Refusal when it cannot be done. */
export type Act = (request: ActionRequest) => Promise<ActionDone>;
