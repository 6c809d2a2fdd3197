/** Elites that other islands have sent, the newest message of each; and who takes in what. */
import type { Elite, ElitesMessage } from "@kevo/proto/messages/elites.ts";
import type { RunSpec } from "@kevo/proto/run.ts";
import { taken } from "../evolution/migration.ts";
import { neighboursOf } from "../evolution/topology.ts";

/** Messages of one island kept: a sender is never more than one migration ahead of a receiver in the same generation. */
const KEPT = 2;

export class MigrantInbox {
  readonly #messages = new Map<number, ElitesMessage[]>();

  /** A repeated or reordered message changes nothing. */
  put(message: ElitesMessage): void {
    const kept = this.#messages.get(message.island) ?? [];
    if (kept.some(({ k }) => k === message.k)) return;
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
 * @param asked a person wants a migration now, whatever the batch's number.
 */
export function migrantsFor(
  { spec, migrantInbox }: { spec: RunSpec; migrantInbox: MigrantInbox },
  island: number,
  k: number,
  asked = false,
): Elite[] | null {
  const isDue = k !== 0 && k % spec.migrate_every === 0;
  if (!(isDue || asked) || spec.migrants === 0) return [];
  const round = Math.floor(k / spec.migrate_every);
  const neighbours = neighboursOf(spec.topology, spec.islands.length, island, round, spec.seed);
  const migrants: Elite[] = [];
  for (const neighbour of neighbours) {
    const message = spec.sync ? migrantInbox.at(neighbour, k) : migrantInbox.newest(neighbour);
    if (message !== null) migrants.push(...taken(spec, island, neighbour, message.elites));
    else if (spec.sync) return null;
  }
  return migrants;
}
