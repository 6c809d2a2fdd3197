/** `coordinator import …`: what users of another tuner already have. */
import { parseInteger } from "@kevo/core/config/number.ts";
import { withHelp } from "@kevo/core/program/command-help.ts";
import { Command } from "commander";
import type { ImportOptions, TunedOptions } from "./actions/import.ts";

export function importCommand(): Command {
  const command = new Command("import").description("Read the files of another tuner.");
  const kernelTuner = command
    .command("kernel-tuner")
    .description(
      "Read the search space of a Kernel Tuner script or T1 file, with its measurements, and write a recorded space for replay.",
    )
    .argument("<file>", "the script that calls tune_kernel, or a T1 file (.json)")
    .option("--cache <file>", "Kernel Tuner's cache or T4 results (default: the cache that the script names)")
    .option("--call <n>", "which call of tune_kernel, from 1 (default: the only one, or the one that fits the cache)")
    .option("--out <file>", "recorded space to write, .json or .json.gz")
    .option("--tuner <file>", "also, or instead: write the arguments of the Python Tuner, .json")
    .option("--json", "write one JSON value to standard output")
    .action(async (file: string, { call, ...options }: ImportOptions) => {
      const number = call === undefined ? undefined : parseInteger(call, "--call", { min: 1 });
      const { importFromKernelTuner } = await import("./actions/import.ts");
      await importFromKernelTuner(file, number, options);
    });
  withHelp(kernelTuner, {
    notes:
      "The script is parsed, not run. Restrictions become constraints: strings, lambdas, functions of return and if, and objects\nof python-constraint. Whatever cannot be translated is named and left out. Needs Python 3.10 or newer.",
    json: "the space, what was left out, and the files are written",
    examples: [
      "coordinator import kernel-tuner tune.py --cache cache.json --out space.json.gz",
      "coordinator start --space space.json.gz --evaluations 200",
      "coordinator import kernel-tuner gemm-T1.json --tuner tuner.json",
    ],
  });
  const tuned = command
    .command("tuned")
    .description("Read the configurations of a tuned file into a kernel's folder, whose runs then try them first.")
    .argument("<file>", "of vLLM, SGLang or vLLM's Helion kernels (.json), or of Triton's autotuner (.autotune.json)")
    .requiredOption("--kernel <folder>", "folder of the kernel, which has parameters of the same names")
    .option("--workload <name>", "what a file of Triton's autotuner is for (default: the kernel's only workload)")
    .option("--json", "write one JSON value to standard output")
    .action(async (file: string, options: TunedOptions) => {
      const { importTunedFile } = await import("./actions/import.ts");
      await importTunedFile(file, options);
    });
  withHelp(tuned, {
    notes:
      "Rows go to the workloads with their sizes: a batch size is a shape's `tokens`, a Helion key names sizes itself. Whatever\nhas no workload, or is not in the kernel's space, is named and left out. Written is known-good.json in the folder.",
    json: "the kernel, the file and what was left out are written",
    examples: [
      "coordinator import tuned E=8,N=7168,device_name=NVIDIA_H100_80GB_HBM3.json --kernel ./fused-moe",
      "coordinator import tuned matmul.autotune.json --kernel ./matmul --workload square",
    ],
  });
  return withHelp(command, { examples: ["coordinator import kernel-tuner tune.py --out space.json.gz"] });
}
