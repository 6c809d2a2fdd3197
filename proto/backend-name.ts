/** How candidates are evaluated. `replay` looks recorded times up, `objective` calls a function in the user's own process. */
export const BACKENDS = ["cpu", "triton", "helion", "replay", "objective"] as const;
export type BackendName = (typeof BACKENDS)[number];

/** Whether a kernel of this backend has no code of its own: nothing is compiled, and nothing measured again at the end. */
export function isWithoutCode(backend: BackendName): boolean {
  return backend === "replay" || backend === "objective";
}
