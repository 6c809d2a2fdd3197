/** The options that set the objective of a replay; two programs have them. */
import type { Command } from "commander";
import { UserError } from "../errors/user-error.ts";
import type { ObjectiveRequest } from "./objective.ts";

export interface ObjectiveOptions {
  readonly objective?: string;
  readonly maximize?: boolean;
  readonly minimize?: boolean;
  readonly beside?: string;
}

export function addObjectiveOptions(command: Command): Command {
  return command
    .option("--objective <field>", "replay: optimize this field of the recording (default: the file's own objective)")
    .option("--maximize", "replay: higher is better (default: according to the file, or to the field's name)")
    .option("--minimize", "replay: lower is better")
    .option(
      "--beside <field>",
      "replay: also track a second field and show the Pareto front; write FIELD:min or FIELD:max if its name does not say which is better",
    );
}

/** @throws UserError (code 2) where both directions are given, or one of them without a replay. */
export function objectiveRequestOf(given: ObjectiveOptions, replay: boolean): ObjectiveRequest | undefined {
  if (given.maximize === true && given.minimize === true) {
    throw new UserError("--maximize and --minimize exclude each other. Omit one of them.", 2);
  }
  const request: ObjectiveRequest = {
    ...(given.objective !== undefined && { name: given.objective }),
    ...(given.maximize === true && { direction: "maximize" as const }),
    ...(given.minimize === true && { direction: "minimize" as const }),
    ...(given.beside !== undefined && { beside: given.beside }),
  };
  if (Object.keys(request).length === 0) return undefined;
  if (!replay) {
    throw new UserError("--objective, --maximize, --minimize and --beside apply to --backend replay only.", 2);
  }
  return request;
}

/** The same request as arguments of another program. */
export function objectiveArguments(request: ObjectiveRequest | undefined): string[] {
  return [
    ...(request?.name === undefined ? [] : ["--objective", request.name]),
    ...(request?.direction === undefined ? [] : [`--${request.direction}`]),
    ...(request?.beside === undefined ? [] : ["--beside", request.beside]),
  ];
}
