/** The thread in which code of strangers is read: `c-gate-queue.ts` asks, one question at a time. */
import { parentPort } from "node:worker_threads";
import { refusedInC } from "./c-gate.ts";

parentPort?.on("message", ({ region, around }: { region: string; around: string }) => {
  parentPort?.postMessage(refusedInC(region, around));
});
