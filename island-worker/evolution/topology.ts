/** Whose elites an island takes in. */
import { islandRandom } from "@kevo/core/random/random.ts";
import type { Topology } from "@kevo/proto/run.ts";

/**
 * Islands that send to `island` in migration round `round`, ascending, never itself. Under `random` one other
 * island, drawn again each round from the seed; every holder of the run's specification knows which.
 */
export function neighboursOf(
  topology: Topology,
  islands: number,
  island: number,
  round: number,
  seed: number,
): number[] {
  if (islands < 2) return [];
  const others = Array.from({ length: islands }, (_, other) => other).filter((other) => other !== island);
  const before = (island + islands - 1) % islands;
  const after = (island + 1) % islands;
  switch (topology) {
    case "none":
      return [];
    case "full":
      return others;
    case "ring":
      return [before];
    case "bidirectional":
      return [...new Set([before, after])].toSorted((a, b) => a - b);
    case "random":
      return [islandRandom(seed, island, round, "topology").choice(others)];
  }
}
