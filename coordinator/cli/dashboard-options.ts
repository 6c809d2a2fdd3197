/** The options about the dashboard, of the commands that carry out a run. */
import { parseAddress } from "@kevo/core/config/address.ts";
import type { Command } from "commander";
import type { OpenDashboard } from "../run/serve-dashboard.ts";

export interface DashboardOption {
  /** HOST:PORT; false for none; absent for loopback. */
  readonly dashboard?: string | false;
  readonly json?: boolean;
}

export interface DashboardAddress {
  readonly host: string;
  /** Null: the port that it had before, else a free one. */
  readonly port: number | null;
}

export const LOOPBACK: DashboardAddress = { host: "127.0.0.1", port: null };

export function addDashboardOptions(command: Command): Command {
  return command
    .option(
      "--dashboard <host:port>",
      "serve the dashboard on this address (default: loopback, on the same port as before; with --json none)",
    )
    .option("--no-dashboard", "serve no dashboard");
}

/** Scripts have nobody who looks. */
export function dashboardAddress({ dashboard, json = false }: DashboardOption): DashboardAddress | null {
  if (dashboard === false) return null;
  if (dashboard !== undefined) return parseAddress(dashboard, "--dashboard", { anyPort: true });
  return json ? null : LOOPBACK;
}

export function dashboardOf(address: DashboardAddress | null, database: string, run: string): OpenDashboard | null {
  if (address === null) return null;
  return async (act) => {
    const { openDashboard } = await import("../dashboard/open-dashboard.ts");
    return await openDashboard({ ...address, database, run, act: ({ action }) => act(action) });
  };
}
