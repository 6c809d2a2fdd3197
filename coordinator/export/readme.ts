/** The README of an exported kernel: what it is, how it is called, and what was measured where. */
import type { KernelDefinition } from "@kevo/proto/kernel.ts";
import type { Run } from "../lineage/queries/resolve.ts";
import {
  formatConfig,
  formatInterval,
  formatNumber,
  formatRoofline,
  formatSpeedup,
  oneLine,
} from "../progress/format.ts";
import type { Winner } from "./winners.ts";

export interface ReadmeParts {
  readonly run: Run;
  readonly definition: KernelDefinition;
  readonly winners: readonly Winner[];
  readonly language: "c" | "triton" | "cuda";
  /** What the times are not. */
  readonly reserved: readonly string[];
  readonly notes: readonly string[];
}

export function readmeOf({ run, definition, winners, language, reserved, notes }: ReadmeParts): string {
  const places = [...new Set(winners.map(({ device, toolchain }) => `${oneLine(device)}, ${oneLine(toolchain)}`))];
  const configs = Map.groupBy(winners, ({ config }) => formatConfig(config));
  return `${[
    `# ${definition.title}`,
    ...(definition.description === "" ? [] : [definition.description]),
    `Found by KernelEvolve in run \`${run.id}\` (kernel \`${definition.id}\`, package ${run.kernelHash.slice(0, 12)}).`,
    ...notes,
    ...(isModelWritten(definition, winners) ? ["## A language model wrote this code", modelWroteIt(language)] : []),
    "## Use",
    USE[language],
    "## Measured",
    ...reserved.map((sentence) => `**${sentence}**`),
    `On ${places.join("; ")}. ${language === "c" ? MEASURED.c : MEASURED.gpu}`,
    table(winners),
    "## Configurations",
    ...[...configs].map(([config, of]) => `${of.map(({ workload }) => `\`${workload}\``).join(", ")}: \`${config}\``),
    "## Files",
    FILES[language],
  ].join("\n\n")}\n`;
}

/** Whether a model wrote some of it, so that a person must read it before it runs outside of a sandbox. */
export function isModelWritten(definition: KernelDefinition, winners: readonly Winner[]): boolean {
  return definition.contained === true || winners.some(({ evolved }) => evolved !== null);
}

function modelWroteIt(language: ReadmeParts["language"]): string {
  const devices = language === "c" ? "" : " --gpus all";
  return `A language model wrote ${FILE[language]} in \`kernel/\`. KernelEvolve compiled and ran it in a sandbox only, and compared its
answers with the reference; nobody has read it for you. Read it before you run it. To try it without network, without your
files and without privileges, in a container IMAGE with ${NEEDS[language]}:

\`\`\`sh
docker run --rm${devices} --network none --read-only --tmpfs /tmp:exec --cap-drop ALL --security-opt no-new-privileges \\
  --user 65534:65534 --pids-limit 256 --env HOME=/tmp --volume "$PWD":/export:ro --workdir /export IMAGE python3 loader.py
\`\`\``;
}

function table(winners: readonly Winner[]): string {
  const rows = winners.map((w) => [
    w.workload,
    oneLine(w.device),
    formatNumber(w.time_ms),
    formatNumber(w.baseline_ms),
    w.baseline ?? "–",
    formatSpeedup(w.speedup),
    formatInterval(w.speedup_low, w.speedup_high),
    formatNumber(w.gflops),
    formatNumber(w.gbytes_per_s),
    formatRoofline(w.roofline),
  ]);
  const head = [
    "workload",
    "device",
    "ms",
    "baseline ms",
    "fastest baseline",
    "speedup",
    "interval",
    "GFLOP/s",
    "GB/s",
    "roofline",
  ];
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

const MEASURED = {
  c: `Finalists were measured again on fresh inputs, side by side with the baselines, and those times count; the interval is
that of the speedup. Each thread had a processor core of its own: on a machine that does other work, expect more, give the
threads cores of their own (\`taskset\`), or take a configuration with one thread.`,
  gpu: `Finalists were measured again on fresh inputs, side by side with the baselines, and those times count; the interval
is that of the speedup.`,
};

const FILE = { c: "a C file", triton: "a Python file", cuda: "a CUDA file" } as const;
const NEEDS = {
  c: "Python and a C compiler",
  triton: "Python with torch and triton",
  cuda: "Python with torch, NVRTC and CUDA's headers",
} as const;

const USE_C = `\`\`\`python
from loader import Kernel

kernel = Kernel()
output = kernel(shape, *inputs)  # buffers such as NumPy arrays; a tuple where the kernel has several outputs
print(kernel.inputs_of(shape))   # their types and numbers of elements
print(kernel.choice(shape))      # the choice and its reason
\`\`\`

It needs Python 3.9 or newer, a C compiler (\`cc\`, or named in \`CC\`) and Linux; NumPy is optional. The configuration of
a measured shape is compiled for this machine on first use, and its first answer is compared with the reference. Any
other shape runs the reference (\`kernel/reference.c\`, untuned and slow): construct \`Kernel(untested=True)\` to run the
nearest measured configuration instead, which is then checked in the same way.

\`python3 loader.py\` checks and times every measured shape on this machine.

From C or C++: \`sh build.sh\` builds a static library for this machine and says how to link it; the header beside it
declares its one function. It runs the measured configuration of a measured shape and returns 1; for any other shape it
runs the kernel's default configuration, unchecked, and returns 0.`;

const useGpu = (needs: string) => `\`\`\`python
from loader import Kernel

kernel = Kernel()
output = kernel(shape, tensors)  # CUDA tensors by name
print(kernel.choice(shape))      # the choice and its reason
\`\`\`

${needs} A measured shape runs its configuration, and its first answer is compared with the
reference. Everything else runs the first baseline of the reference file (PyTorch's default): other shapes (construct
\`Kernel(untested=True)\` to try them), a machine without a GPU, and a GPU or compiler that refuses the configuration.

\`python3 loader.py\` checks and times every measured shape on this GPU.`;

const USE = {
  c: USE_C,
  triton: useGpu("It needs PyTorch and Triton."),
  cuda: useGpu("It needs PyTorch, NVRTC and CUDA's headers, which PyTorch's packages bring."),
} as const;

const FILES_C = `| file | content |
|---|---|
| \`loader.py\`, \`kevo_arrays.py\` | compiles, checks, calls, and falls back |
| \`best.json\` | the best configuration for each workload and device, with its times |
| \`kernel/\` | the kernel's folder as it was evolved: definition, code, reference |
| \`build.sh\`, the header | the same for programs in C and C++ |
| \`runtime/\` | the threads and scratch memory that the code uses, and the way to its functions |`;

const filesOfGpu = (more: string) => `| file | content |
|---|---|
| \`loader.py\`, \`launching.py\` | launches, checks, and falls back |
| \`best.json\` | the best configuration for each workload and device, with its times |
| \`kernel/\` | the kernel's folder as it was evolved: definition, code, reference |${more}`;

const FILES = {
  c: FILES_C,
  triton: filesOfGpu(""),
  cuda: filesOfGpu("\n| `runtime/` | the compiler and the driver, called from Python |"),
} as const;
