/** The cluster's measurements are stored by their request, so that a resume or a replay does not measure again. */

import { insertRun } from "@kevo/coordinator/lineage/copy-run.ts";
import { openLineage } from "@kevo/coordinator/lineage/database.ts";
import { UserError } from "@kevo/core/errors/user-error.ts";
import { z } from "zod";
import { check } from "../findings/findings.ts";
import type { ResearchDatabase } from "../store/database.ts";
import { measurementOf, putMeasurement } from "../store/store.ts";
import { type Cluster, KernelFault, type Search, type Searched, searched } from "./cluster.ts";
import { hashOf } from "./steps.ts";

export function rememberingCluster(db: ResearchDatabase, run: string, cluster: Cluster): Cluster {
  return {
    evolve: async (folder, search, say) => {
      const hash = hashOf(search);
      const known = measurementOf(db, run, hash);
      if (known !== null) return recalled(known);
      try {
        const found = await cluster.evolve(folder, search, say);
        putMeasurement(db, run, hash, JSON.stringify(found));
        return found;
      } catch (error) {
        if (error instanceof KernelFault) putMeasurement(db, run, hash, JSON.stringify({ fault: error.message }));
        throw error;
      }
    },
    checkModule: async (folder, definition, kernel) => {
      const hash = hashOf({ module: kernel });
      const known = measurementOf(db, run, hash);
      if (known !== null) return check.parse(JSON.parse(known));
      const found = await cluster.checkModule(folder, definition, kernel);
      putMeasurement(db, run, hash, JSON.stringify(found));
      return found;
    },
  };
}

/**
 * Answers from a recording alone, and puts the recorded run into the lineage, so that everything that reads it works.
 * @throws UserError for what was not recorded.
 */
export function replayCluster(lineage: string, recorded: ReadonlyMap<string, string>): Cluster {
  const textOf = (asked: object, kernel: string) => {
    const text = recorded.get(hashOf(asked));
    if (text !== undefined) return text;
    throw new UserError(
      `The recording has no measurement of the kernel ${kernel.slice(0, 12)}. Either another version made it, or the ` +
        "answers in it were changed. Record it again.",
    );
  };
  return {
    checkModule: async (_folder, _definition, kernel) => check.parse(JSON.parse(textOf({ module: kernel }, kernel))),
    evolve: async (folder: string, search: Search) => {
      const found = recalled(textOf(search, search.kernel));
      const open = openLineage(lineage);
      try {
        insertRun(open.sqlite, found.rows, folder);
      } finally {
        open.close();
      }
      return found;
    },
  };
}

/** @throws KernelFault where that is what was found. */
function recalled(text: string): Searched {
  const value: unknown = JSON.parse(text);
  const fault = z.object({ fault: z.string() }).safeParse(value);
  if (fault.success) throw new KernelFault(fault.data.fault);
  return searched.parse(value);
}
