import { createHash } from "node:crypto";
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, expect, test } from "vitest";
import { UserError } from "../errors/user-error.ts";
import { type PackedFile, packFiles, unpackFiles } from "./archive.ts";
import { installKernel } from "./install.ts";
import { kernelFromSpaces, loadKernel } from "./load.ts";

const root = mkdtempSync(join(tmpdir(), "kevo-kernel-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));
let count = 0;
const fresh = () => {
  const folder = join(root, String(count++));
  mkdirSync(folder);
  return folder;
};
const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

const GOOD = {
  id: "copy",
  title: "Copy",
  backends: ["cpu"],
  parameters: [
    { name: "TILE", type: "ordinal", values: [1, 2, 4] },
    { name: "UNROLL", type: "ordinal", values: [1, 2, 4] },
  ],
  constraints: ["TILE >= UNROLL"],
  default: { TILE: 4, UNROLL: 2 },
  baselines: [{ name: "plain", config: { UNROLL: 1 } }],
  workloads: [{ name: "small", shape: { N: 16 }, flops: 16, bytes: 128 }],
  source: "kernel.c",
  reference: "reference.c",
};

function kernelFolder(changes: Record<string, unknown> = {}): string {
  const folder = fresh();
  writeFileSync(join(folder, "kernel.json"), JSON.stringify({ ...GOOD, ...changes }));
  writeFileSync(join(folder, "kernel.c"), "/* kernel */");
  writeFileSync(join(folder, "reference.c"), "/* reference */");
  return folder;
}
const load = (folder: string) => loadKernel(folder, root);

async function complaint(changes: Record<string, unknown>): Promise<string> {
  const failure = await load(kernelFolder(changes)).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(UserError);
  expect((failure as UserError).exitCode).toBe(2);
  return (failure as UserError).message;
}

const file = fc.record({
  path: fc
    .array(fc.stringMatching(/^[A-Za-z0-9_é][A-Za-z0-9_.é-]{0,8}$/), { minLength: 1, maxLength: 3 })
    .map((parts) => parts.join("/")),
  content: fc.uint8Array({ maxLength: 200 }),
});
const files = fc.uniqueArray(file, { selector: ({ path }) => path, maxLength: 12 });

test("packing is reversible, and the order of the files does not matter", () => {
  fc.assert(
    fc.property(files, fc.infiniteStream(fc.nat()), (list, noise) => {
      const packed = packFiles(list);
      const shuffled = list
        .map((item) => ({ item, key: noise.next().value as number }))
        .sort((a, b) => a.key - b.key)
        .map(({ item }) => item);
      expect(Buffer.compare(packFiles(shuffled), packed)).toBe(0);
      const unpacked = new Map(
        unpackFiles(packed).map(({ path, content }) => [path, Buffer.from(content).toString("hex")]),
      );
      expect(unpacked).toEqual(new Map(list.map(({ path, content }) => [path, Buffer.from(content).toString("hex")])));
    }),
  );
});

test("a different name or content is a different package", () => {
  fc.assert(
    fc.property(files, files, (a, b) => {
      const plain = (list: readonly PackedFile[]) =>
        JSON.stringify(
          list.map(({ path, content }) => [path, [...content]] as const).sort((x, y) => (x[0] < y[0] ? -1 : 1)),
        );
      expect(Buffer.compare(packFiles(a), packFiles(b)) === 0).toBe(plain(a) === plain(b));
    }),
  );
});

test("bytes that are not a package are refused with a sentence", () => {
  const refused = (bytes: Uint8Array) => {
    try {
      unpackFiles(bytes);
      return true;
    } catch (error) {
      return error instanceof UserError;
    }
  };
  fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => refused(bytes)));
  fc.assert(
    fc.property(files, fc.nat(), fc.nat(255), (list, position, value) => {
      const bytes = Uint8Array.from(packFiles(list));
      bytes[position % bytes.length] = value;
      return refused(bytes);
    }),
  );
});

test.each(["../evil", "/etc/passwd", "a/../../evil", "a//b", ".hidden", "a\\..\\b", "C:evil"])(
  "a package with the path %s is refused",
  async (path) => {
    const line = JSON.stringify({ format: "kevo-kernel", v: 1, files: [[path, 1]] });
    const bytes = Buffer.from(`${line}\nx`);
    await expect(installKernel(bytes, sha256(bytes), fresh())).rejects.toThrow(/path that leaves/);
  },
);

test("a kernel that is loaded, packed and installed in another folder is equal, also when several processes install it at once", async () => {
  const folder = kernelFolder();
  mkdirSync(join(folder, "include/__pycache__"), { recursive: true });
  writeFileSync(join(folder, "include/more.h"), "// more");
  const definition = join(folder, "kernel.json");
  // As some editors write it.
  writeFileSync(definition, `\uFEFF${readFileSync(definition, "utf8")}`);
  const plain = await load(folder);
  writeFileSync(join(folder, "include/__pycache__/x.pyc"), "cache");
  writeFileSync(join(folder, ".notes"), "hidden");
  const kernel = await load(folder);
  expect(kernel.hash).toBe(plain.hash);
  expect(kernel.hash).toBe(sha256(kernel.bytes));

  const cache = join(fresh(), "cache");
  const installs = await Promise.all(Array.from({ length: 6 }, () => installKernel(kernel.bytes, kernel.hash, cache)));
  for (const installed of installs) expect(installed).toEqual(installs[0]);
  expect(readdirSync(cache)).toEqual([kernel.hash]);
  expect(readFileSync(join(cache, kernel.hash, "include/more.h"), "utf8")).toBe("// more");
  expect(installs[0]?.definition).toEqual(kernel.definition);
  expect((await load(join(cache, kernel.hash))).hash).toBe(kernel.hash);
});

test("an installed kernel that was changed is installed again", async () => {
  const kernel = await load(kernelFolder());
  const cache = fresh();
  const { folder } = await installKernel(kernel.bytes, kernel.hash, cache);
  chmodSync(join(folder, "reference.c"), 0o644);
  writeFileSync(join(folder, "reference.c"), "/* always right */");
  await installKernel(kernel.bytes, kernel.hash, cache);
  expect(readFileSync(join(folder, "reference.c"), "utf8")).toBe("/* reference */");
  expect(readdirSync(cache)).toEqual([kernel.hash]);
});

test("bytes of another hash are not installed", async () => {
  const kernel = await load(kernelFolder());
  const cache = fresh();
  await expect(installKernel(kernel.bytes, "ab".repeat(32), cache)).rejects.toThrow(/not installed/);
  expect(readdirSync(cache)).toEqual([]);
});

test("a kernel is found by id first, and an unknown one lists the known", async () => {
  const kernels = fresh();
  for (const id of ["beta", "alpha"]) {
    mkdirSync(join(kernels, id));
    for (const name of readdirSync(kernelFolder())) {
      writeFileSync(join(kernels, id, name), readFileSync(join(kernelFolder({ id }), name)));
    }
  }
  expect((await loadKernel("alpha", kernels)).definition.id).toBe("alpha");
  await expect(loadKernel("alhpa", kernels)).rejects.toThrow(/alhpa: no such kernel.*alpha, beta.*kernel\.json/);
  await expect(loadKernel(fresh(), kernels)).rejects.toThrow(/has no kernel\.json/);
});

test("mistakes in a definition are named", async () => {
  expect(await complaint({ tolerence: 1 })).toMatch(/kernel\.json: .*"tolerence"/);
  expect(await complaint({ workloads: [{ ...GOOD.workloads[0], flops: "many" }] })).toMatch(
    /workloads\.0 \("\w+"\)\.flops/,
  );
  const [tile] = GOOD.parameters;
  const misspelt = { name: "UNROLL", type: "ordinal", vales: [1, 2, 4] };
  expect(await complaint({ parameters: [tile, misspelt] })).toMatch(/parameters\.1 \("UNROLL"\)\.values/);
  expect(await complaint({ source: "kernl.c" })).toMatch(/source.*kernl\.c/);
  expect(await complaint({ reference: null })).toMatch(/reference/);
  expect(await complaint({ default: null })).toMatch(/default/);
  expect(await complaint({ default: { TILE: 4 } })).toMatch(/default.*UNROLL/);
  expect(await complaint({ default: { TILE: 3, UNROLL: 1 } })).toMatch(/default.*TILE = 3/);
  expect(await complaint({ default: { TILE: 1, UNROLL: 4 } })).toMatch(/default breaks the constraint TILE >= UNROLL/);
  expect(await complaint({ baselines: [{ name: "odd", config: { UNROL: 1 } }] })).toMatch(/baseline odd.*UNROL/);
  expect(await complaint({ baselines: [{ name: "odd", config: { TILE: 1 } }] })).toMatch(/baseline odd breaks/);
});

test("meaningless conditions, and settings without effect, are reported", async () => {
  const conditional = (activeWhen: string) => ({
    parameters: [GOOD.parameters[0], { ...GOOD.parameters[1], activeWhen }],
    default: { TILE: 4, UNROLL: 2 },
  });
  await load(kernelFolder({ ...conditional("TILE > 2"), baselines: [{ name: "low", config: { TILE: 2 } }] }));
  expect(await complaint(conditional("TILE > 8"))).toMatch(/kernel\.json.*parameter UNROLL is never active/);
  expect(await complaint(conditional("TYLE > 2"))).toMatch(/parameter UNROLL: activeWhen "TYLE > 2": .*TYLE/);
  expect(
    await complaint({ ...conditional("TILE > 2"), baselines: [{ name: "low", config: { TILE: 2, UNROLL: 1 } }] }),
  ).toMatch(/baseline low sets UNROLL to 1, but it is inactive there; omit it or write 2/);
  expect(await complaint({ constraints: ["TILE > 100"] })).toMatch(/TILE > 100/);
  expect(await complaint({ constraints: ["TILE > UNROLL", "TILE < UNROLL"] })).toMatch(/kernel\.json: /);
  expect(await complaint({ constraints: ["TIEL > 1"] })).toMatch(/TIEL/);
  const gated = (requires: object) => ({
    parameters: [{ name: "TILE", type: "ordinal", values: [1, 4], requires }, GOOD.parameters[1]],
  });
  const later = { capability: "10.0", measured: false };
  expect(await complaint(gated({ 5: later }))).toMatch(/TILE: requires lists 5/);
  expect(await complaint(gated({ 4: { capability: "sm_100", measured: false } }))).toMatch(/capability/);
  expect(await complaint(gated({ 4: later }))).toMatch(/default must run on every device, and TILE = 4 needs .* 10\.0/);
  expect(await complaint({ workloads: [GOOD.workloads[0], GOOD.workloads[0]] })).toMatch(/small occurs twice/);
  const folder = kernelFolder();
  writeFileSync(join(folder, "kernel.json"), '{"id": "copy",}');
  await expect(load(folder)).rejects.toThrow(/kernel\.json is not JSON/);
});

test("a folder without a kernel is reported as that, with any other content", async () => {
  const other = kernelFolder();
  rmSync(join(other, "kernel.json"));
  symlinkSync("/etc/hostname", join(other, "data"));
  await expect(load(other)).rejects.toThrow(/has no kernel\.json, so it is not a kernel's folder/);
});

test("arguments fit a C function, the workloads and each other", async () => {
  const size = { name: "n", type: "size" };
  const array = (name: string, over: object = {}) => ({ name, type: "f64", count: "n", ...over });
  const out = array("y", { output: true });
  const shaped = { workloads: [{ name: "small", shape: { n: 8 } }] };
  const wrong = (given: object[], over: object = {}) => complaint({ ...shaped, arguments: given, ...over });
  expect(await wrong([size, array("x")])).toMatch(/no array is an output.*"output": true/);
  expect(await wrong([size, array("x", { count: "m" }), out])).toMatch(/count of x.*m/);
  expect(await wrong([size, array("x", { count: "n ** 2" }), out])).toMatch(
    /count of x: a count consists of sizes \(n\)/,
  );
  expect(await wrong([size, array("x", { count: "n - 8" }), out])).toMatch(/workload small: x would have 0 elements/);
  expect(await wrong([size, array("x", { type: "f8" }), out])).toMatch(/arguments\.1\.type/);
  expect(await wrong([size, array("y"), out])).toMatch(/the name y occurs twice/);
  expect(await wrong([size, array("TILE"), out])).toMatch(/TILE is also a parameter/);
  expect(await wrong([size, array("int"), out])).toMatch(/argument int: this is a keyword of C/);
  expect(await wrong([size, array("x", { tolerance: 1 }), out])).toMatch(/x has a tolerance/);
  expect(await wrong([size, out], { workloads: [{ name: "small", shape: { m: 8 } }] })).toMatch(
    /workload small: its shape has no size n/,
  );
  expect(await wrong([size, out], { workloads: [{ name: "small", shape: { n: 8, m: 8 } }] })).toMatch(
    /the size m, which is no argument/,
  );
  expect(await wrong([size, ..."abcdefghi".split("").map((name) => array(name)), out])).toMatch(/9 inputs; at most 8/);
  expect(await complaint({ source: "kernel.json" })).toMatch(/source: kernel\.json is neither C/);
  const folder = kernelFolder({ ...shaped, arguments: [size, array("x", { count: "2 * n // 3 + (n - 1)" }), out] });
  await expect(load(folder)).resolves.toBeDefined();
});

test("links out of the folder and too large folders are refused", async () => {
  const linked = kernelFolder();
  symlinkSync("/etc/hostname", join(linked, "data"));
  await expect(load(linked)).rejects.toThrow(/data links to a file outside/);
  const inside = kernelFolder();
  symlinkSync("kernel.c", join(inside, "alias.c"));
  await expect(load(inside)).resolves.toBeDefined();
  const looped = kernelFolder();
  symlinkSync(".", join(looped, "loop"));
  await expect(load(looped)).rejects.toThrow(/loop/);
  const large = kernelFolder();
  writeFileSync(join(large, "weights.bin"), Buffer.alloc(17 * 1024 * 1024));
  await expect(load(large)).rejects.toThrow(/17\.0 MiB; the limit is 16\.0 MiB.*weights\.bin/);
});

test("recorded spaces of several devices are one kernel, whose hash is that of its bytes", async () => {
  const folder = fresh();
  mkdirSync(folder, { recursive: true });
  const record = (name: string, change: object) => {
    const space = {
      device_name: "GPU",
      kernel_name: "Gemm 2",
      tune_params_keys: ["A"],
      tune_params: { A: [1, 2] },
      cache: { "1": { time: 2, A: 1 }, "2": { time: 1, A: 2 } },
      ...change,
    };
    writeFileSync(join(folder, name), JSON.stringify(space));
    return join(folder, name);
  };
  const path = record("space.json", {});
  const kernel = await kernelFromSpaces([path]);
  expect(kernel.devices).toEqual(["GPU"]);
  // Measured in another order on a device that has no name.
  const other = record("other.json", { device_name: "", cache: { "2": { time: 4, A: 2 }, "1": { time: 3, A: 1 } } });
  expect(await kernelFromSpaces([path, other])).toMatchObject({ hash: kernel.hash, devices: ["GPU", "other"] });
  const fewer = record("fewer.json", { device_name: "GPU 2", cache: { "1": { time: 2, A: 1 } } });
  await expect(kernelFromSpaces([path, fewer])).rejects.toMatchObject({
    exitCode: 2,
    message: expect.stringContaining("fewer.json: its configurations differ"),
  });
  await expect(kernelFromSpaces([path, path])).rejects.toThrow("is also a recording of the device GPU");
  expect(kernel.hash).toBe(sha256(kernel.bytes));
  expect(kernel.definition).toMatchObject({ id: "gemm-2", backends: ["replay"], default: null, source: null });
});
