import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadKernel } from "@kevo/core/kernel/load.ts";
import { createLogger } from "@kevo/core/logging/logger.ts";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openKernelStore } from "./kernel-store.ts";

const logger = createLogger("test", { KEVO_LOG: "silent" });
let folder: string;
let kernelsFolder: string;
let cacheFolder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "kevo-store-"));
  kernelsFolder = join(folder, "kernels");
  cacheFolder = join(folder, "cache");
  writeKernel(kernelsFolder, "near", ["cpu"]);
  writeKernel(join(folder, "another-place"), "far", ["cpu"]);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function writeKernel(parent: string, id: string, backends: string[]): string {
  const path = join(parent, id);
  mkdirSync(path, { recursive: true });
  const definition = {
    id,
    title: id,
    backends,
    parameters: [{ name: "tile", type: "ordinal", values: [1, 2] }],
    default: { tile: 1 },
    workloads: [{ name: "w", shape: {}, flops: 1, bytes: 1 }],
    source: "kernel.c",
    reference: "reference.c",
  };
  writeFileSync(join(path, "kernel.json"), JSON.stringify(definition));
  writeFileSync(join(path, "kernel.c"), "int kernel;");
  writeFileSync(join(path, "reference.c"), "int reference;");
  return path;
}

/** An object store with these packages; counts what was asked of it. */
function busWith(...packages: { hash: string; bytes: Uint8Array }[]) {
  const asked: string[] = [];
  const bus = {
    getObject: async (hash: string) => {
      asked.push(hash);
      return packages.find((each) => each.hash === hash)?.bytes ?? null;
    },
  };
  return { bus, asked };
}

const open = (bus: ReturnType<typeof busWith>["bus"] | null) =>
  openKernelStore({ kernelsFolder, cacheFolder, backend: "cpu", bus, logger });

test("a known kernel is found by its hash, even if its folder changes later", async () => {
  const { hash } = await loadKernel("near", kernelsFolder);
  const store = await open(null);
  writeFileSync(join(kernelsFolder, "near", "kernel.c"), "int edited;");
  const kernel = await store.get(hash);
  expect(kernel.definition.id).toBe("near");
  expect(readFileSync(join(kernel.folder, "kernel.c"), "utf8")).toBe("int kernel;");
});

test("one that is not here is fetched once, and is here for the next daemon without NATS", async () => {
  const far = await loadKernel(join(folder, "another-place", "far"), kernelsFolder);
  const { bus, asked } = busWith(far);
  expect((await (await open(bus)).get(far.hash)).definition.id).toBe("far");
  expect((await (await open(null)).get(far.hash)).folder).toBe(join(cacheFolder, far.hash));
  expect(asked).toEqual([far.hash]);
});

test("a cached kernel that was changed is fetched again", async () => {
  const far = await loadKernel(join(folder, "another-place", "far"), kernelsFolder);
  cpSync(join(folder, "another-place", "far"), join(cacheFolder, far.hash), { recursive: true });
  writeFileSync(join(cacheFolder, far.hash, "kernel.c"), "int tampered;");
  const kernel = await (await open(busWith(far).bus)).get(far.hash);
  expect(readFileSync(join(kernel.folder, "kernel.c"), "utf8")).toBe("int kernel;");
});

test("what cannot be had is said: not stored, other bytes, no NATS, another backend's", async () => {
  const far = await loadKernel(join(folder, "another-place", "far"), kernelsFolder);
  const replayed = await loadKernel(writeKernel(kernelsFolder, "taped", ["triton"]), kernelsFolder);
  await expect((await open(busWith().bus)).get(far.hash)).rejects.toThrow("neither on this evaluator's disk nor");
  const forged = busWith({ hash: far.hash, bytes: replayed.bytes }).bus;
  await expect((await open(forged)).get(far.hash)).rejects.toThrow("was not installed");
  await expect((await open(null)).get(far.hash)).rejects.toThrow("--nats URL");
  await expect((await open(null)).get(replayed.hash)).rejects.toThrow("is for triton");
});

test("a broken kernel of the clone does not prevent the others from being served", async () => {
  writeFileSync(join(writeKernel(kernelsFolder, "broken", ["cpu"]), "kernel.json"), "{");
  const { hash } = await loadKernel("near", kernelsFolder);
  expect((await (await open(null)).get(hash)).definition.id).toBe("near");
});
