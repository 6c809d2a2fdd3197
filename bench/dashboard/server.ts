/** The half of the benchmark that needs no browser: how long the server takes, and what it takes of memory. */
import { readFileSync } from "node:fs";
import { ENDPOINTS, type Endpoint, pathTo } from "../../coordinator/dashboard/contract/endpoints.ts";
import type { Waiting } from "./browser.ts";

const REPEATS = 5;
const NEXT_MS = 100;
/** Of the run, in the order in which a person may go through the pages. */
const PAGES = [
  "run",
  "progress",
  "failures",
  "lanes",
  "islands",
  "migrations",
  "landscape",
  "cells",
  "models",
] as const;

/** @param url that the server printed. @param pid of its process. */
export async function measureServer(url: string, pid: number, run: string): Promise<Waiting[]> {
  const { origin, hash } = new URL(url);
  const headers = { authorization: `Bearer ${hash.slice("#token=".length)}` };
  const ask = async (path: string): Promise<Taken> => {
    const [started, worked] = [performance.now(), processorMs(pid)];
    const response = await fetch(origin + path, { headers });
    await response.arrayBuffer();
    if (!response.ok) throw new Error(`${path}: ${response.status}`);
    return { ms: performance.now() - started, processorMs: processorMs(pid) - worked };
  };
  const path = (endpoint: Endpoint) => pathTo(endpoint.path, { run });
  const before = residentMib(pid);
  const first = await ask(path(ENDPOINTS.run));
  const rows: Waiting[] = [{ what: "server: first answer about the run, read for it", value: told(first), limit: "" }];
  for (const name of PAGES) {
    const taken = await repeated(() => ask(path(ENDPOINTS[name])));
    rows.push({ what: `server: ${name}`, value: `${told(taken.first)}, then ${told(taken.later)}`, limit: "" });
  }
  const candidates = path(ENDPOINTS.candidates);
  let tile = 0;
  // Another expression each time: an answer that is kept would say nothing.
  const filtered = await repeated(() =>
    ask(`${candidates}?filter=${encodeURIComponent(`A > ${tile++} and value > 1.2`)}`),
  );
  rows.push({ what: "server: filter", value: told(filtered.later), limit: "100 ms" });
  const replayed = await repeated(() => ask(`${path(ENDPOINTS.progress)}?at=${1_000 * ++tile}`));
  rows.push({ what: "server: progress at another position", value: told(replayed.later), limit: "" });
  const slice = await repeated(() => ask(`${path(ENDPOINTS.slice)}?x=A&y=B`));
  rows.push({ what: "server: slice", value: `${told(slice.first)}, then ${told(slice.later)}`, limit: "" });
  // What is left when the answers are forgotten.
  await new Promise((resolve) => setTimeout(resolve, NEXT_MS));
  rows.push({
    what: "server: memory it grew by",
    value: `${(residentMib(pid) - before).toFixed(0)} MB`,
    limit: "100 MB",
  });
  return rows;
}

interface Taken {
  readonly ms: number;
  /** Of the server, in steps of 10: what it would take on a machine that does nothing else. */
  readonly processorMs: number;
}

async function repeated(ask: () => Promise<Taken>): Promise<{ first: Taken; later: Taken }> {
  const first = await ask();
  const rest: Taken[] = [];
  for (let n = 0; n < REPEATS; n++) rest.push(await ask());
  const processor = rest.reduce((sum, { processorMs }) => sum + processorMs, 0) / REPEATS;
  const median = rest.map(({ ms }) => ms).sort((a, b) => a - b)[REPEATS >> 1] as number;
  return { first, later: { ms: median, processorMs: processor } };
}

const told = ({ ms, processorMs }: Taken): string => `${ms.toFixed(0)} ms (processor ${processorMs.toFixed(0)})`;

/** Linux counts in hundredths of a second. @returns 0 for a process that has ended. */
export function processorMs(pid: number): number {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  } catch {
    return 0;
  }
  const fields = stat.replace(/^.*\) /, "").split(" ");
  return 10 * (Number(fields[11]) + Number(fields[12]));
}

/** Of the whole process, in units of a million bytes. */
function residentMib(pid: number): number {
  const [, kib] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
  return (Number(kib) * 1024) / 1e6;
}
