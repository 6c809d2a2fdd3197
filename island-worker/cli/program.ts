/** The commands of `island-worker`. */
import { withHelp } from "@kevo/core/program/command-help.ts";
import { Command } from "commander";
import { startCommand } from "./start-command.ts";

export function islandWorker(): Command {
  const program = new Command("island-worker")
    .description("Leases islands of runs, rebuilds them from their logs, and proposes their candidates.")
    .addCommand(startCommand());
  return withHelp(program, { examples: ["island-worker start --nats nats://head:4222"] });
}
