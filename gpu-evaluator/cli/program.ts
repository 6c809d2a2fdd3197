/** The commands of `gpu-evaluator`. */
import { withHelp } from "@kevo/core/program/command-help.ts";
import { Command } from "commander";
import { startCommand } from "./start-command.ts";

export function gpuEvaluator(): Command {
  const program = new Command("gpu-evaluator")
    .description("Compiles, verifies and times candidates on the devices of this host, for coordinators over gRPC.")
    .addCommand(startCommand());
  return withHelp(program, { examples: ["gpu-evaluator start --backend cpu"] });
}
