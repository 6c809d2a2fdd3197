/** `kevo.evaluators.<identity>`: a daemon announces itself twice a second, and once more when it leaves. */
import { z } from "zod";
import { BACKENDS } from "../backend-name.ts";
import { WIRE_VERSION } from "../version.ts";

export const evaluatorAnnouncement = z.object({
  v: z.literal(WIRE_VERSION),
  /** Random for each start of a daemon, which distinguishes a restart on the same port. */
  id: z.string().min(8),
  address: z.string(),
  backend: z.enum(BACKENDS),
  state: z.enum(["serving", "draining", "disconnected"]),
});
export type EvaluatorAnnouncement = z.infer<typeof evaluatorAnnouncement>;
