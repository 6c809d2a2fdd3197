/** The worked example of docs/sources.md: it is the file that it says, and it works. */
import { join } from "node:path";
import { expect, test } from "vitest";
import { openHarness } from "../fakes/source-harness.ts";
import { createDiscordSource } from "../fixtures/discord-source/discord-source.ts";
import { ROOT, read } from "./files.ts";

const FOLDER = "tests/fixtures/discord-source";

test("the page shows the file", () => {
  const [, shown] = /```ts\n([\s\S]*?)```/.exec(read("docs/sources.md")) ?? [];
  expect(shown).toBe(read(`${FOLDER}/discord-source.ts`));
});

test("the source finds, and lists what reads like an attack", async () => {
  await using harness = await openHarness();
  const result = await harness.ask(createDiscordSource(join(ROOT, FOLDER, "channel.json")), {
    text: "kernels on CPUs, a kernel",
  });
  expect(result).toMatchObject({ status: "ok", reason: null, cost_usd: 0 });
  expect(result.items.map(({ id, kind }) => `${kind} ${id.split("/").at(-1)}`)).toEqual([
    "page 990000000000000003",
    "page 990000000000000005",
  ]);
  expect(result.items.map(({ suspicions }) => suspicions.length > 0)).toEqual([false, true]);
});

test("a file that is no export: failed, not empty", async () => {
  await using harness = await openHarness();
  const result = await harness.ask(createDiscordSource(join(ROOT, FOLDER, "discord-source.ts")));
  expect(result.status).toBe("failed");
});
