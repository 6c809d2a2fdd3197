/** A run's life in one process, from its start or its resumption to its end or its interruption. */
import type { KernelPackage } from "@kevo/core/kernel/load.ts";
import type { RunSpec } from "@kevo/proto/run.ts";
import type { OpenLineage } from "../lineage/database.ts";
import type { Progress } from "../progress/progress.ts";
import type { Launch } from "./launch.ts";
import type { RunMode } from "./mode.ts";
import type { OpenDashboard } from "./serve-dashboard.ts";

export interface RunSession {
  readonly spec: RunSpec;
  readonly launch: Launch;
  readonly mode: RunMode;
  readonly kernel: KernelPackage;
  readonly lineage: OpenLineage;
  readonly progress: Progress;
  readonly token: string | undefined;
  /** True takes up a stored run. */
  readonly resume: boolean;
  /** Wall clock of earlier sessions, milliseconds. */
  readonly elapsedBeforeMs: number;
  /** The user's Ctrl-C. */
  readonly interrupted: AbortSignal;
  /** Null where no dashboard is wanted. */
  readonly openDashboard: OpenDashboard | null;
  /** The result and the report, for those who watch from other machines; called when the end is stored. */
  readonly outcome: () => { readonly result: object; readonly report: string };
}

export type Ending = "completed" | "stopped" | "interrupted";
