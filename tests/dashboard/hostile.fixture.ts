/** A database in which everything that others may write tries to become more than text, beside a run that is plain. */
import { buildLineage } from "../../coordinator/lineage/lineage-builder.fixture.ts";

/** What would run, load or reorder where a page took it for more than text. */
export const HOSTILE =
  '<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>\u202eevil\u2066\u001b[31m';
const MEGABYTE = "<b>x</b>".repeat(131_072);

export interface HostileDatabase {
  readonly path: string;
  readonly run: string;
  /** Candidates by what is hostile in them. */
  readonly candidates: { readonly failed: string; readonly reasoned: string; readonly long: string };
  remove(): void;
}

export function hostileDatabase(): HostileDatabase {
  const lineage = buildLineage();
  const plain = lineage.run({ id: "plain" });
  lineage.ok(lineage.candidate(plain), { speedups: { small: 1.2 } });
  lineage.ok(lineage.candidate(plain, { config: { tile: 16 } }), { speedups: { small: 1.3 } });
  const run = lineage.run({ id: "hostile", workloads: [HOSTILE] });
  const seed = lineage.candidate(run, { config: { tile: 8, flag: HOSTILE } });
  lineage.ok(seed, { speedups: { [HOSTILE]: 1.1 } });
  const reasoned = lineage.candidate(run, {
    ...{ config: { tile: 16, flag: HOSTILE }, proposer: "llm", reason: HOSTILE, parents: [seed] },
  });
  lineage.ok(reasoned, { speedups: { [HOSTILE]: 1.4 }, others: { [HOSTILE]: 3 } });
  const failed = lineage.candidate(run, { config: { tile: 32, flag: "plain" }, parents: [seed] });
  lineage.failed(failed, "compile_error", HOSTILE);
  const long = lineage.candidate(run, {
    ...{ config: { tile: 64, flag: "plain" }, reason: MEGABYTE, parents: [reasoned], island: 1 },
  });
  lineage.failed(long, "crashed", MEGABYTE);
  lineage.event(run, "started", HOSTILE);
  lineage.set(run, { message: HOSTILE, kernel: HOSTILE });
  return { path: lineage.path, run, candidates: { failed, reasoned, long }, remove: () => lineage.remove() };
}
