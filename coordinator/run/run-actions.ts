/**
 * What a person may do to a run while it goes on. Every action that is done is an event that says who did it; one that
 * cannot be done changes nothing and says why.
 */
import { UserError } from "@kevo/core/errors/user-error.ts";
import { counted } from "@kevo/core/text/plural.ts";
import type { RunAction } from "@kevo/proto/messages/action.ts";
import type { RunSpec } from "@kevo/proto/run.ts";
import type { Fleet } from "../dispatch/fleet.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { LineageDatabase } from "../lineage/database.ts";
import { eventsOf } from "../lineage/queries/events.ts";
import { extended } from "./extension.ts";
import type { Launch } from "./launch.ts";

export interface ActionParts {
  readonly ledger: Ledger;
  readonly fleet: Fleet;
  readonly launch: Launch;
  readonly elapsedS: () => number;
  /** Tells the workers what has changed. */
  readonly announce: () => void;
  readonly stop: () => void;
  readonly setTimeLeft: (seconds: number) => void;
}

export interface ActionDone {
  /** What happens now, for people. */
  readonly message: string;
  /** Of an injected configuration. */
  readonly candidate: string | null;
}

export class RunActions {
  readonly #parts: ActionParts;
  paused = false;
  /** How many migrations were asked for. */
  migrations = 0;
  /** Tails of the islands' logs when the latest was. */
  migrationTails: readonly number[] = [];

  constructor(parts: ActionParts) {
    this.#parts = parts;
  }

  /** @param user whose process asks, where the action names nobody. @throws UserError */
  async do(request: RunAction, user: string): Promise<ActionDone> {
    const { ledger } = this.#parts;
    const { spec, closed } = ledger.state;
    if (closed) throw new UserError(`The run ${spec.run} takes no further candidates: it is ending.`);
    const { action, body } = request;
    const { by = user, ...details } = body;
    const done = await this.#perform(request);
    await ledger.event("action", `${by}: ${done.message}`, { action, by, details });
    return done;
  }

  /**
   * A pause does not outlive its coordinator: whoever starts the next one wants the run to go on. That is stored as their
   * action, so that no pause remains that nobody ended.
   * @returns what is to be told; null where the run was not paused
   */
  async endEarlierPause(db: LineageDatabase, user: string): Promise<string | null> {
    const earlier = eventsOf(db, this.#parts.ledger.state.spec.run, "action");
    const last = earlier.findLast(({ action }) => action === "pause" || action === "resume");
    if (last?.action !== "pause") return null;
    const message = `The run goes on: ${last.by} had paused it before its coordinator ended.`;
    await this.#parts.ledger.event("action", `${user}: ${message}`, { action: "resume", by: user, details: {} });
    return message;
  }

  async #perform({ action, body }: RunAction): Promise<ActionDone> {
    switch (action) {
      case "pause":
        return this.#pause(true, "The run is paused. What is outstanding is finished; the run's time goes on.");
      case "resume":
        return this.#pause(false, "The run goes on.");
      case "stop":
        this.#parts.stop();
        return told("The run finishes its outstanding candidates, then ends.");
      case "drain": {
        this.#parts.fleet.drain(body.evaluator, body.drain);
        return told(
          `The evaluator ${body.evaluator} receives ${body.drain ? "no more candidates" : "candidates again"}.`,
        );
      }
      case "inject":
        return await this.#inject(body.island, body.config);
      case "migrate":
        return this.#migrate();
      case "budget":
        return await this.#extend(body.evaluations ?? null, body.time_s ?? null);
    }
  }

  #pause(paused: boolean, message: string): ActionDone {
    this.#mustSearch();
    if (paused === this.paused) throw new UserError(`The run is ${paused ? "paused already" : "not paused"}.`);
    this.paused = paused;
    this.#parts.announce();
    return told(message);
  }

  async #inject(island: number, config: Parameters<Ledger["inject"]>[1]): Promise<ActionDone> {
    const { ledger, announce } = this.#parts;
    this.#mustSearch();
    // Its generations repeat with the seed, which one more candidate would change.
    if (ledger.state.spec.sync)
      throw new UserError("A run with --sync repeats exactly, so nothing can be added to it.");
    const answer = await ledger.inject(island, config, "injected by a person");
    if ("code" in answer) throw new UserError(`The configuration cannot be evaluated: ${answer.reason}.`, 2);
    announce();
    const { id, answeredBy } = answer.candidate;
    const message = answeredBy === null ? `${id} will be evaluated.` : `${id} was evaluated before, as ${answeredBy}.`;
    return { message, candidate: id };
  }

  #migrate(): ActionDone {
    const { state } = this.#parts.ledger;
    const { islands, topology, migrants, sync } = state.spec;
    this.#mustSearch();
    if (sync) throw new UserError("A run with --sync repeats exactly: its islands migrate in fixed generations.");
    if (islands.length < 2 || topology === "none" || migrants === 0) {
      throw new UserError("The islands of this run send no elites to each other.");
    }
    this.migrations++;
    this.migrationTails = state.islands.map(({ tail }) => tail);
    this.#parts.announce();
    return told("The islands offer their elites, and adopt those of their neighbours with their next batches.");
  }

  async #extend(evaluations: number | null, timeS: number | null): Promise<ActionDone> {
    const { ledger, elapsedS, setTimeLeft, announce } = this.#parts;
    this.#mustSearch();
    if (evaluations === null && timeS === null)
      throw new UserError("Give evaluations in all, or seconds from now on.", 2);
    const { spec, accepted } = ledger.state;
    const larger: RunSpec = extended(spec, { evaluations, timeS }, { accepted, elapsedS: elapsedS() });
    await ledger.extend(larger);
    if (timeS !== null) setTimeLeft(timeS);
    announce();
    const parts = [
      ...(evaluations === null ? [] : [counted(evaluations, "evaluation")]),
      ...(timeS === null ? [] : [`${timeS} s from now on`]),
    ];
    return told(`The budget is now ${parts.join(" and ")}.`);
  }

  /** A recording or a repetition has a fixed list of candidates. */
  #mustSearch(): void {
    const { record, repeats } = this.#parts.launch;
    if (record === null && repeats === undefined) return;
    throw new UserError("The run records a space or repeats another run: only a stop is possible.");
  }
}

function told(message: string): ActionDone {
  return { message, candidate: null };
}
