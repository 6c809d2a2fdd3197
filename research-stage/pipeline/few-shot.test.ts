import { type CallRecord, hashOf, type ModelRequest } from "@kevo/core/llm/call.ts";
import type { ModelClient } from "@kevo/core/llm/client.ts";
import { ModelError } from "@kevo/core/llm/errors.ts";
import { signature } from "@kevo/core/llm/signature.ts";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { type Example, fewShot } from "./few-shot.ts";

const double = signature({
  name: "double",
  instructions: "Double the number.",
  input: z.object({ number: z.int().describe("to be doubled"), note: z.string().nullable() }),
  output: z.object({ doubled: z.int() }),
});
type In = { number: number; note: string | null };
type Out = { doubled: number };

/** A model that answers by a function, and keeps what it was asked. */
function model(answer: (request: ModelRequest) => unknown): ModelClient & { readonly asked: ModelRequest[] } {
  const asked: ModelRequest[] = [];
  return {
    model: "m",
    provider: "local",
    asked,
    ask: async (request) => {
      asked.push(request);
      const value = answer(request);
      return { text: JSON.stringify(value), call: { hash: hashOf("m", request) } as CallRecord };
    },
  };
}

describe("fewShot", () => {
  const trainset: Example<In, Out>[] = Array.from({ length: 12 }, (_, number) => ({
    input: { number, note: null },
    output: number % 2 === 0 ? { doubled: 2 * number } : null,
  }));
  const options = {
    signature: double,
    labels: { proposer: "test", variant: null, island: null },
    trainset,
    metric: ({ input }: Example<In, Out>, { doubled }: Out) => (doubled === 2 * input.number ? 1 : 0),
    threshold: 1,
    seed: 7,
  };
  const numberIn = ({ messages }: ModelRequest) => Number(messages.at(-1)?.content.match(/\n\n(\d+)$/)?.[1]);
  /** Right for small numbers only. */
  const small = (request: ModelRequest) => ({ doubled: numberIn(request) < 6 ? 2 * numberIn(request) : -1 });

  it("keeps what the metric likes, fills up with labelled examples, and never shows an example its own answer", async () => {
    const client = model(small);
    const { demos, generated } = await fewShot({ ...options, client, maxGenerated: 3, maxLabeled: 5 });
    expect(generated).toBe(3);
    expect(demos).toHaveLength(5);
    expect(
      demos.slice(0, 3).every(({ input, output }) => input.number < 6 && output.doubled === 2 * input.number),
    ).toBe(true);
    expect(new Set(demos.map(({ input }) => input.number)).size).toBe(5);
    for (const { messages } of client.asked) {
      const [asked, ...shown] = messages.filter(({ role }) => role === "user").reverse();
      expect(shown.length).toBeGreaterThan(0);
      expect(shown.map(({ content }) => content)).not.toContain(asked?.content);
    }
  });

  it("repeats from its seed, and another seed takes another order", async () => {
    const orders = [];
    for (const seed of [7, 7, 8]) {
      const client = model(small);
      await fewShot({ ...options, client, seed });
      orders.push(client.asked.map(numberIn));
    }
    expect(orders[1]).toEqual(orders[0]);
    expect(orders[2]).not.toEqual(orders[0]);
  });

  it("asks again at temperature 1, under other seeds, where a round was not enough", async () => {
    const client = model(small);
    const { generated, tried } = await fewShot({ ...options, client, maxGenerated: 12, maxRounds: 2 });
    expect(generated).toBe(6);
    expect(tried).toBe(18);
    expect(client.asked.slice(0, 12).every(({ temperature }) => temperature === undefined)).toBe(true);
    expect(client.asked.slice(12).every(({ temperature }) => temperature === 1)).toBe(true);
    expect(new Set(client.asked.map(({ seed }) => seed)).size).toBe(18);
  });

  it("bears some failures, not many, and none that is final", async () => {
    const failing = (kind: "timeout" | "no_credits") =>
      model(() => {
        throw new ModelError(kind, "no");
      });
    const tolerant = await fewShot({ ...options, client: failing("timeout"), maxErrors: 12 });
    expect(tolerant).toMatchObject({ generated: 0, errors: 12 });
    await expect(fewShot({ ...options, client: failing("timeout"), maxErrors: 3 })).rejects.toThrow("no");
    const broke = failing("no_credits");
    await expect(fewShot({ ...options, client: broke, maxErrors: 99 })).rejects.toThrow("no");
    expect(broke.asked).toHaveLength(1);
  });
});
