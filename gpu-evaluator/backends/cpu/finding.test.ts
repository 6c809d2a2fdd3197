import { readFileSync } from "node:fs";
import { kernelDefinition } from "@kevo/proto/kernel.ts";
import { expect, test } from "vitest";
import { complaint, judgingOf, readFinding } from "./finding.ts";

const folder = new URL("../../../tests/fixtures/typed-cpu/kernel.json", import.meta.url);
const judging = judgingOf(kernelDefinition.parse(JSON.parse(readFileSync(folder, "utf8"))));

/** Of the output `halves`: its error, that of the elements that were written, and how many were not. */
const said = (error: number, writtenError: number, unwritten: number) =>
  complaint(readFinding([error, writtenError, unwritten, 0, 0, 0, 0, 1, 7, "-3.5", "2.5"].map(String)), judging, 1e-6);

test("elements that hold the poison by chance do not hide that all are wrong", () => {
  expect(said(0.01, 0.0098, 300)).toMatch(
    /^relative L2 error .* of the output halves.*: element 7 is -3.5, expected 2.5$/,
  );
});

test("elements that were not written are counted where the others are right", () => {
  expect(said(0.01, 1e-8, 300)).toBe("300 elements of the output halves were never written");
  expect(said(1e-7, 1e-8, 1)).toBe("1 element of the output halves was never written");
});
