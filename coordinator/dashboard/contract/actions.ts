/** `POST runs/:run/actions/ACTION`. Each is stored as an event that says who did it and when. */
import { z } from "zod";
import { about } from "./common.ts";

export { ACTION_BODIES, ACTIONS, type Action, type ActionBody } from "@kevo/proto/messages/action.ts";

export const actionAnswer = z.object({
  about,
  done: z.literal(true),
  /** What happens now, for people. */
  message: z.string(),
  /** Of `inject`: the new candidate. */
  candidate: z.string().nullable(),
});
export type ActionAnswer = z.infer<typeof actionAnswer>;
