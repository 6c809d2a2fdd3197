/** Numbers on the command line, with limits. */
import { UserError } from "../errors/user-error.ts";

export interface Limits {
  readonly min?: number;
  readonly max?: number;
}

/** @throws UserError (code 2) that names the option, the value and the limits. */
export function parseInteger(text: string, option: string, limits: Limits = {}): number {
  const value = /^[+-]?\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(value)) throw new UserError(`${option} ${text}: not a whole number.`, 2);
  return within(value, text, option, limits);
}

/** @throws UserError (code 2) that names the option, the value and the limits. */
export function parseNumber(text: string, option: string, limits: Limits = {}): number {
  const value = text.trim() === "" ? Number.NaN : Number(text);
  if (!Number.isFinite(value)) throw new UserError(`${option} ${text}: not a number.`, 2);
  return within(value, text, option, limits);
}

function within(value: number, text: string, option: string, { min, max }: Limits): number {
  if (min !== undefined && value < min) throw new UserError(`${option} ${text}: must be at least ${min}.`, 2);
  if (max !== undefined && value > max) throw new UserError(`${option} ${text}: must be at most ${max}.`, 2);
  return value;
}
