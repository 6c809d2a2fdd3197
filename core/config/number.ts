/** Numbers on the command line: plain decimals with limits. Everything numeric that a user types is read here. */
import { z } from "zod";
import { UserError } from "../errors/user-error.ts";

export interface Limits {
  readonly min?: number;
  readonly max?: number;
}

/** `Number` would also take `0x10`, `1e3`, ` 5 ` and `Infinity`, none of which anybody means by a budget. */
const decimal = z
  .string()
  .regex(/^[+-]?(?:\d+(?:\.\d*)?|\.\d+)$/)
  .transform(Number)
  .pipe(z.number());
const whole = z
  .string()
  .regex(/^[+-]?\d+$/)
  .transform(Number)
  .pipe(z.int());

/** @throws UserError (code 2) that names the option, the value and the limits. */
export function parseInteger(text: string, option: string, limits: Limits = {}): number {
  return parsed(whole, "not a whole number; write it in digits, such as 12", text, option, limits);
}

/** @throws UserError (code 2) that names the option, the value and the limits. */
export function parseNumber(text: string, option: string, limits: Limits = {}): number {
  return parsed(decimal, "not a number; write it in digits, such as 0.5", text, option, limits);
}

function parsed(
  schema: z.ZodType<number, string>,
  wrong: string,
  text: string,
  option: string,
  { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY }: Limits,
): number {
  const { success, data } = schema.safeParse(text);
  if (!success) throw new UserError(`${option} ${text}: ${wrong}.`, 2);
  if (data < min) throw new UserError(`${option} ${text}: must be at least ${min}.`, 2);
  if (data > max) throw new UserError(`${option} ${text}: must be at most ${max}.`, 2);
  return data;
}
