/** The command `island-worker`. */
import { runProgram } from "@kevo/core/program/run-program.ts";
import { Command } from "commander";
import packageJson from "../package.json" with { type: "json" };
import { startCommand } from "./start-command.ts";

const program = new Command("island-worker")
  .description("Holds islands of a run: folds their logs and asks them for candidates.")
  .addCommand(startCommand());

await runProgram(program, packageJson.version);
