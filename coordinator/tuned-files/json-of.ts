import { parseJson } from "@kevo/core/config/json.ts";
import { UserError } from "@kevo/core/errors/user-error.ts";

/** @throws UserError (code 2) with the name of the file. */
export function jsonOf(text: string, where: string): unknown {
  try {
    return parseJson(text);
  } catch (error) {
    throw new UserError(`${where} is not JSON: ${(error as Error).message}`, 2);
  }
}
