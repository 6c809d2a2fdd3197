/** The coordinator's answers on a run's NATS subjects. */

import type { Bus, Subscription } from "@kevo/core/bus/bus.ts";
import { UserError } from "@kevo/core/errors/user-error.ts";
import type { Carrier } from "@kevo/core/telemetry/channel.ts";
import { proposesInTurn } from "@kevo/proto/backend-name.ts";
import type { EventData } from "@kevo/proto/event.ts";
import { type ActionReply, actionRequest } from "@kevo/proto/messages/action.ts";
import { type BatchReply, type BatchRequest, batchRequest } from "@kevo/proto/messages/batch.ts";
import { type Control, gapRequest, runsRequest, stopRequest } from "@kevo/proto/messages/control.ts";
import { leaseRequest } from "@kevo/proto/messages/lease.ts";
import { subjects } from "@kevo/proto/subjects.ts";
import { WIRE_VERSION } from "@kevo/proto/version.ts";
import type { z } from "zod";
import type { Ledger } from "../ledger/ledger.ts";
import { HELD, type Offer, refused } from "../ledger/offer.ts";
import { viewRequest } from "../snapshot/messages.ts";
import type { RunSnapshot } from "../snapshot/snapshot.ts";
import { batchAnswered, batchOffered } from "../telemetry/channels.ts";
import { publishEvolvedSources } from "./evolved-source.ts";
import type { Grants } from "./grants.ts";
import type { Leases } from "./leases.ts";
import { type RecordedCalls, serveModelCalls } from "./model-endpoint.ts";
import type { RunActions } from "./run-actions.ts";

const GAP_LIMIT = 500;
const CONTROL_EVERY_MS = 1_000;

export interface EndpointsOptions {
  readonly bus: Bus;
  readonly ledger: Ledger;
  readonly leases: Leases;
  readonly grants: Grants;
  /** How many candidates each island may have outstanding now. */
  readonly windows: () => readonly number[];
  readonly onStop: () => void;
  readonly actions: RunActions;
  readonly view: () => RunSnapshot;
  /** A language model proposes nothing, and why. */
  readonly onTrouble: (trouble: EventData<"model_trouble">) => void;
  /** Model calls of the run that this one repeats; absent where it repeats none. */
  readonly recordedCalls?: RecordedCalls | undefined;
}

export class Endpoints {
  readonly #options: EndpointsOptions;
  readonly #subscriptions: Subscription[];
  readonly #timer: NodeJS.Timeout;
  /** Why the last batch was refused; null where it was not, or only came too early. */
  refusal: string | null = null;

  constructor(options: EndpointsOptions) {
    this.#options = options;
    const { bus, ledger, leases } = options;
    const { run } = ledger.state.spec;
    this.#subscriptions = [
      bus.serve(subjects.lease(run), leaseRequest, (request) => leases.answer(request)),
      bus.serve(subjects.batch(run), batchRequest, (request, carrier) => this.#batch(request, carrier)),
      serveModelCalls(bus, run, {
        ledger: ledger.models,
        models: ledger.state.spec.llm?.models ?? [],
        grants: options.grants,
        recorded: options.recordedCalls ?? (() => null),
        onTrouble: options.onTrouble,
      }),
      bus.serve(subjects.gap(run), gapRequest, ({ island, from }) => ({
        v: WIRE_VERSION,
        entries: ledger.entries(island, from, GAP_LIMIT),
      })),
      bus.serve(subjects.stop(run), stopRequest, () => {
        options.onStop();
        return { v: WIRE_VERSION };
      }),
      bus.serve(subjects.action(run), actionRequest, (request) => this.#act(request)),
      bus.serve(subjects.view(run), viewRequest, () => ({ v: WIRE_VERSION, snapshot: options.view() })),
      ...[subjects.runs, subjects.spec(run)].map((subject) =>
        bus.serve(subject, runsRequest, () => ({ v: WIRE_VERSION, spec: ledger.state.spec })),
      ),
    ];
    this.#timer = setInterval(() => this.announce(), CONTROL_EVERY_MS);
    bus.onReconnect(() => this.announce());
    this.announce();
  }

  /** Tells the workers the state of the run. */
  announce(): void {
    const { bus, ledger, windows } = this.#options;
    const { state } = ledger;
    const message: Control = {
      v: WIRE_VERSION,
      run: state.spec.run,
      state: state.remaining === 0 ? "stopping" : "running",
      windows: [...windows()],
      tails: state.islands.map((island) => island.tail),
      migrations: this.#options.actions.migrations,
      migration_tails: [...this.#options.actions.migrationTails],
    };
    bus.publish(subjects.control(state.spec.run), message);
  }

  close(): void {
    clearInterval(this.#timer);
    for (const subscription of this.#subscriptions) subscription.unsubscribe();
  }

  async #act({ user, ...request }: z.output<typeof actionRequest>): Promise<ActionReply> {
    try {
      const done = await this.#options.actions.do(request, user);
      return { v: WIRE_VERSION, status: "done", ...done };
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      return { v: WIRE_VERSION, status: "refused", message: error.message, candidate: null };
    }
  }

  async #batch(request: BatchRequest, { traceparent }: Carrier): Promise<BatchReply> {
    const { ledger, windows } = this.#options;
    const window = windows()[request.island] ?? 0;
    const { island: index, k, worker } = request;
    const batch = { run: ledger.state.spec.run, island: index, k, worker };
    const startedAt = performance.now();
    batchOffered.send({ ...batch, traceparent });
    const { status, refusal } = await this.#offer(request, window);
    if (batchAnswered.heard) {
      const seconds = (performance.now() - startedAt) / 1000;
      const proposals = request.proposals.length;
      batchAnswered.send({ ...batch, status, refusal: refusal?.code ?? null, proposals, seconds });
    }
    this.refusal = refusal?.code === "window_full" ? null : (refusal?.reason ?? null);
    const { state } = ledger;
    // It makes no entry, and may have ended its turn.
    if (request.proposals.length === 0 && proposesInTurn(state.spec.backend)) this.announce();
    const island = state.islands[request.island];
    return {
      v: WIRE_VERSION,
      status,
      refusal: refusal?.code ?? null,
      reason: refusal?.reason ?? null,
      window,
      stop: state.remaining === 0,
      tail: island?.tail ?? 0,
    };
  }

  /** An evaluator may receive a candidate the moment it is accepted: its code is stored by then. */
  async #offer(request: BatchRequest, window: number): Promise<Pick<Offer, "status" | "refusal">> {
    const { bus, ledger, grants, actions } = this.#options;
    if (!grants.isLease(request)) return refused("stale_epoch", "another worker has leased this island");
    // The worker offers it again until the pause is over.
    if (actions.paused) return HELD;
    // A refused batch leaves nothing behind, neither here nor in the object store.
    const early = ledger.state.answerAtOnce(request, window);
    if (early !== null) return early;
    const wrong = await publishEvolvedSources(bus, request);
    return wrong === null ? ledger.offer(request, window) : { status: "refused", refusal: wrong };
  }
}
