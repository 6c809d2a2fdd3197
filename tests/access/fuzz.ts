/** Messages and requests of all kinds of wrongness, from a seed, against a run's coordinator and its evaluator. */
import { randomBytes } from "node:crypto";
import { connect as dial } from "node:net";
import { type EvaluatorAccess, openEvaluatorClient } from "@kevo/core/evaluator-access/client.ts";
import { natsIdentity } from "@kevo/core/identity/nats-identity.ts";
import { inboxPrefix } from "@kevo/core/identity/nats-permissions.ts";
import { connectEvaluator } from "@kevo/proto/evaluator-service.ts";
import { subjects } from "@kevo/proto/subjects.ts";
import fc from "fast-check";
import { connect, nkeyAuthenticator } from "nats";

export interface Target {
  readonly nats: string;
  readonly run: string;
  readonly evaluator: string;
  readonly access: EvaluatorAccess;
}

/** Most messages in flight. */
const ABREAST = 64;

const anything = fc.oneof(
  fc.jsonValue({ maxDepth: 4 }),
  fc.record({
    v: fc.constantFrom(1, 2, "1", null),
    type: fc.constantFrom("acquire", "renew", "release", "reserve", "record"),
  }),
  fc.record({
    v: fc.constant(1),
    worker: fc.string({ maxLength: 300 }),
    island: fc.oneof(fc.integer(), fc.double()),
    epoch: fc.oneof(fc.integer(), fc.string()),
    k: fc.integer(),
    proposals: fc.array(fc.jsonValue({ maxDepth: 3 }), { maxLength: 5 }),
    sources: fc.dictionary(fc.string(), fc.string(), { maxKeys: 3 }),
    diversity: fc.oneof(fc.double(), fc.constant(null)),
  }),
);
const request = fc.record({
  candidate: fc.oneof(fc.string(), fc.constant("r/0/0/0")),
  attempt: fc.nat(),
  kernel: fc.oneof(fc.string(), fc.constant("0".repeat(64))),
  configJson: fc.oneof(fc.json(), fc.string()),
  source: fc.string(),
  workloads: fc.array(fc.string(), { maxLength: 4 }),
  effort: fc.constantFrom("quick", "full", "", "x"),
  deviceModel: fc.string({ maxLength: 400 }),
});

/**
 * @returns how many were sent. Half of them go to the bus, most of the rest to the evaluator, of which some by a stranger;
 * some are no protocol at all.
 */
export async function fuzz(target: Target, count: number, seed: number): Promise<number> {
  const { key } = natsIdentity(target.nats, "worker", {});
  if (key === null) throw new Error("no identity for the fuzz");
  const raw = await connect({
    servers: target.nats,
    authenticator: nkeyAuthenticator(Buffer.from(key.seed)),
    inboxPrefix: inboxPrefix(key.publicKey),
  });
  const client = openEvaluatorClient(target.evaluator, target.access);
  const stranger = connectEvaluator(target.evaluator);
  const { run } = target;
  const to = [
    subjects.runs,
    subjects.objects,
    ...[subjects.lease, subjects.batch, subjects.gap, subjects.model, subjects.spec].map((of) => of(run)),
  ];
  const messages = fc.sample(anything, { numRuns: 500, seed });
  const requests = fc.sample(request, { numRuns: 500, seed });
  const pick = <T>(list: readonly T[], n: number) => list[n % list.length] as T;

  const one = async (n: number): Promise<void> => {
    if (n % 2 === 0) {
      const subject = pick(to, n / 2);
      const payload = n % 14 === 0 ? randomBytes(n % 4096) : JSON.stringify(pick(messages, n));
      if (n % 10 === 0) await raw.request(subject, payload, { timeout: 20_000 }).catch(() => {});
      else raw.publish(subject, payload);
    } else if (n % 101 === 0) await noise(target.evaluator, n);
    else if (n % 103 === 0) await noise(target.nats.replace("nats://", ""), n);
    else {
      await new Promise<void>((resolve) => {
        const isStranger = n % 11 === 0;
        const asked = isStranger
          ? { ...pick(requests, n), source: "x".repeat((n * 997) % 2_000_000) }
          : pick(requests, n);
        const call = (isStranger ? stranger : client).evaluate(asked, { deadline: Date.now() + 20_000 });
        call.on("data", () => {});
        call.on("error", () => resolve());
        call.on("end", () => resolve());
      });
    }
  };
  for (let start = 0; start < count; start += ABREAST) {
    await Promise.all(Array.from({ length: Math.min(ABREAST, count - start) }, (_, i) => one(start + i)));
  }
  await raw.flush();
  await raw.close();
  client.close();
  stranger.close();
  return count;
}

function noise(address: string, n: number): Promise<void> {
  const [host, port] = address.split(":");
  return new Promise((resolve) => {
    const socket = dial({ host: host as string, port: Number(port) });
    socket.on("error", () => {}).on("close", () => resolve());
    socket.resume().end(randomBytes(1 + (n % 2000)));
    setTimeout(() => socket.destroy(), 200).unref();
  });
}
