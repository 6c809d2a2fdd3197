/**
 * Between an evaluator and the process that has the objective: lines of JSON over a Unix socket, on which that process
 * listens. It says first what it is, then answers each question once, in any order.
 */
import { z } from "zod";
import type { Config } from "./search-space.ts";

export const objectiveHello = z.object({
  v: z.literal(1),
  /** Id of the kernel that stands for its objective; it answers for no other. */
  kernel: z.string(),
  /** Process id, part of the identity of its devices. */
  pid: z.int().positive(),
  /** How many questions it works on at once. */
  workers: z.int().min(1).max(1024),
  /** What it runs on, for people. */
  device: z.string().min(1).max(200),
  /** Such as `Python 3.12.1`. */
  toolchain: z.string().min(1).max(200),
});
export type ObjectiveHello = z.infer<typeof objectiveHello>;

/** To the objective; `cancel`: nobody waits for the answer any more. */
export type ObjectiveQuestion =
  | { readonly id: number; readonly candidate: string; readonly config: Config }
  | { readonly cancel: number };

export const objectiveAnswer = z.union([
  z.object({ id: z.int(), value: z.number() }),
  /** `crashed`: it raised; `incorrect`: it returned what is no number; `invalid`: it says that this cannot be used. */
  z.object({ id: z.int(), outcome: z.enum(["crashed", "incorrect", "invalid", "timeout"]), message: z.string() }),
]);
export type ObjectiveAnswer = z.infer<typeof objectiveAnswer>;
