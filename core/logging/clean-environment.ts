/**
 * The environment of a process that runs what a proposer wrote: a candidate or its compiler. An allow-list, so
 * that a key under a name nobody thought of stays out too.
 */
export function cleanEnvironment(scratch: string): { PATH: string; HOME: string; LANG: string } {
  return { PATH: process.env.PATH ?? "/usr/local/bin:/usr/bin:/bin", HOME: scratch, LANG: "C.UTF-8" };
}
