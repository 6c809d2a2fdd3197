/** Elites that other islands have sent, the newest message of each; and who takes in what. */
import type { Elite, ElitesMessage } from "@kevo/proto/messages/elites.ts";
import type { RunSpec } from "@kevo/proto/run.ts";
import { taken } from "../evolution/migration.ts";
import { neighboursOf } from "../evolution/topology.ts";

/** Messages of one island kept: a sender is never more than one migration ahead of a receiver in the same generation. */
const KEPT = 2;

export class MigrantInbox {
  readonly #messages = new Map<number, ElitesMessage[]>();

  /** A repeated or reordered message changes nothing. One that was asked for offers more. */
  put(message: ElitesMessage): void {
    const earlier = this.#messages.get(message.island) ?? [];
    const repeated = earlier.find(({ k }) => k === message.k);
    if (repeated !== undefined && repeated.elites.length >= message.elites.length) return;
    const kept = earlier.filter((one) => one !== repeated);
    const newest = [...kept, message].sort((a, b) => b.k - a.k).slice(0, KEPT);
    this.#messages.set(message.island, newest);
  }

  newest(island: number): ElitesMessage | null {
    return this.#messages.get(island)?.[0] ?? null;
  }

  /** The migrants that the island sent at its batch k. */
  at(island: number, k: number): ElitesMessage | null {
    return this.#messages.get(island)?.find((message) => message.k === k) ?? null;
  }
}

/**
 * The elites that the island takes in with batch k: none except at every `migrate_every`-th batch. With --sync
 * null, for "wait", until every neighbour's message of the same batch is there.
 *
 * @param asked a person wants a migration now, whatever the batch's number: the best that are new to the island. Null
 *   without that.
 */
export function migrantsFor(
  { spec, migrantInbox }: { spec: RunSpec; migrantInbox: MigrantInbox },
  island: number,
  k: number,
  asked: ((elite: Elite) => boolean) | null = null,
): Elite[] | null {
  const isDue = k !== 0 && k % spec.migrate_every === 0;
  if (!(isDue || asked !== null) || spec.migrants === 0) return [];
  const round = Math.floor(k / spec.migrate_every);
  const neighbours = neighboursOf(spec.topology, spec.islands.length, island, round, spec.seed);
  const migrants: Elite[] = [];
  for (const neighbour of neighbours) {
    const message = spec.sync ? migrantInbox.at(neighbour, k) : migrantInbox.newest(neighbour);
    if (message !== null) {
      const offered = asked === null ? message.elites : message.elites.filter(asked);
      migrants.push(...taken(spec, island, neighbour, offered));
    }
    if (message === null && spec.sync) return null;
  }
  return migrants;
}
