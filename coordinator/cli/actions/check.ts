/** What `coordinator check` does. */
import { existsSync } from "node:fs";
import { readEnvironment } from "@kevo/core/config/environment.ts";
import type { KernelPackage } from "@kevo/core/kernel/load.ts";
import { ownCommand } from "@kevo/core/program/own-command.ts";
import { shellWord } from "@kevo/core/program/shell-word.ts";
import { onStopRequest } from "@kevo/core/program/stop-requests.ts";
import { type CheckedBackend, checkKernel } from "../../check/check-kernel.ts";
import { checkedLine, codeLines, defaultLines, kernelLine, prototypeLines, spaceLines } from "../../check/report.ts";
import { Waiting } from "../../check/waiting.ts";
import { wantsColours } from "../../progress/table.ts";
import { print, printJson } from "../output.ts";

export interface CheckCommandOptions {
  readonly backend?: CheckedBackend;
  readonly json?: boolean;
}

const EXIT_INTERRUPTED = 130;

export async function check(idOrPath: string, { backend, json = false }: CheckCommandOptions): Promise<void> {
  const stop = new AbortController();
  using _ = onStopRequest(() => stop.abort());
  const say = (lines: readonly string[]) => json || print(lines.join("\n"));
  let loaded: KernelPackage | null = null;
  using waiting = new Waiting((line) => say([line]));
  try {
    const report = await checkKernel(idOrPath, {
      backend,
      python: readEnvironment().KEVO_PYTHON,
      signal: stop.signal,
      onKernel: (kernel, chosen) => {
        loaded = kernel;
        say([kernelLine(kernel, chosen), ...prototypeLines(kernel)]);
      },
      onSpace: (space) => say(spaceLines(space)),
      onCode: (code) => {
        const lines = codeLines(code, loaded as unknown as KernelPackage);
        if (lines.length > 0) say(lines);
      },
      onStep: (step) => waiting.begin(step),
    });
    if (json) return printJson(report);
    const options = { colours: wantsColours(process.stdout), indent: 2 };
    print(defaultLines(report, loaded as unknown as KernelPackage, options).join("\n"));
    print(`\n${checkedLine(report, loaded as unknown as KernelPackage)}`);
    const named = existsSync(idOrPath) ? shellWord(idOrPath) : idOrPath;
    print(`Next: ${ownCommand("coordinator")} start --kernel ${named}`);
  } catch (error) {
    if (!stop.signal.aborted) throw error;
    process.exitCode = EXIT_INTERRUPTED;
  }
}
