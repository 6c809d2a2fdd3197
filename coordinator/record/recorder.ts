/**
 * Proposes a recording's configurations, one after the other, as the only holder of the run's only island. It keeps
 * nothing: the number in the ledger determines the next one, so an interrupted recording continues there.
 */
import type { Config } from "@kevo/proto/search-space.ts";
import { WIRE_VERSION } from "@kevo/proto/version.ts";
import type { Ledger } from "../ledger/ledger.ts";
import { LEASE_MS, type Leases } from "../run/leases.ts";

const HOLDER = "recorder";
/** As many as a batch's message may hold. */
const MAX_PROPOSALS = 256;

export class Recorder {
  readonly #ledger: Ledger;
  readonly #leases: Leases;
  readonly #configurations: readonly Config[];
  readonly #window: () => number;
  readonly #onFailed: (error: unknown) => void;
  #renewing: NodeJS.Timeout | null = null;
  #epoch = 0;
  #offering = false;
  #closed = false;

  /** @param window how many configurations may be in flight. */
  constructor(
    ledger: Ledger,
    leases: Leases,
    configurations: readonly Config[],
    window: () => number,
    onFailed: (error: unknown) => void,
  ) {
    this.#ledger = ledger;
    this.#leases = leases;
    this.#configurations = configurations;
    this.#window = window;
    this.#onFailed = onFailed;
  }

  /** Takes the island, before a worker can. */
  async begin(): Promise<void> {
    // Another recorder of this run has ended: its coordinator held the database.
    this.#leases.forget(HOLDER);
    const lease = await this.#leases.answer({ v: WIRE_VERSION, type: "acquire", worker: HOLDER });
    if (lease.status !== "granted") throw new Error("another worker holds the recording's island");
    const { island, epoch, secret } = lease;
    this.#epoch = epoch;
    this.#renewing = setInterval(() => {
      void this.#leases.answer({ v: WIRE_VERSION, type: "renew", worker: HOLDER, island, epoch, secret });
    }, LEASE_MS / 5);
  }

  /** Proposes more if the window has room. */
  wake(): void {
    if (this.#offering || this.#closed || this.#epoch === 0) return;
    this.#offering = true;
    this.#offer()
      .catch(this.#onFailed)
      .finally(() => {
        this.#offering = false;
      });
  }

  close(): void {
    this.#closed = true;
    if (this.#renewing !== null) clearInterval(this.#renewing);
  }

  async #offer(): Promise<void> {
    const { state } = this.#ledger;
    const [island] = state.islands;
    if (island === undefined) throw new Error("the recording has no island");
    while (!this.#closed) {
      const window = this.#window();
      const room = Math.min(window - island.outstanding.size, state.remaining, MAX_PROPOSALS);
      if (room <= 0) return;
      const proposals = this.#configurations
        .slice(state.accepted, state.accepted + room)
        .map((config) => ({ config, source: null, proposer: "exhaustive", parents: [], reason: null }));
      const batch = { v: WIRE_VERSION, worker: HOLDER, island: 0, epoch: this.#epoch, k: island.nextBatch } as const;
      const { status, refusal } = await this.#ledger.offer({ ...batch, proposals, diversity: null }, window);
      if (status !== "accepted") throw new Error(`a recording's batch was ${status}: ${refusal?.reason}`);
    }
  }
}
