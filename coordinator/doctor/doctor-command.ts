/** `coordinator doctor`: what is here, and what is missing for what. */
import { Command } from "commander";
import { collectFindings, isReady } from "./collect.ts";
import { report } from "./report.ts";

const AFTER_HELP = `
Exit code: 0 when the CPU job (npm start) has what it needs, 1 when it lacks something.
Keys are shown by name only.

Example:
  coordinator doctor --json`;

export function doctorCommand(): Command {
  return new Command("doctor")
    .description(
      "Say what was found on this machine (Node, nats-server, compiler, GPUs, Python, keys) and what is missing for what.",
    )
    .option("--json", "one line of JSON on standard output")
    .addHelpText("after", AFTER_HELP)
    .action(async ({ json }: { json?: boolean }) => {
      const findings = await collectFindings();
      const ready = isReady(findings);
      console.log(json ? JSON.stringify({ ready, findings }) : report(findings));
      if (!ready) process.exitCode = 1;
    });
}
