/** Values of parameters between a form, which holds text, and a configuration, which has types: pure. */
import type { Configuration } from "../../../contract/common.ts";
import type { Parameter } from "../../../contract/runs.ts";

export function asText(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** A value has the type that it has in a configuration of the same space; where none is known, that of its parameter. */
export function configurationOf(
  parameters: readonly Parameter[],
  values: Readonly<Record<string, string>>,
  known: Configuration,
): Configuration {
  return Object.fromEntries(
    parameters.map(({ name, type }) => {
      const text = values[name] ?? "";
      const isText = name in known ? typeof known[name] === "string" : type === "categorical";
      return [name, isText ? text : parse(text)];
    }),
  ) as Configuration;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
