/**
 * Ends this process when work on its only thread takes too long: nothing else can interrupt a query of SQLite that never
 * yields a row.
 */
import { Worker } from "node:worker_threads";

const WATCH = `
  const { workerData } = require("node:worker_threads");
  setTimeout(() => {
    require("node:fs").writeSync(2, workerData.message);
    process.kill(process.pid, "SIGTERM");
  }, workerData.ms);
`;

export function withinTime<T>(ms: number, message: string, work: () => T): T {
  const watch = new Worker(WATCH, { eval: true, workerData: { ms, message: `${message}\n` } });
  watch.unref();
  try {
    return work();
  } finally {
    void watch.terminate();
  }
}
