/**
 * Code that a language model wrote: fetched by hash, compared with the kernel it belongs to, passed through the static
 * gate, and put on the disk beside copies of the kernel's other files for as long as it is evaluated.
 */
import { randomUUID } from "node:crypto";
import { cp, mkdir, rm, writeFile } from "node:fs/promises";
import { extname, join } from "node:path";
import type { Bus } from "@kevo/core/bus/bus.ts";
import { evolvedRegion, splitCode } from "@kevo/core/evolved-source/region.ts";
import { codeOf } from "@kevo/core/kernel/code-of.ts";
import { retry } from "@kevo/core/retry/retry.ts";
import type { InstalledKernel } from "../backends/backend.ts";
import { CGateQueue } from "../gate/c-gate-queue.ts";
import { KernelUnavailable } from "./kernel-catalog.ts";

export interface OpenedCode {
  /** Absolute path of the evolved source. */
  readonly path: string;
  readonly dispose: () => Promise<void>;
}

export interface EvolvedSourcesOptions {
  /** Null: nothing can be fetched. */
  readonly bus: Pick<Bus, "getObject"> | null;
  /** Where they are unpacked; an existing folder. */
  readonly folder: string;
}

/** The store may have been lost and be filled again. */
const TRIES = 4;
const PAUSE_MS = 500;
/** Texts kept, for finalists and for other configurations of the same source. */
const KEPT = 64;

export class EvolvedSources {
  readonly #options: EvolvedSourcesOptions;
  readonly #texts = new Map<string, string>();
  readonly #gate = new CGateQueue();

  constructor(options: EvolvedSourcesOptions) {
    this.#options = options;
  }

  /** `invalid` says why it is not even compiled. @throws KernelUnavailable when it cannot be had. */
  async open(kernel: InstalledKernel, hash: string): Promise<OpenedCode | { readonly invalid: string }> {
    const text = await this.#text(hash);
    const { definition } = kernel;
    const original = await codeOf(definition, kernel.folder);
    const invalid = await this.#wrongWith(original, text, extname(definition.source ?? ""));
    if (invalid !== null) return { invalid };
    const folder = join(this.#options.folder, randomUUID());
    const dispose = () => rm(folder, { recursive: true, force: true });
    try {
      await mkdir(folder);
      // Of its neighbours a source may want some.
      await cp(kernel.folder, folder, { recursive: true });
      const path = join(folder, definition.source as string);
      await rm(path);
      await writeFile(path, text);
      return { path, dispose };
    } catch (error) {
      await dispose();
      throw error;
    }
  }

  async #text(hash: string): Promise<string> {
    const known = this.#texts.get(hash);
    if (known !== undefined) return known;
    const { bus } = this.#options;
    if (bus === null) throw new KernelUnavailable("evolved code comes over NATS; start this evaluator with --nats URL");
    const fetchIt = async () => {
      const bytes = await bus.getObject(hash);
      if (bytes === null) throw new Error("it is not there");
      return Buffer.from(bytes).toString("utf8");
    };
    const text = await retry(fetchIt, { tries: TRIES, waitMs: PAUSE_MS }).catch((error: Error) => {
      throw new KernelUnavailable(`cannot fetch the evolved code ${hash} from NATS: ${error.message}`);
    });
    if (this.#texts.size >= KEPT) this.#texts.delete(this.#texts.keys().next().value as string);
    this.#texts.set(hash, text);
    return text;
  }

  async #wrongWith(original: string | null, evolved: string, extension: string): Promise<string | null> {
    const region = original === null ? { wrong: "this kernel has no code" } : evolvedRegion(original, evolved);
    if ("wrong" in region) return region.wrong;
    if (extension === ".c") return this.#gate.refused(region.region, splitCode(original as string)?.before ?? "");
    // Python is read by Python: the compile process does it before it runs a line.
    return extension === ".py" ? null : `code in files that end in ${extension} cannot evolve`;
  }
}
