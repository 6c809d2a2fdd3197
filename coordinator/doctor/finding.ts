/** One thing that was looked for on this machine. */

/** The requirements of the parts of KernelEvolve; `cpu` is the default job. */
export const PURPOSES = {
  cpu: "the CPU job (npm start)",
  cpp: "kernels in C++",
  gpu: "kernels on a GPU (--backend triton or helion)",
  attention: "FlashAttention-4 as a baseline of attention-forward",
  code: "code written by a language model (--evolve source)",
  comparison: "a comparison with well-known libraries",
  remote: "several machines",
  literature: "language models and literature",
  model: "the model named by --llm",
} as const;
export type Purpose = keyof typeof PURPOSES;

export interface Finding {
  readonly name: string;
  readonly found: boolean;
  /** The thing found, or its defect. One line, never a key's value. */
  readonly detail: string;
  readonly neededFor: readonly Purpose[];
  /** Advice; null where the requirement is met. */
  readonly advice: string | null;
}

export const found = (name: string, detail: string, neededFor: readonly Purpose[] = []): Finding => ({
  name,
  found: true,
  detail,
  neededFor,
  advice: null,
});

export const missing = (name: string, detail: string, neededFor: readonly Purpose[], advice: string): Finding => ({
  name,
  found: false,
  detail,
  neededFor,
  advice,
});
