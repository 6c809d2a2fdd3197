/** Results of KTT, the Kernel Tuning Toolkit, saved as JSON. */
import { z } from "zod";
import { UserError } from "../../errors/user-error.ts";
import { scalarOf } from "./kernel-tuner.ts";
import type { Recording, Scalar } from "./recording.ts";

const resultSchema = z.looseObject({
  KernelName: z.string(),
  Status: z.string().default("Ok"),
  TotalDuration: z.unknown(),
  Configuration: z.array(z.looseObject({ Name: z.string(), Value: z.unknown() })),
});
const fileSchema = z.looseObject({
  Metadata: z.looseObject({ Device: z.string().default(""), TimeUnit: z.string().default("Nanoseconds") }),
  Results: z.array(resultSchema).min(1),
});

const MILLISECONDS: Readonly<Record<string, number>> = {
  Nanoseconds: 1e-6,
  Microseconds: 1e-3,
  Milliseconds: 1,
  Seconds: 1e3,
};
const OUTCOMES = [
  [/compil/i, "compile_error"],
  [/valid/i, "incorrect"],
  [/limit|exceed/i, "invalid"],
] as const;

export const KTT_RESULTS = {
  name: "KTT's results format",
  schema: fileSchema,
  read: ({ Metadata, Results }: z.infer<typeof fileSchema>, path: string): Recording => {
    const unit = MILLISECONDS[Metadata.TimeUnit];
    if (unit === undefined) {
      throw new UserError(
        `${path}: the time unit ${Metadata.TimeUnit} is unknown; the known ones are ${Object.keys(MILLISECONDS).join(", ")}.`,
      );
    }
    const [first] = Results as [z.infer<typeof resultSchema>];
    const parameters = new Map(first.Configuration.map(({ Name }) => [Name, new Set<Scalar>()]));
    const rows = Results.map((result, at) => {
      const label = `result ${at}`;
      const values = new Map(result.Configuration.map(({ Name, Value }) => [Name, scalarOf(Value, Name, path)]));
      for (const [name, all] of parameters) {
        const value = values.get(name);
        if (value === undefined) throw new UserError(`${path}: ${label} has no value for the parameter ${name}.`);
        all.add(value);
      }
      const ran = result.Status === "Ok";
      const time = Number(result.TotalDuration) * unit;
      return {
        label,
        values,
        fields: ran ? { time } : {},
        ...(!ran && {
          failure: {
            outcome: OUTCOMES.find(([pattern]) => pattern.test(result.Status))?.[1] ?? ("crashed" as const),
            message: result.Status,
          },
        }),
        ...{ samples: [], compileMs: 0, verifyMs: 0, benchmarkMs: ran && Number.isFinite(time) ? time : 0 },
      };
    });
    return {
      deviceName: Metadata.Device,
      kernelName: first.KernelName,
      objective: "time",
      higherIsBetter: false,
      parameters: new Map([...parameters].map(([name, values]) => [name, [...values]])),
      constraints: [],
      rows,
    };
  },
};
