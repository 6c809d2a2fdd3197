/** A daemon's process for host-sharing.test.ts: evaluates on a device and prints when each stage began and ended. */
import { createLogger } from "@kevo/core/logging/logger.ts";
import { Daemon } from "./daemon.ts";
import { SCRIPTED_KERNEL, scriptedBackend } from "./scripted-backend.fixture.ts";

const [deviceName = "", evaluations = "0", laneMs = "0"] = process.argv.slice(2);
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

const backend = scriptedBackend({
  deviceName,
  compileProcesses: 2,
  needsQuiet: true,
  onStage: async (what) => {
    const begin = process.hrtime.bigint();
    console.log(`begin ${what}`);
    await pause(what === "compile" ? 3 : Number(laneMs));
    console.log(`span ${what} ${begin} ${process.hrtime.bigint()}`);
  },
});
const daemon = new Daemon(backend, createLogger("test", { KEVO_LOG: "silent" }));
let next = 0;
const client = async () => {
  for (let n = next++; n < Number(evaluations); n = next++) {
    const { kernel, ...job } = { kernel: SCRIPTED_KERNEL, config: { act: "ok", n }, candidate: `run/0/0/${n}` };
    const rest = {
      workloads: [],
      effort: "quick",
      purpose: "search",
      inputSeed: 0,
      bestSpeedup: null,
      neverStopEarly: false,
    } as const;
    await daemon.evaluate({ kernel, ...job, ...rest }, "", new AbortController().signal, () => {});
  }
};
console.log("ready");
process.stdin.once("data", () => {
  void Promise.all(Array.from({ length: daemon.credits }, client));
});
