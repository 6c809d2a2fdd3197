/** What a recording says about its parameters: their kinds, and its rows as value indices. */
import type { Parameter, ParamValue, SearchSpaceDefinition } from "@kevo/proto/search-space.ts";
import { UserError } from "../errors/user-error.ts";
import type { RecordedFile } from "./cache-format.ts";

type Record = RecordedFile["cache"][string];

/** @throws UserError when a row has a value that its parameter does not list. */
export function spaceOf(file: RecordedFile, name: string) {
  const parameters = file.tune_params_keys.map((key): Parameter => {
    const values = file.tune_params[key];
    if (values === undefined) throw new UserError(`${name}: tune_params lacks ${key}`);
    return parameterOf(key, values);
  });
  const indexOf = parameters.map((parameter) => {
    const values = parameter.type === "boolean" ? [false, true] : (parameter as { values: ParamValue[] }).values;
    return new Map(values.map((value, index) => [value, index]));
  });
  const members: number[][] = [];
  const rows = new Map<string, Record>();
  for (const [key, record] of Object.entries(file.cache)) {
    const values = file.tune_params_keys.map((parameter, at) => {
      // A record names its values; where it does not, the key lists them.
      const named = record[parameter];
      const value = named === undefined ? parsedOf(key.split(",")[at] ?? "") : (named as ParamValue);
      return parameters[at]?.type === "boolean" ? value : withoutBoolean(value);
    });
    members.push(
      values.map((value, at) => {
        const index = indexOf[at]?.get(value);
        if (index === undefined) {
          throw new UserError(`${name}: ${key}: ${file.tune_params_keys[at]} = ${value} is not one of its tune_params`);
        }
        return index;
      }),
    );
    rows.set(keyOfValues(values), record);
  }
  const definition: SearchSpaceDefinition = { parameters, constraints: [], members };
  return { definition, rows };
}

/** Equal values, equal key; `1` and `"1"` differ. */
export function keyOfValues(values: readonly unknown[]): string {
  return JSON.stringify(values);
}

/** Numbers have an order; whether it means anything is for the search to find out. Other values have none. */
function parameterOf(name: string, values: (number | string | boolean)[]): Parameter {
  if (values.every((value) => typeof value === "boolean")) return { name, type: "boolean" };
  if (values.every((value) => typeof value === "number")) {
    return { name, type: "ordinal", values: values.toSorted((a, b) => a - b) };
  }
  return { name, type: "categorical", values: values.map((value) => withoutBoolean(value) as number | string) };
}

/** A list that mixes kinds is categorical, which has no booleans: they become text. */
function withoutBoolean(value: ParamValue): ParamValue {
  return typeof value === "boolean" ? String(value) : value;
}

function parsedOf(text: string): ParamValue {
  if (text === "true" || text === "True") return true;
  if (text === "false" || text === "False") return false;
  const number = Number(text);
  return text.trim() !== "" && Number.isFinite(number) ? number : text;
}
