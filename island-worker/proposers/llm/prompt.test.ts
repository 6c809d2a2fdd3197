import { messagesOf } from "@kevo/core/llm/signature.ts";
import { type Genes, openSpace } from "@kevo/core/search-space/search-space.ts";
import type { Objective } from "@kevo/proto/objective.ts";
import { describe, expect, it } from "vitest";
import { ridge, ridgeTime } from "../../evolution/ridge.fixture.ts";
import { openHistory } from "./island-history.ts";
import { MAX_PROMPT_LENGTH, questionOf, signatureOf } from "./prompt.ts";
import { definition, historyOf, modelRun, samples } from "./ridge-history.fixture.ts";

const spec = modelRun();
const niche = { workloads: null, device: null };
const subject = { definition, space: ridge, spec, niche };
const tried = samples(40);
const history = historyOf(spec, [{ genes: tried.slice(0, 20) }, { genes: tried.slice(20) }]);

describe("a question", () => {
  it("carries kernel, work, constraints, the best with their times, and what failed", () => {
    const question = questionOf(subject, history, "refine", 6);
    expect(question.kernel).toBe("A ridge. Made by arithmetic.");
    expect(question.workloads).toContain("2.000e+6 operations, at least 8.192e+3 bytes moved, 244 operations a byte");
    for (const constraint of definition.constraints) expect(question.constraints).toContain(constraint);
    const times = tried.flatMap((genes) => ridgeTime(ridge.decode(genes)) ?? []).sort((a, b) => a - b);
    const [best] = question.best.split("\n");
    expect(best).toContain(`${times[0]?.toPrecision(4)} ms: {`);
    expect(question.best.split("\n")).toHaveLength(6);
    expect(question.failures).toMatch(/^- crashed: as the best but for \{/);
    expect(question.task).toMatch(/Propose 6 configurations/);
  });

  it("tells the floor where the share of the device's peak was measured", () => {
    const told = openHistory(ridge);
    const result = { outcome: "ok", fitness: 2, time_ms: 0.5, message: null, device: "Device" } as const;
    told.tried.push({
      ...{ id: "run/0/0/0", genes: tried[0] as Genes, config: ridge.decode(tried[0] as Genes) },
      ...{ proposer: "seed", parents: [], reason: null },
      result: { ...result, measurements: [{ workload: "one", time_ms: 0.5, speedup: 2, peak_share: 0.25 }] },
    });
    const question = questionOf(subject, told, "refine", 6);
    expect(question.workloads).toContain("floor at the device's peak 0.1250 ms; best so far 0.5000 ms");
    expect(question.device).toContain("Device");
  });

  it("says what a change made of its parent", () => {
    const parent = [4, 3, 2, 2, 1, 0];
    const child = parent.with(1, 4);
    const told = historyOf(spec, [{ genes: [parent] }, { genes: [child], parents: ["run/0/0/0"] }]);
    const [before, after] = [parent, child].map((genes) => ridgeTime(ridge.decode(genes))?.toPrecision(4));
    expect(questionOf(subject, told, "refine", 6).changes).toBe(
      `- {"TILE":4} → {"TILE":5}: ${before} ms → ${after} ms`,
    );
  });

  it("says the values of a user's function, of any sign, and which way is better", () => {
    const objective: Objective = {
      ...{ name: "value", direction: "minimize", unit: null },
      ...{ span: null, beside: null, any_sign: true },
    };
    const told = openHistory(ridge);
    for (const [at, fitness] of [3.5, -2].entries()) {
      told.tried.push({
        ...{ id: `run/0/0/${at}`, genes: tried[at] as Genes, config: ridge.decode(tried[at] as Genes) },
        ...{ proposer: "seed", parents: [], reason: null },
        result: { outcome: "ok", fitness, time_ms: null, message: null, device: "Device", measurements: [] },
      });
    }
    const objectiveSubject = { ...subject, spec: { ...spec, backend: "objective" as const, objective } };
    const question = questionOf(objectiveSubject, told, "refine", 6);
    expect(question.kernel).toContain("It is searched for value: lower is better.");
    expect(question.best).toMatch(/^- -3\.5 value: \{.*\n- 2 value: \{/);
    expect(signatureOf(objectiveSubject).instructions).not.toContain("kernels");
  });

  it("tells the control nothing of what was measured", () => {
    const question = questionOf(subject, history, "control", 6);
    expect(question).toMatchObject({ best: "none", sample: "none", changes: "none", failures: "none" });
    expect(JSON.stringify(question)).not.toMatch(/ ms/);
    expect(question).toEqual(questionOf(subject, openHistory(ridge), "control", 6));
  });

  it("stays within its length for any kernel and failures", () => {
    const parameters = Array.from({ length: 64 }, (_, at) => ({
      ...{ name: `PARAMETER_${at}_${"X".repeat(60)}`, type: "categorical" as const, description: "d".repeat(900) },
      values: Array.from({ length: 60 }, (_, value) => `value_${value}_${"y".repeat(40)}`),
    }));
    const space = openSpace({ parameters, constraints: [] });
    const big = { ...definition, ...space.definition, description: "z".repeat(50_000) };
    const long = openHistory(space);
    for (let at = 0; at < 30; at++) {
      const genes = parameters.map((_, index) => (at * (index + 1)) % 60);
      const ok = at % 2 === 0;
      long.tried.push({
        ...{ id: `run/0/${at}/0`, genes, config: space.decode(genes), proposer: "seed", parents: [], reason: null },
        result: {
          ...{ outcome: ok ? "ok" : "compile_error", fitness: ok ? 1 : null, time_ms: ok ? 1 : null },
          ...{ measurements: [], message: "error ".repeat(500), device: null },
        },
      });
    }
    const question = questionOf({ definition: big, space, spec, niche }, long, "diverse", 6);
    expect(Object.values(question).join("").length).toBeLessThanOrEqual(MAX_PROMPT_LENGTH);
    expect(question.task).toMatch(/Propose 6/);
  });

  it("asks for every parameter, with the values that it can take", () => {
    const { schema } = signatureOf(subject).answer;
    const item = (schema as { properties: { configurations: { items: { properties: Record<string, unknown> } } } })
      .properties.configurations.items.properties.configuration as Record<string, unknown>;
    expect(item.required).toEqual(ridge.parameters.map(({ name }) => name));
    expect(item.properties).toMatchObject({
      BLOCK: { type: "number", enum: [1, 2, 4, 8, 16, 32, 64] },
      LAYOUT: { type: "string", enum: ["rows", "columns", "tiles"] },
      FAST: { type: "boolean" },
      ORDER: { type: "array", items: { type: "string" } },
    });
    const [system] = messagesOf(signatureOf(subject), questionOf(subject, history, "refine", 6), []);
    expect(system?.content).toContain('"LAYOUT"');
  });
});
