/**
 * Examples for the implementation prompt, chosen by measurement: the ideas of an earlier run are implemented again,
 * each kernel is evolved for a little, and an answer becomes an example where its kernel is about as fast as the same
 * idea's earlier one, or as the library's own where the idea had failed.
 */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { UserError } from "@kevo/core/errors/user-error.ts";
import { loadKernel } from "@kevo/core/kernel/load.ts";
import { saveDemos } from "@kevo/core/llm/demo-file.ts";
import { type Idea, optimisation } from "../findings/findings.ts";
import { KernelFault } from "../session/cluster.ts";
import { LIBRARY, type LibraryKernel } from "../session/library.ts";
import type { Session } from "../session/session.ts";
import { ideasFound } from "../stages/ideas.ts";
import { filesOf, implementKernel, inputOf, kernelId, type Written } from "../stages/implementation.ts";
import { geometricMean } from "../stages/outcome.ts";
import { stepsOf } from "../store/store.ts";
import { fewShot } from "./few-shot.ts";

export interface Learnt {
  readonly file: string;
  /** Examples that the model made; the JSON of `--json` has this name. */
  readonly bootstrapped: number;
  readonly tried: number;
  readonly errors: number;
  /** The value of each try, by idea: 1 is as fast as before. */
  readonly measured: readonly { readonly idea: string; readonly worth: number }[];
}

export async function optimisePrompts(
  session: Session,
  teacher: string,
  threshold: number,
  out: string,
): Promise<Learnt> {
  const lessons = lessonsOf(session, teacher);
  if (lessons.length === 0) throw new UserError(`Run ${teacher} has no ideas, so there is nothing to learn from.`, 2);
  const measured: { idea: string; worth: number }[] = [];
  const examples = lessons.map((lesson) => ({
    input: inputOf(session, lesson.idea, lesson.library, null),
    output: null,
  }));
  const learnt = await fewShot({
    signature: implementKernel,
    client: session.reasoning,
    labels: { proposer: implementKernel.name, variant: "few_shot", island: null },
    trainset: examples,
    metric: async (example, output) => {
      const lesson = lessons[examples.findIndex(({ input }) => input === example.input)] as Lesson;
      const worth = await worthOf(session, lesson, output, measured.length);
      session.say(`${lesson.idea.id}: ${worth === 0 ? "no working kernel" : `${worth.toFixed(2)} of what it was`}`);
      measured.push({ idea: lesson.idea.id, worth });
      return worth;
    },
    threshold,
    seed: session.options.seed,
    maxTokens: 32_768,
    signal: session.signal,
  });
  mkdirSync(out, { recursive: true });
  const file = join(out, `${implementKernel.name}.json`);
  saveDemos(file, implementKernel, learnt.demos);
  const { generated, tried, errors } = learnt;
  return { file, bootstrapped: generated, tried, errors, measured };
}

interface Lesson {
  readonly idea: Idea;
  readonly library: LibraryKernel;
  /** Milliseconds by workload that the idea reached before; null where it reached nothing. */
  readonly before: ReadonlyMap<string, number> | null;
}

function lessonsOf({ db, library }: Session, run: string): Lesson[] {
  const steps = stepsOf(db, run).filter(({ status }) => status === "done");
  const outputs = (stage: string) =>
    steps.filter((step) => step.stage === stage).map(({ output }) => JSON.parse(output as string) as unknown);
  const reached = outputs("optimisation").map((output) => optimisation.parse(output));
  const ideas = outputs("ideas").flatMap((output) => ideasFound.parse(output).ideas);
  return ideas.flatMap((idea): Lesson[] => {
    const kernel = library.kernels.find(({ definition }) => definition.id === idea.base_kernel);
    const best = reached.find((one) => one.idea === idea.id);
    if (kernel === undefined) return [];
    const before = best === undefined ? null : new Map(best.workloads.map((w) => [w.workload, w.time_ms]));
    return [{ idea, library: kernel, before }];
  });
}

/** Speed against before, geometric mean over the workloads; 0 where there is no working kernel. */
async function worthOf(session: Session, lesson: Lesson, written: Written, number: number): Promise<number> {
  const { options, cluster, folder: root } = session;
  const folder = join(root, "kernels", `try-${number + 1}`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const { path, content } of filesOf(written, lesson.idea, lesson.library, kernelId(lesson.idea))) {
    writeFileSync(join(folder, path), content);
  }
  const kernel = await loadKernel(folder, LIBRARY).catch((error: unknown) => {
    if (error instanceof UserError) return null;
    throw error;
  });
  if (kernel === null) return 0;
  const { backend, seed, workloads, evaluations, islands } = options;
  const common = { backend, seed, workloads };
  const search = { ...common, kernel: kernel.hash, evaluations, islands };
  const found = await cluster
    .evolve(folder, search, () => {})
    .catch((error: unknown) => {
      if (error instanceof KernelFault) return null;
      throw error;
    });
  if (found === null) return 0;
  const { library } = lesson;
  const before =
    lesson.before ??
    new Map(
      (
        await cluster.evolve(
          join(LIBRARY, library.definition.id),
          { ...common, kernel: library.hash, evaluations: 1, islands: 1 },
          () => {},
        )
      ).workloads.map(({ workload, time_ms }) => [workload, time_ms]),
    );
  const ratios = found.workloads.flatMap(({ workload, time_ms }) => {
    const ms = before.get(workload);
    return ms === undefined ? [] : [ms / time_ms];
  });
  return ratios.length === 0 ? 0 : geometricMean(ratios);
}
