/** T4, the results format that several tuners share (schema of the auto-tuning community, version 1). */
import type { Outcome } from "@kevo/proto/outcome.ts";
import { z } from "zod";
import { UserError } from "../../errors/user-error.ts";
import { scalarOf } from "./kernel-tuner.ts";
import type { Recording, Scalar } from "./recording.ts";

const duration = z.number().nonnegative().catch(0).optional();
const resultSchema = z.looseObject({
  configuration: z.record(z.string(), z.unknown()),
  times: z
    .looseObject({
      compilation_time: duration,
      /** Kernel Tuner's name for it. */
      compilation: duration,
      validation: duration,
      benchmark: duration,
      runtimes: z.array(z.number()).catch([]).optional(),
    })
    .default({}),
  invalidity: z.string().default("correct"),
  measurements: z.array(z.looseObject({ name: z.string(), value: z.unknown() })).default([]),
  objectives: z.array(z.string()).default([]),
});
const fileSchema = z.looseObject({
  metadata: z.looseObject({}).optional(),
  results: z.array(resultSchema).min(1),
});

const OUTCOMES: Readonly<Record<string, Exclude<Outcome, "ok">>> = {
  compile: "compile_error",
  runtime: "crashed",
  timeout: "timeout",
  correctness: "incorrect",
  constraints: "invalid",
};

export const RESULTS_T4 = {
  name: "the T4 results format",
  schema: fileSchema,
  read: ({ results, metadata }: z.infer<typeof fileSchema>, path: string): Recording => {
    const [first] = results as [z.infer<typeof resultSchema>];
    const parameters = new Map(Object.keys(first.configuration).map((name) => [name, new Set<Scalar>()]));
    const rows = results.map(({ configuration, times, invalidity, measurements }, at) => {
      const label = `result ${at}`;
      for (const [name, values] of parameters) {
        if (!Object.hasOwn(configuration, name)) {
          throw new UserError(`${path}: ${label} has no value for the parameter ${name}.`);
        }
        values.add(scalarOf(configuration[name], name, path));
      }
      return {
        label,
        values: new Map([...parameters.keys()].map((name) => [name, scalarOf(configuration[name], name, path)])),
        fields: Object.fromEntries(measurements.map(({ name, value }) => [name, value])),
        ...(invalidity !== "correct" && {
          failure: { outcome: OUTCOMES[invalidity] ?? ("crashed" as const), message: invalidity },
        }),
        samples: times.runtimes ?? [],
        compileMs: times.compilation_time ?? times.compilation ?? 0,
        verifyMs: times.validation ?? 0,
        benchmarkMs: times.benchmark ?? (times.runtimes ?? []).reduce((sum, time) => sum + time, 0),
      };
    });
    return {
      deviceName: textOf(metadata, "device_name"),
      kernelName: textOf(metadata, "kernel_name") || "recorded",
      objective: first.objectives[0] ?? "time",
      higherIsBetter: null,
      parameters: new Map([...parameters].map(([name, values]) => [name, [...values]])),
      constraints: [],
      rows,
    };
  },
};

function textOf(object: Readonly<Record<string, unknown>> | undefined, name: string): string {
  const value = object !== undefined && Object.hasOwn(object, name) ? object[name] : undefined;
  return typeof value === "string" ? value : "";
}
