import { expect, it } from "vitest";
import type { Idea } from "../findings/findings.ts";
import type { LibraryKernel } from "../session/library.ts";
import { filesOf, type Written } from "./implementation.ts";

const written = { parameters: [], constraints: [], default: [], source: "theirs", pytorch_module: "" };
const idea = { id: "idea-1-1", title: "An idea", description: "" } as unknown as Idea;

function definitionFor(backend: "cpu" | "triton"): Record<string, unknown> {
  const definition = { backends: [backend], source: "kernel.x", reference: "reference.x", workloads: [] };
  const library = { definition, reference: "ours" } as unknown as LibraryKernel;
  const files = filesOf(written as unknown as Written, idea, library, "k");
  return JSON.parse(files.find(({ path }) => path === "kernel.json")?.content ?? "");
}

it("marks what a model wrote for GPUs, so that it compiles in the sandbox that every kernel for CPUs runs in", () => {
  expect(definitionFor("triton")).toMatchObject({ contained: true });
  // The name of a kernel is its hash: recordings know those for CPUs without the mark.
  expect(definitionFor("cpu")).not.toHaveProperty("contained");
});
