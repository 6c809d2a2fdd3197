import type { Elite } from "@kevo/proto/messages/elites.ts";
import { expect, it } from "vitest";
import { taken } from "./migration.ts";
import { ridge, specOf } from "./ridge.fixture.ts";

const start = ridge.decode([0, 0, 0, 0, 0, 0]);
const elite = (candidate: string, source: string | null): Elite =>
  ({ candidate, config: start, source, genome: candidate, fitness: 1 }) as Elite;
const elites = [elite("plain", null), elite("evolved", "a source"), elite("more", null)];

it("takes in what the same device offers, and from another device evolved sources only", () => {
  const on = (...devices: (string | null)[]) =>
    specOf({ islands: devices.map((device, index) => ({ index, niche: { workloads: null, device } })), migrants: 2 });
  const names = (found: readonly Elite[]) => found.map(({ candidate }) => candidate);
  expect(names(taken(on("A", "A"), 0, 1, elites))).toEqual(["plain", "evolved"]);
  expect(names(taken(on(null, null), 0, 1, elites))).toEqual(["plain", "evolved"]);
  expect(names(taken(on("A", "B"), 0, 1, elites))).toEqual(["evolved"]);
});
