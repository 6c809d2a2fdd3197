/**
 * The cost of a language model to everything that does not wait for it:
 *
 *     npm run bench:llm [-- --repeats 3] [--evaluations 600]
 *
 * The same run on a replay backend of fixed durations, alternately with no model, with one that refuses every call, and
 * with one that takes 20 s for an answer. For each the wall clock of the run and how busy the lanes were.
 */
import { parseArgs } from "node:util";
import type { RunResult } from "../../coordinator/result/result.ts";
import { answerers } from "../../tests/fakes/xai/answerers.ts";
import { type FakeXaiOptions, startFakeXai } from "../../tests/fakes/xai/server.ts";
import { Workplace } from "../../tests/support/programs.ts";
import { writeSyntheticSpace } from "../../tests/support/synthetic-space.ts";

const LANES = 2;
const LANE_MS = 100;

const MODES: Readonly<Record<string, FakeXaiOptions | null>> = {
  none: null,
  "every call refused": { scenario: "bad-key" },
  "20 s an answer": { delayMs: 20_000 },
};

interface Measured {
  readonly seconds: number;
  /** Of all lanes, from the first evaluation's start to the last one's end; 0 to 1. */
  readonly busy: number;
  readonly candidates: number;
  readonly trouble: readonly string[];
}

const { values } = parseArgs({
  options: { repeats: { type: "string", default: "3" }, evaluations: { type: "string", default: "600" } },
});

const runs = new Map<string, Measured[]>(Object.keys(MODES).map((mode) => [mode, []]));
for (let turn = 0; turn < Number(values.repeats); turn++) {
  for (const [mode, options] of Object.entries(MODES)) {
    const measured = await measure(options, turn);
    runs.get(mode)?.push(measured);
    console.error(`${mode}: ${JSON.stringify(measured)}`);
  }
}
const median = (numbers: number[]) => numbers.toSorted((a, b) => a - b)[Math.floor((numbers.length - 1) / 2)] as number;
const summary = [...runs].map(([mode, measured]) => ({
  mode,
  seconds: median(measured.map(({ seconds }) => seconds)),
  busy: median(measured.map(({ busy }) => busy)),
  runs: measured,
}));
const [base] = summary;
for (const { mode, seconds, busy } of summary) {
  const time = seconds / (base?.seconds ?? seconds) - 1;
  const lanes = busy / (base?.busy ?? busy) - 1;
  console.error(
    `${mode.padEnd(20)} ${seconds.toFixed(2)} s (${percent(time)})   lanes busy ${(100 * busy).toFixed(1)} % (${percent(lanes)})`,
  );
}
console.log(JSON.stringify({ lanes: LANES, lane_ms: LANE_MS, evaluations: Number(values.evaluations), summary }));

async function measure(options: FakeXaiOptions | null, seed: number): Promise<Measured> {
  await using place = new Workplace();
  writeSyntheticSpace(place.file("space.json"), { values: 9, benchmarkMs: LANE_MS });
  const fake = options === null ? null : await startFakeXai({ answerers, ...options });
  const args = [
    ...["start", "--backend", "replay", "--space", "space.json", "--time-scale", "1", "--json"],
    ...["--devices", Array.from({ length: LANES }, (_, lane) => lane).join(","), "--evaluations", values.evaluations],
    ...["--seed", String(seed), ...(fake === null ? [] : ["--llm", "grok-4.3"])],
  ];
  const { code, stdout, stderr } = await place.run("coordinator", args, { LLM_BASE_URL: fake?.url ?? "" });
  await fake?.close();
  if (code !== 0) throw new Error(stderr);
  const result: RunResult = JSON.parse(stdout);
  const [lane] = place
    .ledger()
    .query<{ busy: number; span: number }>(
      `select (select sum(lane_ms) from evaluations) busy, max(ended_at) - min(started_at) span from attempts`,
    ) as [{ busy: number; span: number }];
  return {
    seconds: result.elapsed_s,
    busy: lane.busy / (LANES * lane.span),
    candidates: result.llm?.candidates ?? 0,
    trouble: result.llm?.trouble ?? [],
  };
}

function percent(share: number): string {
  return `${share >= 0 ? "+" : ""}${(100 * share).toFixed(1)} %`;
}
