/** Searches with several seeds, on several threads. */
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { type SearchSetting, type SearchTrace, simulate } from "./simulate.ts";
import { openSubject, type Subject, type SubjectRequest } from "./subject.ts";

interface Share {
  readonly request: SubjectRequest;
  readonly settings: readonly SearchSetting[];
}

/** Traces in the order of the settings. `subject` is what `request` opens. */
export async function simulateAll(
  subject: Subject,
  request: SubjectRequest,
  settings: readonly SearchSetting[],
  threads: number,
): Promise<SearchTrace[]> {
  if (threads === 1) return settings.map((setting) => simulateOn(subject, setting));
  const traces = new Array<SearchTrace>(settings.length);
  const shares = Array.from({ length: Math.min(threads, settings.length) }, async (_, thread) => {
    const mine = settings.filter((_, at) => at % threads === thread);
    const share: Share = { request, settings: mine };
    const worker = new Worker(new URL(import.meta.url), { workerData: share });
    const found = await new Promise<SearchTrace[]>((resolve, reject) => {
      worker.once("message", resolve);
      worker.once("error", reject);
    });
    for (const [at, trace] of found.entries()) traces[at * threads + thread] = trace;
  });
  await Promise.all(shares);
  return traces;
}

if (!isMainThread) {
  const { request, settings } = workerData as Share;
  const subject = await openSubject(request);
  parentPort?.postMessage(settings.map((setting) => simulateOn(subject, setting)));
}

function simulateOn({ space, recordings, job }: Subject, setting: SearchSetting): SearchTrace {
  return simulate(space, recordings, { ...setting, job });
}
