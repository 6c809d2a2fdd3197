import { resultMessage } from "@kevo/gpu-evaluator/daemon/result.ts";
import type { Result__Output } from "@kevo/proto/evaluator-service.ts";
import { expect, test } from "vitest";
import { recordOf } from "./result.ts";

const RESOURCES = {
  name: "attend",
  registers: 168,
  spill_bytes: 12,
  shared_bytes: 65_536,
  warps: 8,
  instructions: { total: 90 },
};
const PLACE = { device: null, deviceModel: "m", toolchain: "t", compileMs: 1, laneMs: 2, queuedMs: 3 };

const wireOf = (resources: readonly (typeof RESOURCES)[]) =>
  resultMessage({ outcome: "incorrect", message: "off by 3" }, { ...PLACE, resources }) as Result__Output;

test("what a compiler says of a kernel arrives as it was sent", () => {
  expect(recordOf("r/0/0/0", 1, "e", ["w"], wireOf([RESOURCES]))).toMatchObject({
    outcome: "incorrect",
    resources: [RESOURCES],
  });
});

test("an answer with more kernels than a candidate can have, or a name without end, is malformed", () => {
  for (const resources of [Array.from({ length: 201 }, () => RESOURCES), [{ ...RESOURCES, name: "x".repeat(201) }]])
    expect(recordOf("r/0/0/0", 1, "e", ["w"], wireOf(resources))).toMatchObject({
      malformed: expect.stringContaining("resources"),
    });
});
