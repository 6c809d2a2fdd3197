/** Stage 6: the cluster evolves a kernel that was implemented, and measures the library's own beside it. */

import { join } from "node:path";
import { counted } from "@kevo/core/text/plural.ts";
import { type Implementation, type Optimisation, optimisation } from "../findings/findings.ts";
import { LIBRARY, type LibraryKernel } from "../session/library.ts";
import type { Session } from "../session/session.ts";
import { putKernel } from "../store/provenance.ts";
import { folderOf } from "./implementation.ts";

export async function optimisationStage(
  session: Session,
  round: number,
  made: Implementation & { readonly hash: string },
  library: LibraryKernel,
): Promise<Optimisation> {
  const { backend, evaluations, islands, seed, workloads } = session.options;
  const common = { backend, seed, workloads };
  const search = { ...common, kernel: made.hash, evaluations, islands };
  const found = await session.steps.step(
    {
      key: `${round}/optimisation/${made.idea}`,
      stage: "optimisation",
      round,
      input: search,
      output: optimisation,
    },
    async () => {
      session.say(`evolving ${made.kernel}: ${counted(evaluations, "evaluation")} on ${counted(islands, "island")}`);
      const {
        result,
        device,
        history,
        failures,
        workloads: times,
      } = await session.cluster.evolve(folderOf(session, made.kernel), search, (line) => session.say(`  ${line}`));
      const usual = await session.cluster.evolve(
        join(LIBRARY, made.base_kernel),
        { ...common, kernel: library.hash, evaluations: 1, islands: 1 },
        () => {},
      );
      const usualMs = new Map(usual.workloads.map(({ workload, time_ms }) => [workload, time_ms]));
      const { best, run, elapsed_s } = result;
      return {
        idea: made.idea,
        kernel: made.kernel,
        hash: made.hash,
        run,
        candidate: best?.candidate ?? null,
        config: best?.config ?? {},
        speedup: best?.speedup ?? null,
        speedup_low: best?.speedup_low ?? null,
        speedup_high: best?.speedup_high ?? null,
        workloads: times.map(({ workload, baseline_ms, baseline: _, ...time }) => {
          return { workload, device, first_ms: baseline_ms, library_ms: usualMs.get(workload) ?? null, ...time };
        }),
        evaluations: result.evaluations,
        history,
        failures,
        elapsed_s,
      };
    },
  );
  const { idea, kernel, hash, run, speedup } = found;
  putKernel(session.db, session.run, { idea, kernel, kernelHash: hash, lineageRun: run, speedup });
  return found;
}
