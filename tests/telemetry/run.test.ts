/** One run, watched in every way: each program's metrics, the log lines, and the spans that cross all three. */
import { createServer } from "node:net";
import { expect, test } from "vitest";
import { type Program, Workplace } from "../support/programs.ts";
import { writeSyntheticSpace } from "../support/synthetic-space.ts";
import { type ReceivedSpan, startCollector } from "./collector.ts";

const EVALUATIONS = 24;
const SECRET = "sk-this-must-reach-nobody";

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return port;
}

const scrape = async (port: number) => await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
/** The value of a sample, by its name with labels. */
const sample = (text: string, name: string) =>
  Number(
    text
      .split("\n")
      .find((line) => line.startsWith(`${name} `))
      ?.split(" ")[1],
  );

/** JSON lines on standard error. */
const linesOf = (stderr: string) =>
  stderr
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line) as Record<string, unknown>);

test("a run's metrics, log lines and spans", async () => {
  await using collector = await startCollector();
  await using place = new Workplace();
  writeSyntheticSpace(place.file("space.json"), { compileMs: 0, benchmarkMs: 0 });
  const [head, lane, worker] = [await freePort(), await freePort(), await freePort()];
  const env = { KEVO_LOG: "info", OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, XAI_API_KEY: SECRET, NO_PROXY: "*" };
  const metrics = (port: number) => ["--metrics", `127.0.0.1:${port}`];

  const evaluator = place.start(
    "gpu-evaluator",
    ["start", "--backend", "replay", "--space", "space.json", "--json", ...metrics(lane)],
    env,
  );
  const { listening } = JSON.parse(await evaluator.firstLine) as { listening: string };
  const coordinator = place.start(
    "coordinator",
    [
      ...["start", "--space", "space.json", "--islands", "2", "--evaluations", String(EVALUATIONS)],
      ...["--evaluator", listening, "--external-workers", "--no-dashboard", "--log-format", "json", ...metrics(head)],
    ],
    env,
  );
  // It can be asked before any worker has come: nothing is counted yet.
  await expect
    .poll(() => scrape(head).catch(() => ""), { interval: 50 })
    .toMatch(/^kevo_evaluators\{state="serving"\} 1$/m);
  const before = await scrape(head);
  expect(sample(before, 'kevo_evaluations_total{outcome="ok"}')).toBe(0);
  expect(sample(before, "kevo_evaluations_budget")).toBe(EVALUATIONS);
  expect((await fetch(`http://127.0.0.1:${head}/readyz`)).status).toBe(200);
  expect((await fetch(`http://127.0.0.1:${head}/other`)).status).toBe(404);
  expect((await fetch(`http://127.0.0.1:${head}/metrics`, { method: "POST" })).status).toBe(405);

  const working: Program = place.start(
    "island-worker",
    ["start", "--nats", `nats://127.0.0.1:${place.natsRecord().port}`, "--log-format", "json", ...metrics(worker)],
    env,
  );
  const ended = await coordinator.ended;
  expect(ended.code, ended.stderr).toBe(0);

  const [ofLane, ofWorker] = [await scrape(lane), await scrape(worker)];
  expect(sample(ofLane, 'kevo_evaluator_results_total{outcome="ok"}')).toBe(EVALUATIONS);
  expect(sample(ofLane, "kevo_evaluator_seconds_count")).toBe(EVALUATIONS);
  expect(sample(ofWorker, 'kevo_worker_batches_total{answer="accepted"}')).toBeGreaterThan(1);
  expect(sample(ofWorker, "kevo_nats_disconnects_total")).toBeGreaterThanOrEqual(0);

  const counted = linesOf(ended.stderr).filter(({ msg }) => msg === "evaluation counted");
  expect(counted).toHaveLength(EVALUATIONS);
  for (const line of counted) {
    expect(line).toMatchObject({ run: expect.any(String), island: expect.any(Number), attempt: 1, outcome: "ok" });
    expect(line.candidate).toMatch(new RegExp(`^${line.run}/${line.island}/\\d+/\\d+$`));
  }
  // Besides the report at the end, everything that a person would read is a line too.
  expect(linesOf(ended.stderr).map(({ msg }) => msg)).toContainEqual(expect.stringMatching(/^evaluator .* serves/));

  for (const program of [evaluator, working]) program.child.kill("SIGTERM");
  const others = await Promise.all([evaluator.ended, working.ended]);
  expectOneTrace(collector.spans);
  for (const told of [before, ofLane, ofWorker, ...collector.bodies, ended.stderr, ...others.map((e) => e.stderr)]) {
    expect(told).not.toContain(SECRET);
  }
});

/** From the batch to the count, across NATS and gRPC, for every evaluation. */
function expectOneTrace(spans: readonly ReceivedSpan[]): void {
  const byId = new Map(spans.map((span) => [span.id, span]));
  const chain = (span: ReceivedSpan | undefined): string[] =>
    span === undefined ? [] : [...chain(byId.get(span.parent)), `${span.service}: ${span.name}`];
  const counts = spans.filter(({ name }) => name === "count evaluation");
  expect(counts).toHaveLength(EVALUATIONS);
  const way = ["island-worker: batch", "coordinator: accept batch", "coordinator: attempt"];
  for (const span of counts) expect(chain(span)).toEqual([...way, "coordinator: count evaluation"]);
  const evaluated = spans.filter(({ name }) => name === "evaluate");
  expect(evaluated).toHaveLength(EVALUATIONS);
  for (const span of evaluated) {
    expect(chain(span)).toEqual([...way, "gpu-evaluator: evaluate"]);
    expect(byId.get(span.parent)?.trace).toBe(span.trace);
    expect(byId.get(span.parent)?.attributes["kevo.candidate"]).toBe(span.attributes["kevo.candidate"]);
  }
  const timing = spans.find(({ name }) => name === "timing");
  expect(chain(timing)).toEqual([...way, "gpu-evaluator: evaluate", "gpu-evaluator: timing"]);
}
