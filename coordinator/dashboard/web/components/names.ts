/** Codes of the API, as people read them, and how serious they are. */
import type { Status } from "../../contract/candidates.ts";
import type { RunSummary } from "../../contract/runs.ts";

export const STATUS_NAME: Readonly<Record<RunSummary["status"], string>> = {
  running: "Running",
  interrupted: "Interrupted",
  completed: "Completed",
  stopped: "Stopped",
  failed: "Failed",
};

export const STATUS_KIND: Readonly<Record<RunSummary["status"], string>> = {
  running: "good",
  interrupted: "warn",
  completed: "",
  stopped: "",
  failed: "bad",
};

export const OUTCOME_NAME: Readonly<Record<Status, string>> = {
  ok: "Measured",
  compile_error: "Does not compile",
  incorrect: "Wrong result",
  crashed: "Crashed",
  timeout: "Too slow",
  invalid: "Invalid",
  pending: "Pending",
};

export const OUTCOME_KIND: Readonly<Record<Status, string>> = {
  ok: "good",
  compile_error: "bad",
  incorrect: "bad",
  crashed: "bad",
  timeout: "warn",
  invalid: "warn",
  pending: "",
};

export const proposerName = (proposer: string): string => proposer.replaceAll("_", " ");
