import { describe, expect, test } from "vitest";
import { z } from "zod";
import { files, read } from "./files.ts";

const isBinary = (text: string): boolean => text.includes("\0");

/** This file names what it forbids. */
const SELF = "tests/house/files.test.ts";
const MACHINE_PATHS = /(?<![\w.$}-])\/(?:work|root|opt|home\/[a-z]+)\//;
const REGISTRIES = new RegExp(
  ["registry\\.npmjs", "npmjs\\.org", "pypi\\.org", "pythonhosted", "deb\\.debian"].join("|"),
);

const complaints = (rule: RegExp): string[] =>
  files()
    .filter((file) => file !== SELF)
    .map((file) => [file, read(file)] as const)
    .filter(([, text]) => !isBinary(text))
    .flatMap(([file, text]) =>
      text.split("\n").flatMap((line, index) => (rule.test(line) ? [`${file}:${index + 1} ${line.trim()}`] : [])),
    );

describe("no file names", () => {
  test("a path of a person's machine", () => {
    expect("see /work/main").toMatch(MACHINE_PATHS);
    expect("framework/main, ../work/x").not.toMatch(MACHINE_PATHS);
    expect(complaints(MACHINE_PATHS)).toEqual([]);
  });

  test("a package registry's host", () => {
    expect("https://registry.npmjs.org/x").toMatch(REGISTRIES);
    expect(complaints(REGISTRIES)).toEqual([]);
  });
});

const lockfile = z.object({
  packages: z.record(z.string(), z.object({ resolved: z.string().optional(), link: z.boolean().optional() })),
});

test("package-lock.json resolves only to the workspaces", () => {
  const { packages } = lockfile.parse(JSON.parse(read("package-lock.json")));
  const resolved = Object.values(packages).filter(({ resolved }) => resolved !== undefined);
  expect(resolved.filter(({ link }) => !link)).toEqual([]);
});

const manifest = z.object({
  dependencies: z.record(z.string(), z.string()).default({}),
  devDependencies: z.record(z.string(), z.string()).default({}),
  optionalDependencies: z.record(z.string(), z.string()).default({}),
});

test("every dependency is pinned to one version", () => {
  const manifests = files().filter((file) => file.split("/").at(-1) === "package.json");
  expect(manifests.length).toBeGreaterThanOrEqual(6);
  const loose = manifests.flatMap((file) => {
    const { dependencies, devDependencies, optionalDependencies } = manifest.parse(JSON.parse(read(file)));
    return Object.entries({ ...dependencies, ...devDependencies, ...optionalDependencies })
      .filter(([, version]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version))
      .map(([name, version]) => `${file}: ${name} ${version}`);
  });
  expect(loose).toEqual([]);
});

/** Sources that people write: neither generated nor recorded. */
const isSource = (file: string): boolean => /\.(tsx?|mjs|py|c|h)$/.test(file) && !file.includes("/generated/");
const lengthOf = (file: string): number => read(file).split("\n").length - 1;

test("a source can be held in the head: at most 400 lines, and half of them at most 120", () => {
  const lengths = files()
    .filter(isSource)
    .map((file) => [file, lengthOf(file)] as const)
    .sort(([, a], [, b]) => a - b);
  expect(lengths.length).toBeGreaterThan(500);
  expect(lengths.filter(([, lines]) => lines > 400)).toEqual([]);
  expect(lengths[Math.floor(lengths.length / 2)]?.[1]).toBeLessThanOrEqual(120);
});
