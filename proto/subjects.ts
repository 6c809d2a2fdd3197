/** Names of the NATS subjects. A run's id has no dots, blanks or wildcards, so that it is one token. */
export const RUN_ID = /^[A-Za-z0-9_-]{1,60}$/;

export const subjects = {
  log: (run: string, island: number) => `kevo.${run}.island.${island}.log`,
  allLogs: (run: string) => `kevo.${run}.island.*.log`,
  elites: (run: string, island: number) => `kevo.${run}.island.${island}.elites`,
  allElites: (run: string) => `kevo.${run}.island.*.elites`,
  lease: (run: string) => `kevo.${run}.lease`,
  batch: (run: string) => `kevo.${run}.batch`,
  gap: (run: string) => `kevo.${run}.gap`,
  stop: (run: string) => `kevo.${run}.stop`,
  action: (run: string) => `kevo.${run}.action`,
  control: (run: string) => `kevo.${run}.control`,
  spec: (run: string) => `kevo.${run}.spec`,
  model: (run: string) => `kevo.${run}.model`,
  /** What an operator may see: a run now, and how it ended. */
  view: (run: string) => `kevo.${run}.view`,
  ended: (run: string) => `kevo.${run}.ended`,
  runs: "kevo.runs",
  /** Kernels and evolved code, for programs that may not read the object store. */
  objects: "kevo.objects",
  /** `who`: the public key of the evaluator's NATS identity; `-` on a server that knows no identities. */
  announcement: (who: string) => `kevo.evaluators.${who}`,
} as const;

/** One JetStream stream carries the logs of all runs; purged by subject. */
export const LOG_STREAM = "KEVO_LOG";
export const LOG_STREAM_SUBJECTS = ["kevo.*.island.*.log"];
/** Object store for kernel packages and evolved code, named by SHA-256. */
export const OBJECT_BUCKET = "kevo";
