/** `Tuner`: the cluster's search over the configurations of any JavaScript function. */
import { resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describeIssues } from "@kevo/core/errors/issues.ts";
import { UserError } from "@kevo/core/errors/user-error.ts";
import { DIRECTIONS, type Direction } from "@kevo/proto/objective.ts";
import { z } from "zod";
import { DEFAULT_DATABASE } from "../lineage/default-database.ts";
import { callObjective } from "./call-objective.ts";
import { type ConfigOf, type ConfigSpace, type OpenedSpace, openConfigSpace } from "./config-space.ts";
import { startCoordinator } from "./coordinator-process.ts";
import { definitionOf, kernelIdOf, writeDefinition } from "./definition.ts";
import { type Answer, serveObjective } from "./objective-server.ts";
import { readResult, type TuningResult } from "./result.ts";
import { findRun, type StoredRun } from "./stored-run.ts";

export type { ConfigOf, ConfigSpace } from "./config-space.ts";
export { Invalid, TunerError } from "./errors.ts";
export type { Evaluation, TuningResult } from "./result.ts";

/** How long the coordinator of a script that was killed may take to end. */
const LOCK_MS = 20_000;
const LOCK_RETRY_MS = 200;

export interface TunerOptions<S extends ConfigSpace> {
  /** The parameters by name: a list of values, or a kind as in a kernel's definition, such as `{ type: "integer", min: 1, max: 64 }`. */
  readonly configSpace: S;
  /** Returns the value of a configuration. What it throws is a failed evaluation; `Invalid`: this cannot be used. */
  readonly objective: (config: ConfigOf<S>) => number | Promise<number>;
  /** `maximize` by default. */
  readonly direction?: Direction;
  /** Expressions over the parameters' names, such as `"BM * BN <= 8192"`; all hold in every configuration. */
  readonly constraints?: readonly string[];
  /** How often the objective is called in all, also over several starts of one named run. 50 by default. */
  readonly maxEvaluations?: number;
  /** A language model that proposes too, such as `grok-4.3`; it needs a key in the environment. */
  readonly model?: string;
  /** Dollars that the model may cost; 1 by default. */
  readonly budgetUsd?: number;
  /** With one worker and no model, the same seed gives the same search. */
  readonly seed?: number;
  /** Of the run. A script that is started again goes on with the run of this name. Also the id of any run. */
  readonly name?: string;
  /** How many calls of an asynchronous objective may be open at a time; 1 by default. */
  readonly workers?: number;
  /** The lineage database; `.kevo/lineage.db` by default. */
  readonly database?: string;
}

const settingsSchema = z.object({
  direction: z.enum(DIRECTIONS).default("maximize"),
  constraints: z.array(z.string().min(1)).default([]),
  maxEvaluations: z.int().min(1).max(1e8).default(50),
  model: z.string().min(1).optional(),
  budgetUsd: z.number().nonnegative().default(1),
  seed: z
    .int()
    .min(0)
    .max(2 ** 31 - 1)
    .optional(),
  name: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/, "letters, digits, dots, dashes and underscores")
    .optional(),
  workers: z.int().min(1).max(256).default(1),
  database: z.string().min(1).default(DEFAULT_DATABASE),
});

export class Tuner<const S extends ConfigSpace> {
  readonly #objective: TunerOptions<S>["objective"];
  readonly #settings: z.output<typeof settingsSchema>;
  readonly #space: OpenedSpace<S>;
  readonly #title: string;
  readonly #database: string;

  /** @throws TunerError that names the option, its value and what to do. */
  constructor({ configSpace, objective, ...options }: TunerOptions<S>) {
    if (typeof objective !== "function") throw new UserError("objective must be a function of a configuration.", 2);
    const settings = settingsSchema.safeParse(options);
    if (!settings.success) throw new UserError(`Tuner: ${describeIssues(settings.error)}.`, 2);
    this.#objective = objective;
    this.#settings = settings.data;
    this.#space = openConfigSpace(configSpace);
    this.#title = settings.data.name ?? objective.name;
    this.#database = resolve(settings.data.database);
    definitionOf("objective", this.#tuned());
  }

  /**
   * Calls the objective until the budget is spent. If this process ends before that, a named run goes on when the script is
   * started again; so it does after `signal` is aborted.
   *
   * @throws TunerError; what was counted is stored. The signal's reason when aborted.
   */
  async tune({ signal }: { readonly signal?: AbortSignal } = {}): Promise<TuningResult<ConfigOf<S>>> {
    const until = Date.now() + LOCK_MS;
    for (;;) {
      signal?.throwIfAborted();
      try {
        return await this.#tuneOnce(signal);
      } catch (error) {
        // The coordinator of a script that was killed a moment ago is about to end.
        const isInUse = error instanceof UserError && error.code === "database_in_use";
        if (!isInUse || Date.now() > until) throw error;
      }
      await sleep(LOCK_RETRY_MS, undefined, { ...(signal !== undefined && { signal }) });
    }
  }

  async #tuneOnce(signal: AbortSignal | undefined): Promise<TuningResult<ConfigOf<S>>> {
    const { name, maxEvaluations, workers, direction } = this.#settings;
    const stored = name === undefined ? null : findRun(this.#database, name, kernelIdOf(name));
    const kernel = stored?.kernel ?? kernelIdOf(this.#title);
    const folder = writeDefinition(definitionOf(kernel, this.#tuned()), this.#database, stored);
    const read = (run: string) => readResult(run, { database: this.#database, direction, space: this.#space });
    if (stored?.status === "completed" && maxEvaluations <= stored.maxEvaluations) return read(stored.id);
    if (stored !== null && maxEvaluations < stored.accepted) {
      throw new UserError(
        `maxEvaluations is ${maxEvaluations}, but the run ${stored.id} has made ${stored.accepted} already. Give that or more, or another name.`,
        2,
      );
    }
    let mistake: unknown = null;
    await using server = await serveObjective(kernel, workers, async (config): Promise<Answer | null> => {
      try {
        return await callObjective(this.#objective, this.#space.decode(config));
      } catch (error) {
        mistake ??= error;
        coordinator.stop();
        return null;
      }
    });
    const coordinator = startCoordinator(this.#arguments(stored, folder), server.path);
    const stop = () => coordinator.stop();
    signal?.addEventListener("abort", stop);
    // A mistake or the signal stopped the coordinator, and is the reason for whatever else went wrong.
    const failed = await coordinator.ended.then(
      () => null,
      (error: unknown) => ({ error }),
    );
    signal?.removeEventListener("abort", stop);
    if (mistake !== null) throw mistake;
    signal?.throwIfAborted();
    if (failed !== null) throw failed.error;
    return read(await coordinator.ended);
  }

  #tuned() {
    return { parameters: this.#space.parameters, ...this.#settings };
  }

  #arguments(stored: StoredRun | null, folder: string): string[] {
    const { maxEvaluations, model, budgetUsd, seed } = this.#settings;
    const common = ["--db", this.#database, "--json", "--parent"];
    const budget = ["--evaluations", String(maxEvaluations)];
    if (stored !== null) {
      return ["resume", stored.id, ...(maxEvaluations === stored.maxEvaluations ? [] : budget), ...common];
    }
    // Each island asks for itself, once it has enough results: with several, a small budget ends before that.
    const asked = model === undefined ? [] : ["--islands", "1", "--llm", model, "--budget-usd", String(budgetUsd)];
    const seeded = seed === undefined ? [] : ["--seed", String(seed)];
    // Islands learn from all results anyway. Without migrants nothing depends on when a message arrives.
    const search = ["--migrants", "0", ...budget, ...seeded, ...asked];
    return ["start", "--backend", "objective", "--kernel", folder, ...search, ...common];
  }
}
