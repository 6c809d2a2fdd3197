/** A backend for tests that does what each candidate's configuration says, and waits where the test wants it to. */

import type { Artifact, Backend, Device, Failure, InstalledKernel, Job, Measured } from "../backends/backend.ts";
import { HostFault } from "../backends/host-fault.ts";
import { KernelCatalog, type KernelStore, KernelUnavailable } from "./kernel-catalog.ts";

export const SCRIPTED_KERNEL: InstalledKernel = {
  hash: "5".repeat(64),
  folder: "",
  definition: {
    id: "scripted",
    title: "Scripted",
    description: "",
    backends: ["cpu"],
    parameters: [
      {
        name: "act",
        type: "categorical",
        values: ["ok", "hold compile", "hold lane", "throw", "full disk", "fail", "later"],
        requires: { later: { capability: "10.0", measured: false } },
      },
      { name: "n", type: "integer", min: 0, max: 999, step: 1 },
    ],
    constraints: ["n != 13"],
    default: { act: "ok", n: 0 },
    baselines: [],
    workloads: [{ name: "w", shape: {}, flops: 1, bytes: 1 }],
    tolerance: { relative_l2: 1e-5 },
    source: null,
    reference: null,
    comparison: null,
  },
};

/** Of every candidate that compiles. */
export const SCRIPTED_RESOURCES = [
  {
    name: "act",
    registers: 168,
    spill_bytes: 12,
    shared_bytes: 65_536,
    warps: 8,
    instructions: { total: 90, tensor: 8 },
  },
];

/** Knows the scripted kernel and no other. */
export const scriptedKernels = (): KernelCatalog => {
  const store: KernelStore = {
    get: async (hash) => {
      if (hash === SCRIPTED_KERNEL.hash) return SCRIPTED_KERNEL;
      throw new KernelUnavailable(`kernel ${hash} is not here`);
    },
  };
  return new KernelCatalog(store);
};

export interface Scripted extends Backend {
  /** Begun and ended actions, such as `compile 3`, `ended 3`, `disposed 3`. */
  readonly events: string[];
  /** Resolves once the event has happened. */
  happened(event: string): Promise<void>;
  /** Lets every held stage continue. */
  letGo(): void;
  /** Says of a device that it failed or passed its probe. */
  setHealth(device: number, healthy: boolean): void;
}

export interface Script {
  readonly devices?: number;
  /** Devices of the same name are the same device, also in other processes. */
  readonly deviceName?: string;
  readonly compileProcesses?: number;
  readonly needsQuiet?: boolean;
  /** Part of compiling and of measuring. */
  readonly onStage?: (what: "compile" | "measure") => Promise<void>;
}

export function scriptedBackend({
  devices = 1,
  deviceName = `scripted:${process.pid}`,
  compileProcesses = 1,
  needsQuiet = false,
  onStage,
}: Script = {}): Scripted {
  const events: string[] = [];
  const watchers = new Set<() => void>();
  let held: (() => void)[] = [];
  let setHealth: (device: number, healthy: boolean) => void = () => {};
  const log = (event: string) => {
    events.push(event);
    for (const watcher of [...watchers]) watcher();
  };
  const hold = (n: unknown, signal: AbortSignal) =>
    new Promise<void>((resolve, reject) => {
      held.push(resolve);
      signal.addEventListener("abort", () => {
        log(`ended ${n}`);
        reject(signal.reason);
      });
    });

  return {
    name: "cpu",
    protection: { description: "a script", contains: true },
    toolchain: "scripted 1.0",
    devices: Array.from(
      { length: devices },
      (_, n): Device => ({ id: `${deviceName}:${n}`, model: "Script", peakGflops: 5 }),
    ),
    compileProcesses,
    needsQuiet,
    events,
    happened: (event) =>
      new Promise((resolve) => {
        const look = () => {
          if (!events.includes(event)) return;
          watchers.delete(look);
          resolve();
        };
        watchers.add(look);
        look();
      }),
    setHealth: (device, healthy) => setHealth(device, healthy),
    watchHealth: (listener) => {
      setHealth = listener;
    },
    letGo: () => {
      for (const go of held.splice(0)) go();
      held = [];
    },
    compile: async ({ config }: Job, signal: AbortSignal): Promise<Artifact | Failure> => {
      log(`compile ${config.n}`);
      await onStage?.("compile");
      if (config.act === "hold compile") await hold(config.n, signal);
      if (config.act === "fail") return { outcome: "compile_error", message: "line 1: no" };
      return { resources: SCRIPTED_RESOURCES, dispose: async () => log(`disposed ${config.n}`) };
    },
    measure: async (
      _artifact: Artifact,
      { config }: Job,
      _device: Device,
      onTiming: () => void,
      signal: AbortSignal,
    ): Promise<Measured | Failure> => {
      log(`measure ${config.n}`);
      await onStage?.("measure");
      if (config.act === "full disk") throw new HostFault("disk_full", "the disk is full");
      if (config.act === "throw") throw new Error("the driver is unloaded");
      if (config.act === "hold lane") await hold(config.n, signal);
      onTiming();
      return { outcome: "ok", measurements: [], stoppedEarly: false };
    },
    close: async () => {},
  };
}
