/** Alerts and dashboard: they name metrics that exist, and each alert's threshold is tried on both sides. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { collectDefaultMetrics, Registry } from "prom-client";
import { afterAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { defineRunMetrics } from "../../coordinator/observe/metrics.ts";
import type { Daemon } from "../../gpu-evaluator/daemon/daemon.ts";
import { defineEvaluatorMetrics } from "../../gpu-evaluator/observe/metrics.ts";
import { defineWorkerMetrics } from "../../island-worker/observe/metrics.ts";
import { ROOT } from "../house/files.ts";
import { deployTools, systemTool } from "./tools.ts";

const FILES = join(ROOT, "deploy/helm/kernelevolve/files");
const alerts = readFileSync(join(FILES, "alerts.yaml"), "utf8");
const dashboard = readFileSync(join(FILES, "dashboard.json"), "utf8");

const scratch = mkdtempSync(join(tmpdir(), "kevo-alerts-"));
afterAll(() => rmSync(scratch, { recursive: true }));

/** Every metric of the three programs, with the labels that it may have. */
async function knownMetrics(): Promise<Map<string, Set<string>>> {
  const registries = [new Registry(), new Registry(), new Registry()] as const;
  const [head, lane, worker] = registries;
  collectDefaultMetrics({ register: head });
  defineRunMetrics(head, { snapshot: () => null });
  const daemon = { backend: { devices: [] }, credits: 0, inFlight: 0, draining: false } as unknown as Daemon;
  defineEvaluatorMetrics(lane, daemon);
  defineWorkerMetrics(worker);
  const known = new Map<string, Set<string>>();
  for (const registry of registries) {
    for (const { name, type } of await registry.getMetricsAsJSON()) {
      const { labelNames = [] } = registry.getSingleMetric(name) as unknown as { labelNames?: string[] };
      const names = String(type) === "histogram" ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name];
      for (const one of names) known.set(one, new Set([...labelNames, ...(one.endsWith("_bucket") ? ["le"] : [])]));
    }
  }
  return known;
}

const METRIC = /\b(?:kevo|nodejs|process)_[a-z0-9_]+\b/g;
/** Those that Prometheus itself, or its configuration, adds. */
const GIVEN = ["instance", "component", "job", "alertstate", "alertname"];

/** Complaints about an expression: a metric that no program has, or a label that it does not have. */
function strangers(expression: string, known: ReadonlyMap<string, ReadonlySet<string>>): string[] {
  const found: string[] = [];
  const all = new Set(GIVEN);
  for (const name of expression.match(METRIC) ?? []) {
    const labels = known.get(name);
    if (labels === undefined) found.push(name);
    for (const label of labels ?? []) all.add(label);
  }
  for (const [, selector = ""] of expression.matchAll(/\{([^}]*)\}/g)) {
    for (const [, label = ""] of selector.matchAll(/(\w+)\s*(?:=~|!~|!=|=)/g)) if (!all.has(label)) found.push(label);
  }
  for (const [, grouping = ""] of expression.matchAll(/\b(?:by|on|without)\s*\(([^)]*)\)/g)) {
    for (const label of grouping.split(",").map((one) => one.trim())) if (!all.has(label)) found.push(label);
  }
  return found;
}

const rules = z
  .object({
    groups: z.array(
      z.object({
        rules: z.array(
          z.looseObject({
            alert: z.string(),
            expr: z.string(),
            annotations: z.object({ summary: z.string(), action: z.string() }),
          }),
        ),
      }),
    ),
  })
  .parse(parse(alerts))
  .groups.flatMap((group) => group.rules);
const panels = z
  .looseObject({
    panels: z.array(
      z.looseObject({ title: z.string(), targets: z.array(z.looseObject({ expr: z.string() })).default([]) }),
    ),
  })
  .parse(JSON.parse(dashboard)).panels;
const expressions = panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));

test("every metric and label that an alert, a panel or the scaler names exists in the programs", async () => {
  const known = await knownMetrics();
  expect(expressions.length).toBeGreaterThan(30);
  for (const { alert, expr } of rules) expect(strangers(expr, known), alert).toEqual([]);
  for (const expression of expressions) expect(strangers(expression, known), expression).toEqual([]);
  const scaler = readFileSync(join(ROOT, "deploy/helm/kernelevolve/templates/evaluators.yaml"), "utf8");
  expect(known.has(/valueLocation: (\S+)/.exec(scaler)?.[1] ?? "")).toBe(true);
  // And the other way round: what the programs count is shown, or raises an alert.
  const shown = new Set([...expressions, ...rules.map(({ expr }) => expr)].flatMap((one) => one.match(METRIC) ?? []));
  const own = [...known.keys()].filter((name) => name.startsWith("kevo_") && !/_(sum|count)$/.test(name));
  expect(own.filter((name) => !shown.has(name))).toEqual([
    "kevo_evaluator_credits",
    "kevo_evaluator_in_flight",
    "kevo_evaluator_draining",
    "kevo_evaluator_results_total",
    "kevo_worker_batches_total",
  ]);
  expect(strangers('sum by (colour) (kevo_lane_busy{device="0", size="1"})', known)).toEqual([
    "kevo_lane_busy",
    "device",
    "size",
    "colour",
  ]);
});

const promtool = systemTool("promtool", deployTools());

describe.skipIf(promtool === null)("promtool", () => {
  const run = (args: readonly string[]) => spawnSync(promtool ?? "", args, { encoding: "utf8", cwd: scratch });
  const tryAlerts = (text: string) => {
    writeFileSync(join(scratch, "alerts.yaml"), text);
    const cases = readFileSync(join(ROOT, "tests/deploy/alerts.test.yaml"), "utf8");
    writeFileSync(join(scratch, "cases.yaml"), cases.replace("RULES", join(scratch, "alerts.yaml")));
    return run(["test", "rules", "cases.yaml"]);
  };

  test("each alert is raised beyond its threshold, and none below", () => {
    const { status, stdout, stderr } = tryAlerts(alerts);
    expect(status, `${stdout}${stderr}`).toBe(0);
    const cases = readFileSync(join(ROOT, "tests/deploy/alerts.test.yaml"), "utf8");
    for (const { alert } of rules) expect(cases.split(alert).length - 1, alert).toBe(2);
    expect(tryAlerts(alerts.replace("> 0.05", "> 0.07")).status).not.toBe(0);
    expect(tryAlerts(alerts.replace("> 0.25", "> 0.05")).status).not.toBe(0);
  });

  test("every panel's expression is one", () => {
    const check = (all: readonly string[]) => {
      const made = all.map((expr, index) => ({
        record: `panel:${index}`,
        expr: expr.replaceAll("$__rate_interval", "1m").replaceAll("$coordinator", ".*"),
      }));
      writeFileSync(join(scratch, "panels.yaml"), JSON.stringify({ groups: [{ name: "panels", rules: made }] }));
      return run(["check", "rules", "panels.yaml"]);
    };
    const { status, stderr } = check(expressions);
    expect(status, stderr).toBe(0);
    expect(check(["sum by (x kevo_islands"]).status).not.toBe(0);
  });
});
