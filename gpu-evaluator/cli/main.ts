/** The command `gpu-evaluator`. */
import { runProgram } from "@kevo/core/program/run-program.ts";
import { Command } from "commander";
import packageJson from "../package.json" with { type: "json" };
import { startCommand } from "./start-command.ts";

const program = new Command("gpu-evaluator")
  .description("Compiles, verifies and times candidates on the devices of this host, for a coordinator over gRPC.")
  .addCommand(startCommand());

await runProgram(program, packageJson.version);
