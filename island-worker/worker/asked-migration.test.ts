import type { Elite, ElitesMessage } from "@kevo/proto/messages/elites.ts";
import type { RunSpec } from "@kevo/proto/run.ts";
import { expect, test } from "vitest";
import { AskedMigration } from "./asked-migration.ts";
import { MigrantInbox, migrantsFor } from "./migrant-inbox.ts";

const NEVER = -1;
const control = (migrations: number, ...migration_tails: number[]) => ({ migrations, migration_tails });

test("an island offers its elites again and again, and takes in those of others until some have come", () => {
  let now = 0;
  const asked = new AskedMigration(0, () => now);
  asked.hear(control(0), NEVER);
  expect([asked.offers(), asked.isDue]).toEqual([false, false]);
  asked.hear(control(1, 7, 9), NEVER);
  expect([asked.offers(), asked.offers(), asked.isDue]).toEqual([true, false, false]);
  now += 1001;
  asked.hear(control(1, 7, 9), NEVER);
  expect([asked.offers(), asked.isDue]).toEqual([true, true]);
  asked.answered(false);
  expect(asked.isDue).toBe(true);
  asked.answered(true);
  now += 1001;
  expect([asked.offers(), asked.isDue]).toEqual([false, false]);
});

test("where nothing comes it ends by itself", () => {
  let now = 0;
  const asked = new AskedMigration(0, () => now);
  asked.hear(control(1, 7), NEVER);
  now += 30_001;
  asked.answered(false);
  expect(asked.isDue).toBe(false);
});

test("who takes over an island hears of a migration that it has not had, and of none that it has had", () => {
  let now = 0;
  const heard = (newestMigrant: number) => {
    const asked = new AskedMigration(1, () => now);
    asked.hear(control(3, 7, 9), newestMigrant);
    now += 1001;
    return asked.isDue;
  };
  expect([NEVER, 9, 10].map(heard)).toEqual([true, true, false]);
});

test("the count of a coordinator that has started anew begins again", () => {
  const asked = new AskedMigration(0);
  for (const count of [2, 0]) asked.hear(control(count, 7), 8);
  asked.hear(control(1, 9), 8);
  expect(asked.offers()).toBe(true);
});

test("islands that have found the same best exchange the next ones", () => {
  const niche = { workloads: null, device: null };
  const spec = {
    ...{ islands: [0, 1].map((index) => ({ index, niche })), topology: "ring", seed: 1 },
    ...{ migrate_every: 100, migrants: 2, sync: false },
  } as unknown as RunSpec;
  const elites = ["a", "b", "c", "d", "e"].map((genome) => ({ genome, source: null }) as Elite);
  const message = (count: number): ElitesMessage => ({
    v: 1,
    run: "r",
    island: 1,
    k: 5,
    elites: elites.slice(0, count),
  });
  const inbox = new MigrantInbox();
  // At the same batch its best were sent in any case, and repeated afterwards.
  for (const count of [2, 5, 2]) inbox.put(message(count));
  const isNew = ({ genome }: Elite) => !["a", "b", "d"].includes(genome);
  const taken = (asked: Parameters<typeof migrantsFor>[3], k: number) =>
    migrantsFor({ spec, migrantInbox: inbox }, 0, k, asked)?.map(({ genome }) => genome);
  expect(taken(isNew, 6)).toEqual(["c", "e"]);
  expect(taken(null, 6)).toEqual([]);
  expect(taken(null, 100)).toEqual(["a", "b"]);
});
