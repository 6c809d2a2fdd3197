/** The roles of programs in a cluster. A role defines the permissions of its holder, and each holder has one. */
import { z } from "zod";

/**
 * `coordinator`: owns the runs and writes their logs. `worker`: proposes. `evaluator`: serves evaluations.
 * `operator`: follows runs and stops them.
 */
export const ROLES = ["coordinator", "worker", "evaluator", "operator"] as const;
export const role = z.enum(ROLES);
export type Role = z.infer<typeof role>;
