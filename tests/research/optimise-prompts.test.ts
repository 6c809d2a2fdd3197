/** Prompts that learn: real answers of a model, with measurements that a test decides. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadDemos } from "@kevo/core/llm/demo-file.ts";
import type { Idea } from "@kevo/research-stage/findings/findings.ts";
import { openSession } from "@kevo/research-stage/pipeline/open-session.ts";
import { optimisePrompts } from "@kevo/research-stage/pipeline/optimise-prompts.ts";
import { type Cluster, KernelFault, type Searched } from "@kevo/research-stage/session/cluster.ts";
import { researchOptions } from "@kevo/research-stage/session/options.ts";
import { implementKernel } from "@kevo/research-stage/stages/implementation.ts";
import { openResearch } from "@kevo/research-stage/store/database.ts";
import { createRun, findRun, putStep, type ResearchRun } from "@kevo/research-stage/store/store.ts";
import { expect, test } from "vitest";
import { researchAnswers } from "../fakes/xai/research-answers.ts";
import { startFakeXai } from "../fakes/xai/server.ts";
import { DOMAIN, NO_KEYS } from "./research-fakes.fixture.ts";

const ideaOf = (number: number): Idea => ({
  ...{ id: `idea-1-${number}`, title: `Idea ${number}`, description: "synthetic", novelty: "synthetic" },
  ...{ implementation_sketch: "synthetic", expected_outcome: "faster", risk_level: "low", configuration_space: [] },
  ...{ feasibility_score: 0.5, novelty_score: 0.5, gaps: ["gap-1-1"], base_kernel: "attention-cpu" },
  claims_to_check: ["synthetic"],
});

/** Idea 1 reached 2 ms. The others reached nothing, so they are compared with the library's kernel. */
const REACHED = {
  ...{ idea: "idea-1-1", kernel: "k", hash: "h", run: "r", candidate: null, config: {} },
  ...{ speedup: 1, speedup_low: 1, speedup_high: 1, evaluations: {}, history: [], failures: [], elapsed_s: 1 },
  workloads: [
    {
      ...{ workload: "w64-l256", device: "d", time_ms: 2, first_ms: 2, library_ms: 1, speedup: 1, speedup_low: 1 },
      ...{ speedup_high: 1, gflops: null, peak_share: null },
    },
  ],
};

const took = (time_ms: number) => ({ workloads: [{ workload: "w64-l256", time_ms }] }) as unknown as Searched;

test("only measurements that are good enough become examples: no slower kernels, no failing ones", async () => {
  const folder = mkdtempSync(join(tmpdir(), "kevo-prompts-"));
  const fake = await startFakeXai({ answerers: researchAnswers });
  const research = openResearch(join(folder, "lineage.db"));
  try {
    const options = researchOptions.parse({
      ...{ domain: DOMAIN, goal: "optimise-prompts", rounds: 1, budget_usd: 5, backend: "cpu", ideas: 3, implement: 1 },
      ...{ constraints: "", model: null, fast_model: null, max_results: 20, authors: [], archive: "recent" },
      ...{ since: null, until: null, evaluations: 1, islands: 1, workloads: [], seed: 1, evaluators: [] },
      ...{ prompts: null, synthetic: true },
    });
    for (const id of ["teacher", "pupil"]) {
      const row = { id, domain: DOMAIN, options: JSON.stringify(options), folder, secret: "s", createdAt: 0 };
      createRun(research.db, row);
    }
    const outputs = { ideas: { ideas: [1, 2, 3].map(ideaOf), dropped: 0 }, optimisation: REACHED };
    for (const [stage, output] of Object.entries(outputs)) {
      const done = {
        round: 1,
        status: "done",
        inputHash: "",
        error: null,
        costUsd: 0,
        startedAt: 0,
        endedAt: 0,
      } as const;
      putStep(research.db, { run: "teacher", key: `1/${stage}`, stage, output: JSON.stringify(output), ...done });
    }
    const run = findRun(research.db, "pupil") as ResearchRun;
    const environment = { ...NO_KEYS, LLM_BASE_URL: fake.url };
    const parts = { research, run, folder, recording: null, environment, say: () => {} };
    const { session, close } = await openSession({ ...parts, signal: new AbortController().signal });
    const kernels = new Map<string, string>();
    const cluster: Cluster = {
      ...session.cluster,
      evolve: async (path) => {
        if (path.endsWith("attention-cpu")) return took(1);
        const { id } = JSON.parse(readFileSync(join(path, "kernel.json"), "utf8")) as { id: string };
        kernels.set(path, id);
        // Idea 1 is faster than before, idea 2 slower than the library's kernel, idea 3 does not compile.
        if (id.startsWith("idea-1-1")) return took(1.6);
        if (id.startsWith("idea-1-2")) return took(4);
        throw new KernelFault("the default does not compile");
      },
    };
    const learnt = await optimisePrompts({ ...session, cluster }, "teacher", 0.95, join(folder, "prompts"));
    await close();
    expect(new Set(kernels.values()).size).toBe(3);
    expect(Object.fromEntries(learnt.measured.map(({ idea, worth }) => [idea, worth]))).toEqual({
      "idea-1-1": 1.25,
      "idea-1-2": 0.25,
      "idea-1-3": 0,
    });
    expect(learnt).toMatchObject({ bootstrapped: 1, tried: 3, errors: 0 });
    const demos = loadDemos(learnt.file, implementKernel);
    expect(demos).toHaveLength(1);
    expect(JSON.stringify(demos)).toContain("# Idea 1");
  } finally {
    research.close();
    await fake.close();
    rmSync(folder, { recursive: true, force: true });
  }
});
