/** The chart, rendered once for each of its example files by Helm itself. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { parse, parseAllDocuments } from "yaml";
import { z } from "zod";
import { ROOT } from "../house/files.ts";

const CHART = join(ROOT, "deploy/helm/kernelevolve");
const EXAMPLES = join(ROOT, "deploy/helm/examples");

export const kubernetesObject = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject({ name: z.string(), labels: z.record(z.string(), z.string()).optional() }),
  spec: z.unknown().optional(),
  data: z.record(z.string(), z.string()).optional(),
});
export type KubernetesObject = z.infer<typeof kubernetesObject>;

const answer = z.object({
  lint: z.array(z.object({ severity: z.number(), path: z.string(), error: z.string() })),
  rendered: z.record(
    z.string(),
    z.object({ files: z.record(z.string(), z.string()).optional(), error: z.string().optional() }),
  ),
});

export interface RenderedChart {
  readonly lint: z.infer<typeof answer>["lint"];
  /** By the name of the example. */
  readonly objects: Readonly<Record<string, readonly KubernetesObject[]>>;
  /** What Helm says of values that are wrong, by what is wrong with them. */
  readonly errors: Readonly<Record<string, string | undefined>>;
  readonly notes: Readonly<Record<string, string>>;
}

/** @param wrong values that must be refused, by a name. */
export function renderChart(tools: string, wrong: Readonly<Record<string, object>>): RenderedChart {
  const scratch = mkdtempSync(join(tmpdir(), "kevo-chart-"));
  try {
    const write = (name: string, values: unknown) => {
      writeFileSync(join(scratch, `${name}.json`), JSON.stringify(values));
      return join(scratch, `${name}.json`);
    };
    const examples = readdirSync(EXAMPLES).map((file) =>
      write(basename(file, ".yaml"), parse(readFileSync(join(EXAMPLES, file), "utf8"))),
    );
    const faulty = Object.entries(wrong).map(([name, values]) => write(name, values));
    const script = join(ROOT, "tests/deploy/render.py");
    const ended = spawnSync("python3", [script, tools, CHART, ...examples, ...faulty], {
      encoding: "utf8",
      maxBuffer: 64e6,
    });
    if (ended.status !== 0) throw new Error(ended.stderr);
    const { lint, rendered } = answer.parse(JSON.parse(ended.stdout));
    const of = (path: string) => rendered[path] ?? {};
    const named = (paths: readonly string[]) => paths.map((path) => [basename(path, ".json"), of(path)] as const);
    const failed = named(examples).find(([, { error }]) => error !== undefined);
    if (failed !== undefined) throw new Error(`${failed[0]}: ${failed[1].error}`);
    return {
      lint,
      objects: Object.fromEntries(named(examples).map(([name, { files = {} }]) => [name, objectsIn(files)])),
      notes: Object.fromEntries(
        named(examples).map(([name, { files = {} }]) => [name, files["kernelevolve/templates/NOTES.txt"] ?? ""]),
      ),
      errors: Object.fromEntries(named(faulty).map(([name, { error }]) => [name, error])),
    };
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

function objectsIn(files: Readonly<Record<string, string>>): KubernetesObject[] {
  return Object.entries(files)
    .filter(([path]) => path.endsWith(".yaml"))
    .flatMap(([path, text]) => {
      const documents = parseAllDocuments(text, { uniqueKeys: true });
      if (!Array.isArray(documents)) return [];
      for (const { errors } of documents) if (errors.length > 0) throw new Error(`${path}: ${errors[0]?.message}`);
      return documents.map((document) => document.toJS() as unknown).filter((value) => value !== null);
    })
    .map((value) => kubernetesObject.parse(value));
}
