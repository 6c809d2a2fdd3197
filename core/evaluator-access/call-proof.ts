/**
 * A caller and an evaluator that share a secret prove that to each other without sending it. The caller signs its
 * request, the address, the time and a counter, so that a call cannot be changed, sent to another address or repeated.
 * The evaluator signs the caller's proof, so that no other program can answer in its place.
 */
import { createHash, createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import type { EvaluateRequest } from "@kevo/proto/evaluator-service.ts";
import { z } from "zod";

export const PROOF_KEY = "kevo-proof";
export const ANSWER_KEY = "kevo-answer";

/** How far the clocks of two hosts may differ. */
const MAX_SKEW_MS = 5 * 60_000;
/** Calls of one session may overtake each other by this much. */
const WINDOW = 4096;

export interface Call {
  /** Such as `/kevo.v1.Evaluator/Describe`. */
  readonly path: string;
  /** HOST:PORT as the caller dialled it. */
  readonly authority: string;
}

/** The whole request, in a form that both sides compute alike. */
export function digestOf(request: EvaluateRequest & { readonly run?: string }): string {
  const fields = [
    request.candidate ?? "",
    request.attempt ?? 0,
    request.kernel ?? "",
    request.configJson ?? "",
    request.source ?? "",
    request.workloads ?? [],
    request.effort ?? "",
    request.purpose ?? "SEARCH",
    request.inputSeed ?? 0,
    request.deviceModel ?? "",
    request.bestSpeedup ?? null,
    request.neverStopEarly ?? false,
    request.run ?? "",
  ];
  return createHash("sha256").update(JSON.stringify(fields)).digest("hex");
}

const mac = (secret: string, parts: readonly (string | number)[]) =>
  createHmac("sha256", secret).update(parts.join("\n")).digest("hex");

/** The evaluator's answer to a proof. */
const answerTo = (secret: string, proof: string) => mac(secret, ["answer", proof]);

export class CallSigner {
  readonly #secret: string;
  readonly #session = randomBytes(12).toString("hex");
  #counter = 0;

  constructor(secret: string) {
    this.#secret = secret;
  }

  prove({ path, authority }: Call, digest: string): string {
    const signed = [this.#session, Date.now(), this.#counter++, digest];
    return ["1", ...signed, mac(this.#secret, ["call", path, authority, ...signed])].join(" ");
  }

  isAnswer(proof: string, answer: unknown): boolean {
    return typeof answer === "string" && equal(answer, answerTo(this.#secret, proof));
  }
}

const shape = z.tuple([
  z.literal("1"),
  z.string().regex(/^[0-9a-f]{24}$/),
  z.coerce.number().int().nonnegative(),
  z.coerce.number().int().nonnegative(),
  z.string().regex(/^[0-9a-f]{64}$/),
  z.string().regex(/^[0-9a-f]{64}$/),
]);

interface Session {
  heardAt: number;
  highest: number;
  readonly seen: Set<number>;
}

export type Verdict =
  | { readonly ok: true; readonly digest: string; readonly answer: string }
  /** `wrong`: another secret, or none. `clock`: the right one, at another time. `repeated`: it was here before. */
  | { readonly ok: false; readonly why: "wrong" | "clock" | "repeated" };

/** Remembers which calls it has seen; only callers with a right secret take memory. */
export class CallVerifier {
  readonly #secrets: readonly string[];
  readonly #now: () => number;
  readonly #sessions = new Map<string, Session>();

  constructor(secrets: readonly string[], now: () => number = Date.now) {
    this.#secrets = secrets;
    this.#now = now;
  }

  verify({ path, authority }: Call, proof: unknown): Verdict {
    const parsed = typeof proof === "string" && proof.length < 400 ? shape.safeParse(proof.split(" ")) : null;
    if (parsed?.success !== true) return { ok: false, why: "wrong" };
    const [, session, at, counter, digest, signature] = parsed.data;
    const parts = ["call", path, authority, session, at, counter, digest];
    const secret = this.#secrets.find((known) => equal(signature, mac(known, parts)));
    if (secret === undefined) return { ok: false, why: "wrong" };
    if (Math.abs(this.#now() - at) > MAX_SKEW_MS) return { ok: false, why: "clock" };
    if (!this.#isNew(session, counter)) return { ok: false, why: "repeated" };
    return { ok: true, digest, answer: answerTo(secret, proof as string) };
  }

  #isNew(name: string, counter: number): boolean {
    const now = this.#now();
    let session = this.#sessions.get(name);
    if (session === undefined) {
      // A proof older than the clocks may differ is refused by its time.
      for (const [old, { heardAt }] of this.#sessions) if (now - heardAt > 2 * MAX_SKEW_MS) this.#sessions.delete(old);
      session = { heardAt: now, highest: -1, seen: new Set() };
      this.#sessions.set(name, session);
    }
    const { seen } = session;
    if (counter <= session.highest - WINDOW || seen.has(counter)) return false;
    session.heardAt = now;
    session.highest = Math.max(session.highest, counter);
    seen.add(counter);
    // In the order in which they came, so that the oldest go.
    if (seen.size > 2 * WINDOW) for (const old of seen) if (old <= session.highest - WINDOW) seen.delete(old);
    return true;
  }
}

function equal(a: string, b: string): boolean {
  return a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));
}
