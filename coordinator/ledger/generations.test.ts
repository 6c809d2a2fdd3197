import type { BatchRequest } from "@kevo/proto/messages/batch.ts";
import { WIRE_VERSION } from "@kevo/proto/version.ts";
import { expect, it } from "vitest";
import { Generations } from "./generations.ts";
import type { Answer } from "./verdict.ts";

const batch = (island: number, k: number): BatchRequest => ({
  v: WIRE_VERSION,
  worker: "w",
  island,
  epoch: 1,
  k,
  proposals: [],
  diversity: null,
});
const answer = { outcome: "ok", cached: false } as Answer;

it("takes a generation once every island has sent its batch, in island order", () => {
  const generations = new Generations();
  generations.hold(batch(2, 0));
  generations.hold(batch(0, 0));
  expect(generations.take(0, 3)).toBeNull();
  generations.hold(batch(1, 1));
  expect(generations.take(0, 3)).toBeNull();
  generations.hold(batch(1, 0));
  expect(generations.take(0, 3)?.map(({ island }) => island)).toEqual([0, 1, 2]);
  expect(generations.take(0, 3)).toBeNull();
});

it("closes with the results by island, batch and place as numbers, in any order of arrival", () => {
  const generations = new Generations();
  for (const id of ["r/1/0/0", "r/0/10/0", "r/0/2/10", "r/0/2/9"]) generations.keep(id, answer);
  expect(generations.isLogged).toBe(false);
  expect(generations.close().map(([id]) => id)).toEqual(["r/0/2/9", "r/0/2/10", "r/0/10/0", "r/1/0/0"]);
  expect(generations.isLogged).toBe(true);
});
