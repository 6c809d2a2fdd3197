/** The time from a result's arrival in the coordinator until it is on the disk, from the coordinator's own metrics. */
import { createServer } from "node:net";

/** Upper limits of the histogram's buckets in seconds, with how many took at most so long. */
export type Histogram = readonly (readonly [seconds: number, count: number])[];

const BUCKET = /^kevo_commit_seconds_bucket\{le="([^"]+)"\} (\d+)$/gm;

export async function commitTimes(metrics: string): Promise<Histogram> {
  const text = await (await fetch(`http://${metrics}/metrics`)).text();
  return [...text.matchAll(BUCKET)].map(([, le, count]) => [Number(le === "+Inf" ? Infinity : le), Number(count)]);
}

/** Of those between two looks: the smallest bucket's limit, in milliseconds, that at least this share kept to. */
export function limitKeptBy(share: number, before: Histogram, after: Histogram): number {
  const counts = after.map(([limit, count], at) => [limit, count - (before[at]?.[1] ?? 0)] as const);
  const all = counts.at(-1)?.[1] ?? 0;
  return 1000 * (counts.find(([, count]) => count >= share * all)?.[0] ?? Number.NaN);
}

/** HOST:PORT that nothing listens on at this moment. */
export function freeAddress(): Promise<string> {
  const server = createServer();
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(`127.0.0.1:${port}`));
    });
  });
}
