/** The parameters of a recording: their kinds, and its rows as value indices. */
import type { Parameter, ParamValue, SearchSpaceDefinition } from "@kevo/proto/search-space.ts";
import { UserError } from "../errors/user-error.ts";
import type { RecordedRow, Recording, Scalar } from "./formats/recording.ts";

/** @throws UserError when a row has a value that its parameter does not list. */
export function spaceOf(recording: Recording, name: string) {
  const parameters = [...recording.parameters].map(([key, values]) => parameterOf(key, values));
  const indexOf = parameters.map((parameter) => {
    const values = parameter.type === "boolean" ? [false, true] : (parameter as { values: ParamValue[] }).values;
    return new Map(values.map((value, index) => [value, index]));
  });
  const members: number[][] = [];
  const rows = new Map<string, RecordedRow>();
  for (const row of recording.rows) {
    const values = parameters.map((parameter) => {
      const value = row.values.get(parameter.name) as ParamValue;
      return parameter.type === "boolean" ? value : withoutBoolean(value);
    });
    const genes = values.map((value, at) => {
      const index = indexOf[at]?.get(value);
      if (index === undefined) {
        const parameter = parameters[at]?.name;
        throw new UserError(`${name}: ${row.label}: ${parameter} = ${value} is not one of its tune_params`);
      }
      return index;
    });
    // A session that was resumed may have measured a configuration again: the later row counts.
    const key = keyOfValues(values);
    if (!rows.has(key)) members.push(genes);
    rows.set(key, row);
  }
  const definition: SearchSpaceDefinition = { parameters, constraints: [...recording.constraints], members };
  return { definition, rows };
}

/** Equal values, equal key; `1` and `"1"` differ. */
export function keyOfValues(values: readonly unknown[]): string {
  return JSON.stringify(values);
}

/** Numbers have an order; whether it means anything is for the search to find out. Other values have none. */
export function parameterOf(name: string, values: readonly Scalar[]): Parameter {
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
