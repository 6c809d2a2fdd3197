/** The commands of `research-stage`. */
import { withHelp } from "@kevo/core/program/command-help.ts";
import { Command } from "commander";
import { optimisePromptsCommand } from "./optimise-prompts.ts";
import { resumeCommand } from "./resume.ts";
import { runCommand } from "./run.ts";

export function researchStage(): Command {
  const program = new Command("research-stage").description(
    "Reads the literature, finds untried ideas, writes them as kernels, and has the cluster evolve these.",
  );
  for (const command of [runCommand("run"), runCommand("discover"), resumeCommand(), optimisePromptsCommand()]) {
    program.addCommand(command);
  }
  return withHelp(program, { examples: ["research-stage run --recording"] });
}
