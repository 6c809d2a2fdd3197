/** What a program is in a cluster. A role says what its holder may do; nobody has two. */
import { z } from "zod";

/**
 * `coordinator`: owns the runs and writes their logs. `worker`: proposes. `evaluator`: serves evaluations.
 * `operator`: follows runs and stops them.
 */
export const ROLES = ["coordinator", "worker", "evaluator", "operator"] as const;
export const role = z.enum(ROLES);
export type Role = z.infer<typeof role>;
