/**
 * A space like a real job's: all valid configurations of a kernel, of which some were measured on a device. Those are
 * answered with what was measured, all others by a model of it, as surrogate benchmarks do (HPOBench, Eggensperger et
 * al., 2021; YAHPO Gym, Pfisterer et al., 2022).
 */
import type { RecordedSpace } from "@kevo/core/recorded-space/recorded-space.ts";
import type { Genes, SearchSpace } from "@kevo/core/search-space/search-space.ts";
import type { Config } from "@kevo/proto/search-space.ts";
import { growTrees, type TreeOptions } from "./boosted-trees.ts";
import type { Measured, MeasuredSpace } from "./measured.ts";

/** Chosen by cross-validation on the first cell (`--model-quality`). */
const TIMES: TreeOptions = { trees: 600, depth: 8, rate: 0.05, leaf: 4, sample: 0.7, label: "times" };
const FAILURES: TreeOptions = { trees: 100, depth: 6, rate: 0.1, leaf: 4, sample: 0.7, label: "failures" };

/** The known behaviour of a configuration. */
interface Answer {
  /** Milliseconds; null for a failure. */
  readonly time: number | null;
  /** Whether it was measured, rather than predicted. */
  readonly isMeasured: boolean;
}

type Model = (genes: Genes) => number | null;

export interface JobSpace extends RecordedSpace {
  readonly space: SearchSpace;
  answer(genes: Genes): Answer;
}

/** Predicts milliseconds, or null where it expects a failure. */
export function modelOf({ parameters }: SearchSpace, measured: readonly Measured[]): Model {
  const columns = parameters.map(({ values, ordered }) => ({ levels: values.length, ordered }));
  const rowOf = (genes: Genes) => Uint8Array.from(genes);
  const ok = measured.filter(({ times }) => times.length > 0);
  const times = growTrees(
    columns,
    ok.map(({ genes }) => rowOf(genes)),
    ok.map(({ times }) => Math.log(middle(times))),
    TIMES,
  );
  const failures = growTrees(
    columns,
    measured.map(({ genes }) => rowOf(genes)),
    measured.map(({ times }) => (times.length > 0 ? 0 : 1)),
    FAILURES,
  );
  return (genes) => {
    const row = rowOf(genes);
    return failures.predict(row) > 0.5 ? null : Math.exp(times.predict(row));
  };
}

export function openJobSpace({ space, measured, kernelName, deviceName }: MeasuredSpace): JobSpace {
  const model = modelOf(space, [...measured.values()]);
  const answers = new Map<number | string, Answer>();
  const answer = (genes: Genes): Answer => {
    const key = space.keyOf(genes);
    let known = answers.get(key);
    if (known === undefined) {
      const times = measured.get(key)?.times;
      if (times === undefined) known = { time: model(genes), isMeasured: false };
      else known = { time: times.length === 0 ? null : middle(times), isMeasured: true };
      answers.set(key, known);
    }
    return known;
  };
  return {
    space,
    definition: space.definition,
    kernelName,
    deviceName,
    objective: { name: "time", direction: "minimize", unit: "ms", span: null, beside: null },
    get optimum() {
      return bestOf(space, answer);
    },
    cutAfter: null,
    answer,
    lookup: (config: Config) => {
      const { time } = answer(space.encode(config));
      return {
        outcome: time === null ? "compile_error" : "ok",
        time_ms: time,
        metrics: {},
        samples: [],
        compile_ms: 0,
        verify_ms: 0,
        benchmark_ms: 0,
        message: null,
      };
    },
  };
}

function bestOf({ enumerated }: SearchSpace, answer: (genes: Genes) => Answer): number {
  let best = Number.POSITIVE_INFINITY;
  for (const genes of enumerated ?? []) best = Math.min(best, answer(genes).time ?? Number.POSITIVE_INFINITY);
  return best;
}

/** The median, the lower one of two in the middle. */
export function middle(times: readonly number[]): number {
  return times.toSorted((a, b) => a - b)[(times.length - 1) >> 1] as number;
}
