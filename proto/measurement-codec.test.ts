import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { evaluatorService } from "./evaluator-service.ts";
import type { EvaluateEvent, EvaluateEvent__Output } from "./generated/kevo/v1/EvaluateEvent.ts";
import { measurementMessage, measurementOfMessage, measurementOfRow, measurementRow } from "./measurement-codec.ts";
import type { ReportedMeasurement } from "./outcome.ts";

const positive = fc.double({ min: 1e-9, max: 1e9, noNaN: true });
const orNull = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: null });
const anyFields: fc.Arbitrary<ReportedMeasurement> = fc.record({
  workload: fc.string({ minLength: 1 }),
  time_ms: orNull(positive),
  baseline_ms: orNull(positive),
  baseline: orNull(fc.string({ minLength: 1 })),
  speedup: orNull(positive),
  speedup_low: orNull(positive),
  speedup_high: orNull(positive),
  gflops: orNull(positive),
  peak_share: orNull(positive),
  gbytes_per_s: orNull(positive),
  bandwidth_share: orNull(positive),
  bandwidth_of: orNull(fc.constantFrom("memory", "cache")),
  error: orNull(fc.oneof(fc.constant(0), positive)),
  samples: fc.array(positive),
  others: fc.dictionary(
    fc.string({ minLength: 1 }).filter((name) => name !== "__proto__"),
    positive,
  ),
  metrics: fc.constantFrom<Record<string, number>>({}, { "GFLOP/s": 2500, energy: -1.5, zero: 0 }),
});

const anyMeasurement = anyFields.filter(({ time_ms, metrics }) => time_ms !== null || Object.keys(metrics).length > 0);

/** As the bytes of a call bring it. */
function overTheWire(measurement: ReportedMeasurement) {
  const { responseSerialize, responseDeserialize } = evaluatorService.Evaluate;
  const event: EvaluateEvent = { result: { measurements: [measurementMessage(measurement)] } };
  const { result } = responseDeserialize(responseSerialize(event as EvaluateEvent__Output)) as EvaluateEvent__Output;
  return result?.measurements[0];
}

describe("a measurement", () => {
  test("survives the wire and the table unchanged, unknown values included", () => {
    fc.assert(
      fc.property(anyMeasurement, (measurement) => {
        expect(measurementOfMessage.parse(overTheWire(measurement))).toEqual(measurement);
        expect(measurementOfRow(measurementRow(measurement))).toEqual(measurement);
      }),
    );
  });

  test("of a replay has no error, and one that is exact has the error 0", () => {
    const replayed: ReportedMeasurement = {
      ...{ workload: "w", time_ms: 2, baseline_ms: null, baseline: null, speedup: null, speedup_low: null },
      ...{ speedup_high: null, gflops: null, peak_share: null, error: null, samples: [2], others: {}, metrics: {} },
      ...{ gbytes_per_s: null, bandwidth_share: null, bandwidth_of: null },
    };
    expect(overTheWire(replayed)).not.toHaveProperty("error");
    expect(measurementOfMessage.parse(overTheWire(replayed)).error).toBeNull();
    expect(measurementOfMessage.parse(overTheWire({ ...replayed, error: 0 })).error).toBe(0);
  });

  test("of a daemon of before, which sends 0 and an empty text for what it does not know, is read all the same", () => {
    const sent = { workload: "w", timeMs: 2, baselineMs: 0, baseline: "", speedup: 0, speedupLow: 0, speedupHigh: 0 };
    const found = measurementOfMessage.parse({ ...sent, gflops: 0, peakShare: 0, error: 0.5, samples: [], others: {} });
    expect(found).toMatchObject({ baseline_ms: null, baseline: null, speedup: null, gflops: null, error: 0.5 });
  });

  test("without a time is refused", () => {
    expect(measurementOfMessage.safeParse({ workload: "w", timeMs: 0, samples: [], others: {} }).success).toBe(false);
  });
});
