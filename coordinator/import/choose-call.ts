/** Which of a script's calls of `tune_kernel` is meant. */
import { UserError } from "@kevo/core/errors/user-error.ts";
import type { TuningCall } from "./script.ts";

const MAX_LISTED = 12;

/**
 * @param number from 1, as `--call` has it.
 * @param measured the parameters of the measurements: where one call alone has the same, it is meant.
 * @throws UserError (code 2) that lists the calls where it is not clear.
 */
export function chooseCall(
  calls: readonly TuningCall[],
  { path, number, measured }: { path: string; number: number | undefined; measured: ReadonlySet<string> | null },
): TuningCall {
  if (number !== undefined) {
    const named = calls[number - 1];
    if (named !== undefined) return named;
    throw new UserError(`--call ${number}: ${path} has these calls of tune_kernel: ${listed(calls)}.`, 2);
  }
  const [first] = calls as readonly [TuningCall];
  if (calls.length === 1) return first;
  const fitting = measured === null ? [] : calls.filter((call) => hasParameters(call, measured));
  const [only] = fitting;
  if (fitting.length === 1 && only !== undefined) return only;
  throw new UserError(`${path} calls tune_kernel ${calls.length} times: ${listed(calls)}. Choose one with --call.`, 2);
}

function hasParameters(call: TuningCall, names: ReadonlySet<string>): boolean {
  return call.parameters.length === names.size && call.parameters.every(({ name }) => names.has(name));
}

function listed(calls: readonly TuningCall[]): string {
  const named = calls
    .slice(0, MAX_LISTED)
    .map(({ kernel, line }, at) => `${at + 1} ${kernel ?? "a kernel without a literal name"} (line ${line})`);
  return `${named.join(", ")}${calls.length > MAX_LISTED ? ", …" : ""}`;
}
