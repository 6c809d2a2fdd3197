/** Decides which elites of another island an island adopts. */
import type { Elite } from "@kevo/proto/messages/elites.ts";
import type { RunSpec } from "@kevo/proto/run.ts";

/**
 * All of them on the same device. From another only what has an evolved source: of a configuration that is among the
 * best there, what the results here say decides (`transfer-across-devices.ts`); to measure it in any case cost more than it brought.
 */
export function taken(spec: RunSpec, island: number, sender: number, elites: readonly Elite[]): Elite[] {
  const deviceOf = (index: number) => spec.islands[index]?.niche.device ?? null;
  const sent = elites.slice(0, spec.migrants);
  return deviceOf(island) === deviceOf(sender) ? sent : sent.filter(({ source }) => source !== null);
}
