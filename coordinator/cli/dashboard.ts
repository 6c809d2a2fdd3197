/** `coordinator dashboard`: shows the runs of any database, finished ones too. */
import { EXIT_CODES, withHelp } from "@kevo/core/program/command-help.ts";
import { Command } from "commander";

interface GivenOptions {
  readonly db?: string;
  readonly listen?: string;
  readonly json?: boolean;
}

export function dashboardCommand(): Command {
  const command = new Command("dashboard")
    .description("Serve the dashboard of a database: its runs as they are now, and as they stood at any time.")
    .option("--db <file>", "lineage database (default: .kevo/lineage.db)")
    .option("--listen <host:port>", "listen on this address (default: loopback, on the same port as before)")
    .option("--json", "write the address as one line of JSON")
    .action(async (given: GivenOptions) => {
      const { serveDatabase } = await import("./actions/dashboard.ts");
      await serveDatabase(given);
    });
  return withHelp(command, {
    notes:
      "Ctrl-C ends it. Anybody who has the address with its token can read the database and act on a run that a coordinator works on. See docs/dashboard.md.",
    json: '{"dashboard": "http://127.0.0.1:PORT/#token=TOKEN"}, as soon as it listens',
    exitCodes: EXIT_CODES,
    examples: ["coordinator dashboard", "coordinator dashboard --db results/lineage.db --listen 127.0.0.1:8080"],
  });
}
