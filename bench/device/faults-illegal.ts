/** A row of candidates that access memory that is not theirs, between ones that do what they should. */
import { fileURLToPath } from "node:url";
import { Workplace } from "../../tests/support/programs.ts";
import type { Checks } from "./checks.ts";
import { checkLedger, describeLedger } from "./ledger-check.ts";

const KERNEL = fileURLToPath(new URL("./illegal", import.meta.url));

/** Every configuration of the kernel once, in the order of a seed in which many illegal ones follow each other. */
export async function illegalAccesses(checks: Checks, keep: (database: string) => void): Promise<void> {
  await using place = new Workplace();
  const options = ["--kernel", KERNEL, "--backend", "triton", "--out", "illegal.json", "--json"];
  const startedAt = Date.now();
  const ended = await place.run("coordinator", ["record", ...options]);
  const seconds = ((Date.now() - startedAt) / 1000).toFixed(0);
  if (ended.code !== 0) throw new Error(`the run ended with ${ended.code}: ${ended.stderr.slice(-1500)}`);
  const ledger = place.ledger();
  const rows = ledger.query<{ config: string; outcome: string; message: string | null }>(
    "select config, outcome, message from evaluations e join candidates c on c.id = e.candidate order by c.batch, c.position",
  );
  const isIllegal = (config: string) => config.includes("illegal");
  const wanted = rows.every(({ config, outcome }) => outcome === (isIllegal(config) ? "crashed" : "ok"));
  const order = rows.map(({ config }) => (isIllegal(config) ? "x" : "o")).join("");
  const odd = rows.filter(({ config, outcome }) => outcome !== (isIllegal(config) ? "crashed" : "ok"));
  checks.add(
    "illegal memory accesses one after the other",
    wanted && rows.length === 12,
    `asked for in the order ${order} (x illegal, o genuine): ${odd.length === 0 ? "every x crashed, every o ok" : JSON.stringify(odd.slice(0, 3))}, ${seconds} s with start and finalists`,
  );
  const found = checkLedger(ledger);
  checks.add("its ledger", found.wrong.length === 0 && found.open === 0, describeLedger(found));
  const [run] = ledger.query<{ status: string }>("select status from runs");
  checks.add("it completes", run?.status === "completed", `status ${run?.status}, exit code ${ended.code}`);
  keep(place.file(".kevo/lineage.db"));
}
