/**
 * Sources that a model wrote, on a real device: a fake model edits the attention kernel's region, and every edit must come
 * to the outcome that it deserves (compiled in the sandbox, verified, timed or refused). Prints a table, the last line is
 * JSON, and ends with code 1 when an edit came to another outcome or was never evaluated.
 */
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import type { Outcome } from "@kevo/proto/outcome.ts";
import type { Answerer } from "../../tests/fakes/xai/answer.ts";
import { startFakeXai } from "../../tests/fakes/xai/server.ts";
import { Workplace } from "../../tests/support/programs.ts";

const KERNEL = fileURLToPath(new URL("../../gpu-evaluator/kernels/attention-forward", import.meta.url));
const SUM = "total = total * keep + tl.sum(weights, 1)";
const LAG = "peak > top + 8.0";

const EDITS: readonly {
  readonly reason: string;
  readonly search: string;
  readonly to: string;
  readonly is: Outcome;
}[] = [
  { reason: "a fused multiply-add", search: SUM, to: "total = tl.fma(total, keep, tl.sum(weights, 1))", is: "ok" },
  { reason: "a wrong sum", search: SUM, to: "total = total * keep + 2.0 * tl.sum(weights, 1)", is: "incorrect" },
  { reason: "what the compiler refuses", search: SUM, to: "total = total @ keep", is: "compile_error" },
  { reason: "what the gate refuses", search: SUM, to: "total = __import__('os').getpid()", is: "invalid" },
  { reason: "a smaller lag of the maximum", search: LAG, to: "peak > top + 6.0", is: "ok" },
];
/** As many as a model is asked for. */
const AT_ONCE = 3;

const { values } = parseArgs({
  options: {
    workload: { type: "string", default: "ten-models/llama-3.2-1b/s1024" },
    evaluations: { type: "string", default: "400" },
  },
});

interface Row {
  readonly id: string;
  readonly reason: string;
  readonly outcome: Outcome;
  readonly message: string | null;
  readonly time_ms: number | null;
  readonly compile_ms: number;
  readonly lane_ms: number;
}

let asked = 0;
const edits: Answerer = ({ request, name }) => {
  if (name !== "evolve_source") return undefined;
  const region = String(request.messages.find(({ role }) => role === "user")?.content);
  const begin = AT_ONCE * asked++;
  const turn = Array.from({ length: AT_ONCE }, (_, at) => EDITS[(begin + at) % EDITS.length] as (typeof EDITS)[number]);
  const changes = turn
    .filter(({ search }) => region.includes(search))
    .map(({ search, to, reason }) => ({ edits: [{ search, replace: to }], rewrite: "", reason }));
  return { changes };
};

await using place = new Workplace();
const fake = await startFakeXai({ scenario: "ok", answerers: [edits] });
const search = [
  "start",
  "--backend",
  "triton",
  "--kernel",
  tilesOnly(place.file("kernel")),
  "--workload",
  values.workload,
];
const evolution = ["--evolve", "source", "--llm", "grok-4.3", "--islands", "1", "--evaluations", values.evaluations];
const ended = await place.run("coordinator", [...search, ...evolution], { LLM_BASE_URL: fake.url });
await fake.close();
if (ended.code !== 0) throw new Error(`the run ended with ${ended.code}: ${ended.stderr.slice(-2000)}`);
const rows = place.ledger().query<Row>(
  `select c.id, reason, outcome, message, time_ms, compile_ms, lane_ms from candidates c
   join evaluations e on e.candidate = c.id where proposer = 'llm' order by c.rowid`,
);
const [kernel] = place
  .ledger()
  .query(
    "select count(*) evaluations, min(time_ms) time_ms from evaluations e join candidates c on c.id = e.candidate where c.source is null",
  );
for (const { reason, outcome, message, time_ms: time, compile_ms: compile, lane_ms: lane } of rows) {
  const timed = time === null ? "" : `, ${(1000 * time).toFixed(2)} µs`;
  const firstLine = (message ?? "").split("\n", 1)[0]?.slice(0, 120);
  console.log(
    `${reason}: ${outcome}${timed}, compiled ${compile.toFixed(0)} ms, lane ${lane.toFixed(0)} ms  ${firstLine}`,
  );
}
const passed = EDITS.every(({ reason, is }) => {
  const own = rows.filter((row) => row.reason === reason);
  return own.length > 0 && own.every(({ outcome }) => outcome === is);
});
console.log(
  passed ? "every edit came to the outcome that it deserves" : "FAILED: an edit came to another outcome, or to none",
);
process.exitCode = passed ? 0 : 1;
console.log(JSON.stringify({ passed, calls: asked, kernel, rows }));

/** The kernel without the variant in a separate file: the region is not part of that, so no edit would reach it. */
function tilesOnly(folder: string): string {
  cpSync(KERNEL, folder, { recursive: true });
  const path = join(folder, "kernel.json");
  const definition = JSON.parse(readFileSync(path, "utf8")) as { parameters: { name: string; values: string[] }[] };
  for (const parameter of definition.parameters) if (parameter.name === "KERNEL") parameter.values = ["tiles"];
  writeFileSync(path, JSON.stringify(definition));
  return folder;
}
