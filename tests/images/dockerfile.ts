/** As much of a Dockerfile's syntax as the two of this project use. Pure. */

interface Instruction {
  readonly word: string;
  readonly rest: string;
}

export interface Stage {
  readonly base: string;
  readonly name: string | null;
  readonly instructions: readonly Instruction[];
}

/** @throws Error for a line that is no instruction. */
export function stagesOf(text: string): Stage[] {
  const stages: { base: string; name: string | null; instructions: Instruction[] }[] = [];
  const whole = text.replace(/^\s*#.*\n/gm, "").replace(/\\\n/g, " ");
  for (const line of whole.split("\n").filter((one) => one.trim() !== "")) {
    const [, word = "", rest = ""] = /^([A-Z]+)\s+(.*)$/.exec(line) ?? [];
    if (word === "") throw new Error(`no instruction: ${line}`);
    if (word === "FROM") {
      const [, base = "", name = null] = /^(\S+)(?:\s+AS\s+(\S+))?$/.exec(rest) ?? [];
      stages.push({ base, name, instructions: [] });
    } else stages.at(-1)?.instructions.push({ word, rest: rest.trim() });
  }
  return stages;
}

export interface Copy {
  /** Another stage; null for the build's context. */
  readonly from: string | null;
  readonly mode: number | null;
  readonly sources: readonly string[];
  readonly target: string;
}

export function copyOf(rest: string): Copy {
  const words = rest.split(/\s+/);
  const flag = (name: string) => words.find((word) => word.startsWith(`--${name}=`))?.slice(name.length + 3) ?? null;
  const paths = words.filter((word) => !word.startsWith("--"));
  const mode = flag("chmod");
  return {
    from: flag("from"),
    mode: mode === null ? null : Number.parseInt(mode, 8),
    sources: paths.slice(0, -1),
    target: paths.at(-1) ?? "",
  };
}

/** `A=1 B="two words"`, as ENV and ARG have them. */
export function assignments(rest: string): [string, string][] {
  return [...rest.matchAll(/(\w+)=(?:"([^"]*)"|(\S*))/g)].map(([, name = "", quoted, plain]) => [
    name,
    quoted ?? plain ?? "",
  ]);
}
