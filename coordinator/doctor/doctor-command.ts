/** `coordinator doctor`: lists what this host has, and what each purpose lacks. */
import { EXIT_CODES, withHelp } from "@kevo/core/program/command-help.ts";
import { Command } from "commander";

export function doctorCommand(): Command {
  const command = new Command("doctor")
    .description(
      "Check this machine (Node, nats-server, compiler, GPUs, Python, keys) and say which feature lacks which requirement.",
    )
    .option(
      "--llm <model>",
      "ask this model one small question (at a cost, which the report states) and say what its server takes",
    )
    .option("--json", "write one JSON value to standard output")
    .action(async ({ json, llm }: { json?: boolean; llm?: string }) => {
      const { collectFindings, isReady } = await import("./collect.ts");
      const { report } = await import("./report.ts");
      const findings = await collectFindings();
      if (llm !== undefined) {
        const { modelFinding } = await import("./model.ts");
        findings.push(await modelFinding(llm, process.env));
      }
      const ready = isReady(findings);
      console.log(json ? JSON.stringify({ ready, findings }) : report(findings));
      if (!ready) process.exitCode = 1;
    });
  return withHelp(command, {
    notes: "Keys are shown by name only.",
    json: "an object with ready and the findings is written",
    exitCodes: EXIT_CODES.replace(
      "0 done, 1 failed",
      "0 the CPU job (npm start) can run and the model of --llm answers, 1 not so",
    ),
    examples: ["coordinator doctor --json", "coordinator doctor --llm grok-4.3"],
  });
}
