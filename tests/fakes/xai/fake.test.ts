/** Whether the fake is as strict as the real service, and runs as a process. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type FakeXai, startFakeXai } from "./server.ts";

const schema = {
  type: "object",
  properties: { tiles: { type: "array", items: { type: "integer" } } },
  required: ["tiles"],
  additionalProperties: false,
};

function question(change: object = {}, ofSchema: object = {}) {
  return {
    model: "grok-4.3",
    messages: [{ role: "user", content: "tiles, please" }],
    response_format: {
      type: "json_schema",
      json_schema: { name: "propose", strict: true, schema: { ...schema, ...ofSchema } },
    },
    ...change,
  };
}

async function post(url: string, body: unknown, key = "xai-test") {
  const response = await fetch(`${url}/chat/completions`, {
    method: "POST",
    headers: { "Content-Type": "application/json", Authorization: `Bearer ${key}` },
    body: JSON.stringify(body),
  });
  return { status: response.status, body: (await response.json()) as Record<string, never> };
}

describe("the fake", () => {
  let fake: FakeXai;
  beforeEach(async () => {
    fake = await startFakeXai({ key: "xai-test", maxPrompt: 1000 });
  });
  afterEach(() => fake.close());

  it("answers as xAI does, the same to the same question, and charges what it says", async () => {
    const { status, body } = await post(fake.url, question({ model: "grok-4-1-fast" }));
    expect(status).toBe(200);
    expect(body).toMatchObject({
      object: "chat.completion",
      model: "grok-4.3",
      choices: [{ finish_reason: "stop", message: { role: "assistant", refusal: null } }],
    });
    const { usage, choices } = body as unknown as {
      usage: { [name: string]: number } & { completion_tokens_details: { reasoning_tokens: number } };
      choices: { message: { content: string } }[];
    };
    const { reasoning_tokens } = usage.completion_tokens_details;
    const parts = (usage.prompt_tokens ?? 0) + (usage.completion_tokens ?? 0) + reasoning_tokens;
    expect(usage.total_tokens).toBe(parts);
    expect(fake.chargedUsd).toBeCloseTo((usage.cost_in_usd_ticks ?? 0) / 1e10, 15);
    const again = await post(fake.url, question());
    expect((again.body as unknown as typeof body & { choices: unknown }).choices).toEqual(choices);
  });

  it.each([
    ["a wrong key", question(), "xai-wrong", 400, /Incorrect API key provided: xa\*\*\*ng/],
    ["an unknown model", question({ model: "grok-9" }), "xai-test", 404, /does not exist/],
    ["an option of models that do not reason", question({ stop: ["\n"] }), "xai-test", 400, /not supported.*stop/],
    ["an open schema", question({}, { additionalProperties: true }), "xai-test", 400, /additionalProperties/],
    ["an optional field", question({}, { required: [] }), "xai-test", 400, /tiles must be required/],
    ["a limit in a schema", question({}, { minItems: 1 }), "xai-test", 400, /minItems is not supported/],
    [
      "a prompt that is too long",
      question({ messages: [{ role: "user", content: "x".repeat(5000) }] }),
      "xai-test",
      400,
      /maximum prompt length is 1000 but the request contains \d+ tokens/,
    ],
    ["something else", { nothing: 1 }, "xai-test", 400, /deserialize/],
  ])("refuses %s", async (_, body, key, status, message) => {
    const answer = await post(fake.url, body, key);
    expect(answer.status).toBe(status);
    expect(String(answer.body.error)).toMatch(message);
    expect(fake.chargedUsd).toBe(0);
  });
});

it("runs as a process with a scenario, and ends on a signal", async () => {
  const main = fileURLToPath(new URL("./main.ts", import.meta.url));
  const child = spawn(process.execPath, [main, "--port", "0", "--scenario", "server-error,ok"]);
  try {
    const [url] = (await once(createInterface(child.stdout), "line")) as [string];
    const { response_format: _, ...plain } = question();
    expect((await post(url, plain)).status).toBe(500);
    expect((await post(url, question())).status).toBe(200);
    child.kill("SIGTERM");
    expect(await once(child, "close")).toEqual([0, null]);
  } finally {
    child.kill("SIGKILL");
  }
});

it("refuses a scenario that it does not know", async () => {
  await expect(startFakeXai({ scenario: "ok,explode" })).rejects.toThrow(/"explode" is not a step.*server-error/);
});
