/** The command `research-stage`. */
import { runProgram } from "@kevo/core/program/run-program.ts";
import { Command } from "commander";
import packageJson from "../package.json" with { type: "json" };
import { optimisePromptsCommand } from "./optimise-prompts.ts";
import { resumeCommand } from "./resume.ts";
import { runCommand } from "./run.ts";

const program = new Command("research-stage").description(
  "Reads the literature, finds what nobody has done, writes it as a kernel, and lets the cluster evolve it.",
);
for (const command of [runCommand("run"), runCommand("discover"), resumeCommand(), optimisePromptsCommand()]) {
  program.addCommand(command);
}

await runProgram(program, packageJson.version);
