/**
 * What `coordinator resume` does with a stored run before anything can be dispatched: reads its state back.
 *
 *     node bench/lineage/take-up.ts DB
 *
 * Prints seconds, and the peak of its memory in MB, as JSON.
 */
import { openSpace } from "@kevo/core/search-space/search-space.ts";
import { runSpec } from "@kevo/proto/run.ts";
import { Ledger } from "../../coordinator/ledger/ledger.ts";
import { LedgerState } from "../../coordinator/ledger/ledger-state.ts";
import { storedVerdicts } from "../../coordinator/ledger/read-stored.ts";
import { openLineage } from "../../coordinator/lineage/database.ts";
import { runs } from "../../coordinator/lineage/schema.ts";

const lineage = openLineage(process.argv[2] as string);
const stored = lineage.db.select({ spec: runs.spec }).from(runs).get();
const spec = runSpec.parse(JSON.parse(stored?.spec ?? "{}"));
// Nothing is proposed: any space will do.
const space = openSpace({ parameters: [{ name: "A", type: "integer", min: 0, max: 1, step: 1 }], constraints: [] });
const state = new LedgerState(spec, space, undefined, storedVerdicts(lineage.db, spec));
const ledger = new Ledger(lineage, state, { onEntries: () => {}, onReady: () => {} }, (error) => {
  throw error;
});
const started = performance.now();
await ledger.restore();
const seconds = (performance.now() - started) / 1000;
ledger.close();
lineage.close();
console.log(JSON.stringify({ seconds, peak_mb: process.resourceUsage().maxRSS / 1024 }));
