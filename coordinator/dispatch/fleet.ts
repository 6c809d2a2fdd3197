/**
 * The evaluators of a run: those named on the command line and those that announce themselves. Each is described
 * once a second; one that does not answer loses its work to the others and gets work again when it is back.
 */

import type { Bus, Subscription } from "@kevo/core/bus/bus.ts";
import { UserError } from "@kevo/core/errors/user-error.ts";
import { counted } from "@kevo/core/text/plural.ts";
import type { BackendName } from "@kevo/proto/backend-name.ts";
import type { EvaluatorFault } from "@kevo/proto/evaluator-fault.ts";
import type { Description } from "@kevo/proto/evaluator-service.ts";
import { type EvaluatorAnnouncement, evaluatorAnnouncement } from "@kevo/proto/messages/evaluators.ts";
import { subjects } from "@kevo/proto/subjects.ts";
import { type FleetBounds, hasRoom, shortfallOf } from "../fleet/bounds.ts";
import { type FleetFigures, figuresOf } from "../fleet/figures.ts";
import type { FindAccess } from "../identity/find-evaluator-access.ts";
import type { EvaluatorSnapshot } from "../snapshot/snapshot.ts";
import { DialPolicy } from "./dial-policy.ts";
import type { Dispatcher } from "./dispatcher.ts";
import { EvaluatorLink } from "./evaluator-link.ts";
import { type Member, newMember } from "./member.ts";
import { whyNoAnswer } from "./no-answer.ts";

const DESCRIBE_EVERY_MS = 1_000;
/** After this many failed descriptions in a row, other evaluators get its work. */
const FAILURES_UNTIL_LOST = 3;
/** Announced addresses that did not answer, of which a run says so: anybody who may announce could announce many. */
const SILENT_NOTES = 16;

export interface FleetListener {
  /** Evaluators joined or left, or their credits changed. */
  onChange(): void;
  onNote(message: string): void;
}

export class Fleet {
  readonly #members = new Map<string, Member>();
  readonly #run: string;
  readonly #backend: BackendName;
  readonly #dispatcher: Dispatcher;
  readonly #listener: FleetListener;
  readonly #access: FindAccess;
  readonly #timer: NodeJS.Timeout;
  readonly #policy = new DialPolicy();
  readonly #bounds: FleetBounds;
  #announcements: Subscription | null = null;
  #expected = 0;
  #changeDue = false;
  /** They left since changes were last told: how they left is still to be stored. */
  #departed: Member[] = [];
  #closed = false;
  #wasShort = false;
  #silentNotes = 0;

  constructor(
    { run, backend, bounds }: { readonly run: string; readonly backend: BackendName; readonly bounds: FleetBounds },
    dispatcher: Dispatcher,
    access: FindAccess,
    listener: FleetListener,
  ) {
    this.#run = run;
    this.#backend = backend;
    this.#bounds = bounds;
    this.#dispatcher = dispatcher;
    this.#access = access;
    this.#listener = listener;
    this.#timer = setInterval(() => {
      // One question at a time: a moment in which this process could not listen is one failure, not three.
      for (const member of this.#members.values()) if (!member.asked) void this.#describe(member);
    }, DESCRIBE_EVERY_MS);
  }

  listen(bus: Bus): void {
    this.#announcements = bus.subscribe(subjects.announcement("*"), evaluatorAnnouncement, (message) =>
      this.#heard(message),
    );
  }

  /** Adds the daemon at HOST:PORT and looks for it until it answers. */
  add(address: string): void {
    const member = this.#members.get(address);
    if (member === undefined) this.#welcome(address, true);
    // It announced itself before it was named.
    else member.named = true;
  }

  /** Adds one that was expected. */
  addExpected(address: string): void {
    this.#expected = Math.max(0, this.#expected - 1);
    this.add(address);
  }

  /** The daemon at this address has ended and will not come back (a local one that restarts on another port). */
  remove(address: string): void {
    const member = this.#members.get(address);
    if (member === undefined) return;
    this.#members.delete(address);
    this.#part(member, "disconnected");
    member.link.close();
  }

  /** True when some evaluator serves on some device, and as many serve as the run requires. */
  get serving(): boolean {
    if (this.shortfall !== null) return false;
    return [...this.#members.values()].some(({ state, slot }) => state === "serving" && (slot?.credits ?? 0) > 0);
  }

  /** Says that fewer serve than the run requires; null where enough do, and where none is required. */
  get shortfall(): string | null {
    return shortfallOf(this.#bounds, this.#serving);
  }

  get #serving(): number {
    return [...this.#members.values()].filter(({ state }) => state === "serving").length;
  }

  /** A message that says why no evaluator serves, or too few. */
  get trouble(): string {
    if (this.#serving > 0 && this.shortfall !== null) return this.shortfall;
    const reasons = [...this.#members.values()].map((m) => `${m.link.address}: ${m.why || m.state}`);
    if (reasons.length > 0) return reasons.join("; ");
    return this.#expected > 0 ? "the local evaluator is starting" : "no evaluator has announced itself";
  }

  /** So many evaluators are being started for this run, each of which is added when it listens. */
  expect(count: number): void {
    this.#expected += count;
  }

  /**
   * True when no known evaluator can run this kernel at all. Never while one of the run's evaluators has yet to appear,
   * and never for unnamed ones alone, which announce themselves where several runs share a NATS server.
   */
  get hopeless(): boolean {
    const members = [...this.#members.values()];
    const allUnusable = members.every((member) => member.state === "unusable");
    return this.#expected === 0 && members.some(({ named }) => named) && allUnusable;
  }

  /** Where it is hopeless: what the first evaluator said is wrong. */
  get firstFault(): { readonly fault: EvaluatorFault | null; readonly why: string } | null {
    const members = [...this.#members.values()];
    const first = members.find(({ named }) => named) ?? members[0];
    return first === undefined ? null : { fault: first.fault, why: first.why };
  }

  markUnusable(id: string, fault: EvaluatorFault | null, why: string): void {
    for (const member of this.#members.values()) {
      if (member.description?.id !== id) continue;
      member.fault = fault;
      member.why = why;
      this.#part(member, "unusable");
    }
  }

  /**
   * Gives an evaluator no more work, or work again. What it has is finished.
   * @param named its address or its id.
   * @throws UserError for an unknown one, and the last one that serves its devices.
   */
  drain(named: string, drained: boolean): void {
    const members = [...this.#members.values()];
    const member = members.find(({ link, description }) => named === link.address || named === description?.id);
    if (member === undefined) throw new UserError(`No evaluator ${named} works for this run.`, 2);
    const models = (of: Member) => of.description?.devices.map((device) => device.model) ?? [];
    const others = members.filter((one) => one !== member && one.state === "serving").flatMap(models);
    if (drained && member.state === "serving" && models(member).some((model) => !others.includes(model))) {
      throw new UserError(
        `No other evaluator serves the devices of ${member.link.address}, so the run could not continue without it. Pause the run instead.`,
        2,
      );
    }
    member.drained = drained;
    if (drained && member.state === "serving") this.#part(member, "draining");
    if (!drained) void this.#describe(member);
  }

  snapshots(): EvaluatorSnapshot[] {
    return [...this.#members.values()].map((member) => ({
      id: member.description?.id ?? "",
      address: member.link.address,
      state: member.state === "connecting" ? "lost" : member.state,
      credits: member.slot?.credits ?? 0,
      inFlight: member.slot?.inFlight ?? 0,
      devices: (member.description?.devices ?? []).map((device, index) => ({
        id: device.id,
        model: device.model,
        state: device.state,
        busyShare: member.busyShares[index] ?? null,
      })),
    }));
  }

  /** @param left evaluations of the budget that no candidate has taken yet; null without a budget. */
  figures(left: number | null, paused: boolean): FleetFigures {
    const { waiting, inFlight } = this.#dispatcher;
    return figuresOf(this.snapshots(), { waiting, inFlight, left, paused }, this.#bounds);
  }

  descriptions(): { id: string; address: string; description: Description; state: EvaluatorSnapshot["state"] }[] {
    return [...this.#departed, ...this.#members.values()].flatMap(({ description, link, state }) =>
      description === null || state === "connecting"
        ? []
        : [{ id: description.id, address: link.address, description, state }],
    );
  }

  close(): void {
    this.#closed = true;
    clearInterval(this.#timer);
    this.#announcements?.unsubscribe();
    for (const member of this.#members.values()) member.link.close();
  }

  #heard(message: EvaluatorAnnouncement): void {
    if (message.backend !== this.#backend) return;
    const member = this.#members.get(message.address);
    if (message.state === "serving") {
      if (member === undefined) this.#consider(message.address);
      else if (member.description !== null && member.description.id !== message.id) void this.#describe(member);
      return;
    }
    // An announcement of an earlier daemon at this address says nothing about the one there now.
    if (member === undefined || member.description?.id !== message.id) return;
    member.leaving = true;
    void this.#describe(member);
  }

  /** Somebody says that there is an evaluator. It is looked at where it could prove that, and not too many at once. */
  #consider(address: string): void {
    if (this.#access(address) === null) return;
    const members = [...this.#members.values()].map((m) => ({ named: m.named, proven: m.description !== null }));
    if (this.#policy.allows(address, members)) this.#welcome(address, false);
  }

  #welcome(address: string, named: boolean): void {
    const link = new EvaluatorLink(address, this.#access);
    const member = newMember(link, named);
    this.#members.set(address, member);
    // It gets nothing more before it has answered; its other attempts are lost in the same moment.
    link.onLost = () =>
      setImmediate(() => {
        if (!member.asked && this.#members.get(address) === member) void this.#describe(member);
      });
    void this.#describe(member);
  }

  async #describe(member: Member): Promise<void> {
    let description: Description;
    const askedAt = performance.now();
    member.asked = true;
    try {
      description = await member.link.describe(this.#run);
    } catch (error) {
      this.#failed(member, error);
      return;
    } finally {
      member.asked = false;
    }
    if (this.#members.get(member.link.address) !== member) return;
    const before = member.description;
    member.failures = 0;
    member.busyShares = description.devices.map((device, index) => {
      const old = before?.id === description.id ? before.devices[index] : undefined;
      const elapsed = device.upMs - (old?.upMs ?? 0);
      return elapsed > 0 ? Math.min(1, (device.busyMs - (old?.busyMs ?? 0)) / elapsed) : null;
    });
    member.description = description;
    member.leaving &&= description.draining;
    if (description.backend !== this.#backend) {
      member.fault = "wrong_backend";
      member.why = `it runs the backend ${description.backend}, but this run needs ${this.#backend}`;
      this.#part(member, "unusable");
      return;
    }
    if (before !== null && before.id !== description.id) this.#part(member, "lost");
    if (member.state === "unusable") return;
    if (description.draining && member.slot !== null) member.slot.leaving = true;
    if (description.draining || member.drained) this.#part(member, "draining");
    else this.#serve(member, description);
    if (member.slot !== null) this.#dispatcher.answered(member.slot, askedAt);
  }

  #serve(member: Member, description: Description): void {
    const models = [...new Set(description.devices.map((device) => device.model))];
    const { credits } = description;
    member.why = credits > 0 ? "" : "all its devices are quarantined";
    if (member.slot !== null && member.state === "serving") {
      if (member.slot.credits === credits) return;
      member.slot.credits = credits;
    } else {
      if (!hasRoom(this.#bounds, this.#serving)) {
        this.#reserve(member);
        return;
      }
      member.slot = this.#dispatcher.join(description.id, member.link, credits, models);
      member.state = "serving";
      this.#listener.onNote(
        `evaluator ${member.link.address} serves: ${models.join(", ")}, ${counted(credits, "credit")}`,
      );
      for (const { id, otherProcesses } of description.devices) {
        if (otherProcesses === 0) continue;
        const others = counted(otherProcesses, "other process", "other processes");
        this.#listener.onNote(
          `${others} also ${otherProcesses === 1 ? "uses" : "use"} ${id} on ${member.link.address}: expect noisy times`,
        );
      }
    }
    this.#changed();
    this.#dispatcher.wake();
  }

  /** As many serve as the run may have. It takes the place of the next one that leaves. */
  #reserve(member: Member): void {
    member.why = `it waits in reserve, because ${this.#bounds.ceiling} serve, as many as --max-evaluators allows`;
    if (member.state !== "reserve") this.#listener.onNote(`evaluator ${member.link.address}: ${member.why}`);
    this.#part(member, "reserve");
  }

  #callReserve(): void {
    for (const member of this.#members.values()) if (member.state === "reserve") void this.#describe(member);
  }

  #failed(member: Member, error: unknown): void {
    if (this.#members.get(member.link.address) !== member) return;
    member.failures++;
    member.why = whyNoAnswer(error as Error);
    // Said once: from then on it is tried in silence, and whether it serves is said when it does.
    if (member.failures === FAILURES_UNTIL_LOST && member.named && member.state === "connecting") {
      this.#listener.onNote(`evaluator ${member.link.address} does not answer (${member.why}); trying again`);
    }
    if (!member.leaving && member.failures < FAILURES_UNTIL_LOST) return;
    if (member.state === "serving") this.#left(member, member.leaving ? "disconnected" : "lost");
    else if (member.leaving || !member.named) {
      if (member.description === null && this.#policy.avoid(member.link.address)) this.#saySilent(member);
      this.#left(member, "disconnected");
    }
  }

  #saySilent({ link, why }: Member): void {
    if (this.#silentNotes++ >= SILENT_NOTES) return;
    this.#listener.onNote(`an evaluator announced ${link.address}, which does not answer (${why}); trying again later`);
  }

  #sayShortfall(): void {
    const { shortfall } = this;
    if ((shortfall !== null) === this.#wasShort) return;
    this.#wasShort = shortfall !== null;
    this.#listener.onNote(shortfall === null ? "enough evaluators serve" : `the run waits: ${shortfall}`);
  }

  /** Evaluators of a large cluster come by the hundred: the changes of one turn of the event loop are told together. */
  #changed(): void {
    if (this.#changeDue) return;
    this.#changeDue = true;
    setImmediate(() => {
      this.#changeDue = false;
      if (this.#closed) return;
      this.#sayShortfall();
      this.#listener.onChange();
      this.#departed = [];
    });
  }

  /** It no longer answers. */
  #left(member: Member, state: "disconnected" | "lost"): void {
    this.#part(member, state);
    member.link.cancelAll();
    if (member.named) return;
    this.#departed.push(member);
    this.#members.delete(member.link.address);
    member.link.close();
  }

  /** Gives it no more work. Its attempts in progress end by themselves, or the caller cancels them. */
  #part(member: Member, state: Exclude<Member["state"], "connecting" | "serving">): void {
    if (member.state === state) return;
    const served = member.state === "serving";
    member.state = state;
    if (member.slot !== null) {
      member.slot.serving = false;
      this.#dispatcher.leave(member.slot.id);
      member.slot = null;
    }
    if (served) this.#listener.onNote(`evaluator ${member.link.address} is ${state}`);
    this.#changed();
    if (served) this.#callReserve();
  }
}
