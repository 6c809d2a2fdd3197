/**
 * Stage 5: an idea becomes a kernel and a PyTorch module. Reference, inputs, workloads and tolerance come from the
 * library's kernel that the idea builds upon, so a model's code is never judged by a model's code. A failure returns to
 * the model with its output, a bounded number of times.
 */
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { UserError } from "@kevo/core/errors/user-error.ts";
import { loadKernel } from "@kevo/core/kernel/load.ts";
import { ModelError } from "@kevo/core/llm/errors.ts";
import { signature } from "@kevo/core/llm/signature.ts";
import { z } from "zod";
import { type Idea, type Implementation, ideaParameter, implementation } from "../findings/findings.ts";
import { KernelFault } from "../session/cluster.ts";
import { MAX_CHARACTERS } from "../session/fit.ts";
import { LIBRARY, type LibraryKernel } from "../session/library.ts";
import { ask, type Session } from "../session/session.ts";

export const implementKernel = signature({
  name: "implement_kernel",
  instructions: `You implement an idea for a compute kernel, twice: as a kernel with compile-time parameters that an
evolutionary search will tune, and as a PyTorch module that computes the same. Build upon the library's kernel whose
source you see: the reference, its inputs and its shapes stay as they are, and judge what you write. Correct comes first;
make everything that may matter for speed a parameter. The default is a plain version that surely works. Constraints
are expressions over parameter names, such as: ROWS <= ROW_TILE. Write the source as one file in the given language,
against the given interface, without reading files, environment, clock or network. The PyTorch module is a file with
class Module(torch.nn.Module): __init__(self, shape) takes the sizes by name, forward(self, *inputs) takes the flat
float32 tensors in the reference's order and returns the flat answer.`,
  input: z.object({
    idea: z.string(),
    language: z.string(),
    interface: z.string(),
    library_source: z.string(),
    reference: z.string(),
    previous: z.string().describe("What was wrong with the last try; nothing in the first"),
  }),
  output: z.object({
    source: z.string().max(60_000),
    pytorch_module: z.string().max(20_000),
    parameters: z.array(ideaParameter).min(1).max(24),
    constraints: z.array(z.string().max(300)).max(24),
    default: z.array(z.object({ name: z.string(), value: z.union([z.number(), z.string(), z.boolean()]) })),
  }),
});
export type Written = z.infer<typeof implementKernel.output>;

/** Tries of one idea. */
const MAX_TRIES = 3;
const FIRST = "first implementation";

export function folderOf(session: Session, kernel: string): string {
  return join(session.folder, "kernels", kernel);
}

export async function implementationStage(
  session: Session,
  round: number,
  one: Idea,
  library: LibraryKernel,
): Promise<Implementation> {
  const kernel = kernelId(one);
  const folder = folderOf(session, kernel);
  const { backend, seed, workloads } = session.options;
  const found = await session.steps.step(
    {
      key: `${round}/implementation/${one.id}`,
      stage: "implementation",
      round,
      input: { one, library: library.definition, backend, seed, workloads },
      output: implementation,
    },
    () => implement(session, one, library, kernel, folder),
  );
  // A resumed run may find the step done and its folder removed.
  await writeFolder(folder, found.files);
  return found;
}

async function implement(
  session: Session,
  one: Idea,
  library: LibraryKernel,
  kernel: string,
  folder: string,
): Promise<Implementation> {
  const tries: Implementation["tries"] = [];
  let last: Tried = NOTHING;
  for (let number = 1; number <= MAX_TRIES; number++) {
    session.say(`implementing ${one.id}, try ${number} of ${MAX_TRIES}`);
    last = await tryOnce(session, one, library, kernel, folder, number, tries.at(-1)?.problem ?? null);
    tries.push({ problem: last.problem });
    if (last.problem === null) break;
    session.say(`${one.id}: ${last.problem.split("\n")[0]}`);
  }
  const { problem, ...told } = last;
  const status = problem === null ? "ok" : "failed";
  return { idea: one.id, status, kernel, base_kernel: library.definition.id, tries, ...told };
}

type Tried = Pick<Implementation, "files" | "hash" | "kernel_check" | "module_check"> & {
  readonly problem: string | null;
};
const NOT_RUN = { status: "skipped", message: "it was not reached" } as const;
const NOTHING: Tried = { files: [], hash: null, kernel_check: NOT_RUN, module_check: NOT_RUN, problem: "no try" };

async function tryOnce(
  session: Session,
  one: Idea,
  library: LibraryKernel,
  kernel: string,
  folder: string,
  number: number,
  previous: string | null,
): Promise<Tried> {
  const { backend, seed, workloads } = session.options;
  let files: Implementation["files"] = [];
  try {
    const written = await write(session, one, library, number, previous);
    files = filesOf(written, one, library, kernel);
    await writeFolder(folder, files);
    const { definition, hash } = await loadKernel(folder, LIBRARY);
    const search = { kernel: hash, evaluations: 1, islands: 1, seed, backend, workloads };
    const { result, failures } = await session.cluster.evolve(folder, search, () => {});
    const told = { files, hash, module_check: NOT_RUN };
    if (result.evaluations.ok === 0) {
      const why = failures.map(({ outcome, message }) => `${outcome}: ${message}`).join("\n") || "it was not evaluated";
      return { ...told, kernel_check: { status: "failed", message: why }, problem: `the kernel: ${why}` };
    }
    const kernel_check = { status: "ok" as const, message: "compiles and agrees with the reference" };
    const module_check = await session.cluster.checkModule(folder, definition, hash);
    const problem = module_check.status === "failed" ? module_check.message : null;
    return { files, hash, kernel_check, module_check, problem };
  } catch (error) {
    // The model did not write a kernel; any other failure is not the model's.
    const written = error instanceof KernelFault || (error instanceof UserError && error.code === "wrong_usage");
    const unfit = error instanceof ModelError && ["invalid_answer", "refused", "truncated"].includes(error.kind);
    if (!written && !unfit) throw error;
    const why = error.message.replaceAll(`${folder}/`, "");
    return { ...NOTHING, files, kernel_check: { status: "failed", message: why }, problem: why };
  }
}

async function write(
  session: Session,
  one: Idea,
  library: LibraryKernel,
  number: number,
  previous: string | null,
): Promise<Written> {
  const { output } = await ask(session, {
    signature: implementKernel,
    input: inputOf(session, one, library, previous),
    by: "reasoning",
    maxTokens: 32_768,
    seed: number,
  });
  return output;
}

export function inputOf(session: Session, one: Idea, library: LibraryKernel, previous: string | null) {
  return {
    idea: ideaText(one),
    language: session.options.backend === "cpu" ? "C (gnu17)" : "Triton",
    interface: session.library.interface,
    library_source: library.source.slice(0, MAX_CHARACTERS.source),
    reference: library.reference.slice(0, MAX_CHARACTERS.source),
    previous: previous?.slice(0, MAX_CHARACTERS.complaint) ?? "nothing: this is the first try",
  };
}

/** An idea is made of claims and was written by a model; no fetched text is in it. */
function ideaText(one: Idea): string {
  const { title, description, implementation_sketch, configuration_space } = one;
  return [
    `# ${title}`,
    description,
    `## Sketch\n${implementation_sketch}`,
    `## Parameters\n${JSON.stringify(configuration_space)}`,
  ].join("\n\n");
}

/** The kernel's folder. The definition is made here: a model says parameters, constraints and the default, no more. */
export function filesOf(written: Written, one: Idea, { definition: base, reference }: LibraryKernel, kernel: string) {
  const source = base.source as string;
  const definition = {
    id: kernel,
    title: one.title.slice(0, 160),
    description: one.description,
    backends: base.backends,
    parameters: written.parameters.map(({ name, type, description, values }) => {
      return type === "boolean" ? { name, type, description } : { name, type, description, values };
    }),
    constraints: written.constraints,
    default: Object.fromEntries(written.default.map(({ name, value }) => [name, value])),
    baselines: base.backends.includes("cpu") ? [{ name: FIRST, config: {} }] : [],
    workloads: base.workloads,
    tolerance: base.tolerance,
    arguments: base.arguments,
    source,
    reference: base.reference,
    // The CPU backend runs every kernel in its sandbox.
    ...(base.backends.includes("cpu") ? {} : { contained: true }),
  };
  return [
    { path: "kernel.json", content: `${JSON.stringify(definition, null, 2)}\n` },
    { path: source, content: written.source },
    { path: base.reference as string, content: reference },
    { path: "module.py", content: written.pytorch_module },
  ];
}

/** Letters of the title, so that people know it again, and the idea's number. */
export function kernelId({ id, title }: Idea): string {
  const slug = title
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "");
  return `${id}-${slug.slice(0, 32).replace(/-+$/, "")}`;
}

async function writeFolder(folder: string, files: Implementation["files"]): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  for (const { path, content } of files) await writeFile(join(folder, path), content);
}
