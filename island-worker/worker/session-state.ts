/** Shared by a worker's session and the islands that it leases. */
import type { Bus } from "@kevo/core/bus/bus.ts";
import type { SearchSpace } from "@kevo/core/search-space/search-space.ts";
import type { Control } from "@kevo/proto/messages/control.ts";
import type { RunSpec } from "@kevo/proto/run.ts";
import type { Knowledge } from "../evolution/knowledge.ts";
import type { Advisor } from "./advisor.ts";
import type { Changes } from "./changes.ts";
import type { EvolvedSources } from "./evolved-sources.ts";
import type { LogReader } from "./log-reader.ts";
import type { MigrantInbox } from "./migrant-inbox.ts";

export interface SessionState {
  readonly bus: Bus;
  readonly spec: RunSpec;
  readonly space: SearchSpace;
  /** The worker's. */
  readonly name: string;
  readonly changes: Changes;
  readonly migrantInbox: MigrantInbox;
  readonly knowledge: Knowledge;
  readonly reader: LogReader;
  /** Asks language models; null where the run has none. */
  readonly advisor: Advisor | null;
  /** Null: configurations only. */
  readonly evolvedSources: EvolvedSources | null;
  /** The coordinator's newest message; null before the first. */
  readonly control: Control | null;
  /** For each island when the last entry of its log came, by `performance.now()`; at first when the session began. */
  readonly newsAt: readonly number[];
}
