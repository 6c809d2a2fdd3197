/** The subject of a search: recordings of one kernel on one or several devices, or a space like a real job's. */
import { basename } from "node:path";
import type { KnownConfiguration } from "@kevo/core/kernel/known-good.ts";
import { loadRecordedSpace, type RecordedSpace } from "@kevo/core/recorded-space/recorded-space.ts";
import { openSpace, type SearchSpace } from "@kevo/core/search-space/search-space.ts";
import type { KernelDefinition } from "@kevo/proto/kernel.ts";
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
  /** Of job-like spaces: start from the kernel's known good configurations of all workloads but those searched. */
  readonly knownGood: boolean;
}

export interface Subject {
  readonly names: readonly string[];
  readonly space: SearchSpace;
  readonly recordings: readonly RecordedSpace[];
  /** Of a kernel's workloads, by which the recordings are told apart. */
  readonly job: JobOfKernel | null;
}

export interface JobOfKernel {
  readonly definition: KernelDefinition;
  /** For each recording. */
  readonly workloads: readonly string[];
  readonly known: readonly KnownConfiguration[];
}

/** @throws UserError */
export async function openSubject({
  spaces,
  jobs,
  fromDefault,
  conditions,
  knownGood,
}: SubjectRequest): Promise<Subject> {
  if (jobs.length > 0) {
    const measured = await Promise.all(jobs.map(readMeasured));
    const [first] = measured as [MeasuredSpace];
    const whole = conditions ? first.space : first.withTwins;
    // The space keeps the default, which says what inactive parameters are.
    const space = fromDefault ? whole : { ...whole, start: null, starts: [] };
    const workloads = measured.map(({ workload }) => workload);
    const known = first.known.filter(({ workload }) => knownGood && !workloads.includes(workload));
    const job = { definition: first.definition, workloads, known };
    return { names: jobs.map((job) => basename(job)), space, recordings: measured.map(openJobSpace), job };
  }
  const recordings = await Promise.all(spaces.map((path) => loadRecordedSpace(path)));
  const names = spaces.map((path) => basename(path).replace(/\.json(\.gz)?$/, ""));
  return { names, space: openSpace((recordings[0] as RecordedSpace).definition), recordings, job: null };
}
