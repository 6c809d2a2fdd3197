/** How candidates are evaluated. `replay` looks recorded times up, `objective` calls a function in the user's own process. */
export const BACKENDS = ["cpu", "triton", "cuda", "helion", "replay", "objective"] as const;
export type BackendName = (typeof BACKENDS)[number];

/**
 * Whether islands propose in turn, and only as many candidates as are evaluated at once: where an evaluation may take hours,
 * results are worth more than a queue that is never empty.
 */
export function proposesInTurn(backend: BackendName): boolean {
  return backend === "objective";
}

/** Whether a kernel of this backend has no code of its own: nothing is compiled, and nothing measured again at the end. */
export function isWithoutCode(backend: BackendName): boolean {
  return backend === "replay" || backend === "objective";
}
