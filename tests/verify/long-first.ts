/** The order of the test files: a long one that begins last would keep the others' processes waiting for it. */
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Here tests start whole programs; beside the code they take less. */
const STARTS_PROGRAMS = /\/tests\/(?!house\/)/;

export class LongFirst extends BaseSequencer {
  /** Vitest's own order, by size where it has no times of an earlier run, within each of the two. */
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const rank = ({ moduleId, project }: TestSpecification) =>
      (project.config.isolate ? 0 : 2) + (STARTS_PROGRAMS.test(moduleId) ? 0 : 1);
    return sorted.sort((a, b) => rank(a) - rank(b));
  }
}
