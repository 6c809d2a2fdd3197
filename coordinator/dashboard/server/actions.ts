/** Actions: carried out by the coordinator of the run, on its own thread. */
import type { Action, RunAction } from "@kevo/proto/messages/action.ts";
import type { ActionAnswer } from "../contract/actions.ts";
import { contextOf } from "./answers/context.ts";
import type { AppOptions } from "./app-options.ts";
import { Refusal } from "./refusal.ts";

export function actionsOf({ reader, act }: Pick<AppOptions, "reader" | "act">) {
  /** @param body checked by the action's schema. */
  return async (run: string, action: Action, body: unknown): Promise<ActionAnswer> => {
    const { about } = contextOf(reader, run);
    if (!about.live)
      throw new Refusal("refused", `No coordinator works on the run ${run}, so nothing can be done to it.`);
    const done = await act({ run, action: { action, body } as RunAction });
    return { about: contextOf(reader, run).about, done: true, ...done };
  };
}
