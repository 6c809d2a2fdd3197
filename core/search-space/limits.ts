/** The limits of messages and the store, checked before anything starts: an accepted kernel can run. */
import { MAX_CONFIG_LENGTH, type Parameter } from "@kevo/proto/search-space.ts";
import { UserError } from "../errors/user-error.ts";

/** @throws UserError (code 2) where the longest configuration is too long as JSON. */
export function checkConfigLength(parameters: readonly Parameter[]): void {
  const lengths = parameters.map((parameter) => ({
    name: parameter.name,
    length: JSON.stringify(parameter.name).length + longestValue(parameter) + 2,
  }));
  const total = lengths.reduce((sum, { length }) => sum + length, 0);
  if (total <= MAX_CONFIG_LENGTH) return;
  const [longest] = lengths.toSorted((a, b) => b.length - a.length);
  throw new UserError(
    `a configuration takes up to ${total} characters as JSON; the limit is ${MAX_CONFIG_LENGTH}. Shorten the values, first those of ${longest?.name}`,
    2,
  );
}

function longestValue(parameter: Parameter): number {
  switch (parameter.type) {
    case "categorical":
    case "ordinal":
      return parameter.values.reduce<number>((most, value) => Math.max(most, JSON.stringify(value).length), 0);
    case "integer":
      return Math.max(String(parameter.min).length, String(parameter.max).length);
    case "boolean":
      return "false".length;
    case "permutation":
      return JSON.stringify(parameter.items).length;
  }
}
