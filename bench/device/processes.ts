/** The processes of a cluster on this host, as /proc tells of them (Linux). */
import { readdirSync, readFileSync } from "node:fs";

export interface HostProcess {
  readonly pid: number;
  readonly parent: number;
  readonly command: string;
  /** Processor time so far, seconds, with that of children that have ended: compilers start an assembler each time. */
  readonly cpuS: number;
  /** Time for which its first thread could have run and had no processor, seconds; 0 where the kernel does not say. */
  readonly waitedS: number;
  /** Since the host's start, seconds. */
  readonly startedS: number;
}

const TICKS = 100;

/** `root` and all that descends from it. */
export function descendants(root: number): HostProcess[] {
  const all = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => read(Number(name)) ?? []);
  const found = new Map(all.filter(({ pid }) => pid === root).map((one) => [one.pid, one]));
  for (let before = -1; before !== found.size; ) {
    before = found.size;
    for (const one of all) if (found.has(one.parent)) found.set(one.pid, one);
  }
  return [...found.values()];
}

/** Value of a variable in a process's environment; null when it has none, or has ended. */
export function variableOf(pid: number, name: string): string | null {
  try {
    const entries = readFileSync(`/proc/${pid}/environ`, "utf8").split("\0");
    return entries.find((entry) => entry.startsWith(`${name}=`))?.slice(name.length + 1) ?? null;
  } catch {
    return null;
  }
}

export const MEASURING = "measuring processes";

const ROLES: readonly (readonly [string, RegExp])[] = [
  ["compile processes", /compile_main\.py/],
  [MEASURING, /measure_main\.py/],
  ["evaluator daemons", /gpu-evaluator\/cli\/main\.ts/],
  ["island-workers", /island-worker\/cli\/main\.ts/],
  ["coordinator", /coordinator\/cli\/main\.ts/],
  ["nats-server", /nats-server/],
];

/** Part that a process plays in the cluster. */
export function roleOf({ command }: HostProcess): string {
  return ROLES.find(([, pattern]) => pattern.test(command))?.[0] ?? "other";
}

function read(pid: number): HostProcess | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const command = readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim();
    const fields = stat
      .slice(stat.lastIndexOf(")") + 2)
      .split(" ")
      .map(Number);
    const [, parent = 0] = fields;
    const ticks = fields.slice(11, 15).reduce((sum, one) => sum + one, 0);
    return { pid, parent, command, cpuS: ticks / TICKS, waitedS: waited(pid), startedS: (fields[19] ?? 0) / TICKS };
  } catch {
    return null;
  }
}

/** Running, waiting (nanoseconds each) and how often. */
function waited(pid: number): number {
  try {
    return Number(readFileSync(`/proc/${pid}/schedstat`, "utf8").split(" ")[1] ?? 0) / 1e9;
  } catch {
    return 0;
  }
}
