/** `coordinator check`: whether a kernel's folder is in order, and how much room it leaves. */
import { withHelp } from "@kevo/core/program/command-help.ts";
import { Command, Option } from "commander";
import type { CheckCommandOptions } from "./actions/check.ts";

export function checkCommand(): Command {
  const command = new Command("check")
    .description(
      "Check a kernel before a run: its definition and search space, then its default configuration built, compared with the reference and timed once.",
    )
    .argument("<kernel>", "a kernel's folder, or the id of a kernel of this project")
    .addOption(
      new Option("--backend <name>", "which backend to check (default: the kernel's first)").choices([
        "cpu",
        "triton",
        "cuda",
      ]),
    )
    .option("--json", "write one JSON value to standard output")
    .action(async (kernel: string, options: CheckCommandOptions) => {
      const { check } = await import("./actions/check.ts");
      await check(kernel, options);
    });
  return withHelp(command, {
    notes:
      "The default is evaluated as a finalist of a run: in the sandbox, on fresh inputs, beside every baseline.\nOn a machine without the device, the parts that could not be checked are named, and the exit code is 0.",
    json: "the space, dead values, and the default's measurements with the room that each leaves are written",
    exitCodes: "0 in order, 1 the code or the reference is at fault, 2 kernel.json is at fault or wrong usage",
    examples: ["coordinator check ./my-kernel", "coordinator check attention-cpu --json"],
  });
}
