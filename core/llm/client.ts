/** The interface of every caller of a model. */
import type { CallLabels, CallRecord, ModelRequest } from "./call.ts";

export interface AskOptions {
  readonly labels: CallLabels;
  readonly signal?: AbortSignal | undefined;
}

export interface ModelAnswer {
  /** As the model wrote it: JSON by the request, but nothing is checked yet. */
  readonly text: string;
  readonly call: CallRecord;
}

export interface ModelClient {
  /** As it was asked for, such as `grok-4.3`. */
  readonly model: string;
  /** `xai`, `anthropic`, `openai`, `local` or `replay`. */
  readonly provider: string;
  /**
   * Makes the call within budget, limits and retries, and records it with any result. A question with a recorded good
   * answer is answered from the record.
   * @throws ModelError by kind; never anything else.
   */
  ask(request: ModelRequest, options: AskOptions): Promise<ModelAnswer>;
  /** A short description of the current request shape; null without one. */
  readonly asks?: (() => string) | undefined;
  /** Complaints that repair calls did not mend, so that no further call is paid for them; a replay has none. */
  readonly unmended?: Set<string> | undefined;
}

/**
 * A remark about a model that is reported once: a retired name that another model answers, a bill above its worst case,
 * options that its server refuses.
 */
export interface ModelNote {
  readonly model: string;
  readonly about: "renamed" | "overspent" | "adapted";
  /** One sentence, without the model's name. */
  readonly text: string;
}
