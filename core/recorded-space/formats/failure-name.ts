/** Kernel Tuner's names of failures, such as `CompilationFailedConfig`; any other crashed. */
import type { Outcome } from "@kevo/proto/outcome.ts";

type FailedOutcome = Exclude<Outcome, "ok">;

const FAILURES: readonly (readonly [RegExp, FailedOutcome])[] = [
  [/compil/i, "compile_error"],
  [/invalid/i, "invalid"],
  [/correct|verif/i, "incorrect"],
];

export function failureOf(name: string): { readonly outcome: FailedOutcome; readonly message: string } {
  const known = FAILURES.find(([pattern]) => pattern.test(name));
  return { outcome: known?.[1] ?? "crashed", message: name };
}

/** The name under which a recording has a failure. The outcome itself is stored beside it. */
export const FAILURE_NAMES: Readonly<Record<FailedOutcome, string>> = {
  compile_error: "CompilationFailedConfig",
  invalid: "InvalidConfig",
  incorrect: "RuntimeFailedConfig",
  crashed: "RuntimeFailedConfig",
  timeout: "RuntimeFailedConfig",
};
