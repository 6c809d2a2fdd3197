/** The subject of a search: recordings of one kernel on one or several devices, or a space like a real job's. */
import { basename } from "node:path";
import { loadRecordedSpace, type RecordedSpace } from "@kevo/core/recorded-space/recorded-space.ts";
import { openSpace, type SearchSpace } from "@kevo/core/search-space/search-space.ts";
import { openJobSpace } from "./job/job-space.ts";
import { type MeasuredSpace, readMeasured } from "./job/measured.ts";

/** Plain data, so that a thread can open the same. */
export interface SubjectRequest {
  readonly spaces: readonly string[];
  /** Folders of job-like spaces, instead: workloads of one kernel. */
  readonly jobs: readonly string[];
  /** Of job-like spaces: whether a search starts from the kernel's default, and knows which parameters count. */
  readonly fromDefault: boolean;
  readonly conditions: boolean;
}

export interface Subject {
  readonly names: readonly string[];
  readonly space: SearchSpace;
  readonly recordings: readonly RecordedSpace[];
}

/** @throws UserError */
export async function openSubject({ spaces, jobs, fromDefault, conditions }: SubjectRequest): Promise<Subject> {
  if (jobs.length > 0) {
    const measured = await Promise.all(jobs.map(readMeasured));
    const [first] = measured as [MeasuredSpace];
    const whole = conditions ? first.space : first.withTwins;
    // The space keeps the default, which says what inactive parameters are.
    const space = fromDefault ? whole : { ...whole, start: null, starts: [] };
    return { names: jobs.map((job) => basename(job)), space, recordings: measured.map(openJobSpace) };
  }
  const recordings = await Promise.all(spaces.map((path) => loadRecordedSpace(path)));
  const names = spaces.map((path) => basename(path).replace(/\.json(\.gz)?$/, ""));
  return { names, space: openSpace((recordings[0] as RecordedSpace).definition), recordings };
}
