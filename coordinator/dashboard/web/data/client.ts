/** Requests to the server that the page came from; no other host is ever asked. */
import { signal as stateOf } from "@preact/signals";
import type { ZodType } from "zod";
import { failure } from "../../contract/common.ts";
import { token } from "./token.ts";

export class RequestError extends Error {
  /** The HTTP status; 0 where no answer came. */
  readonly status: number;
  /** Of a filter: where in it, from 0. */
  readonly column: number | null;

  constructor(status: number, message: string, column: number | null = null) {
    super(message);
    this.status = status;
    this.column = column;
  }
}

export const headers = (): Record<string, string> => ({ authorization: `Bearer ${token()}` });

/** Answers that are awaited: a replay moves on when the page shows where it stands. */
export const pending = stateOf(0);

/** @throws RequestError */
export async function get<T>(path: string, schema: ZodType<T>, signal?: AbortSignal): Promise<T> {
  pending.value++;
  try {
    return await read(await ask(path, { headers: headers(), ...(signal === undefined ? {} : { signal }) }), schema);
  } finally {
    pending.value--;
  }
}

/** @throws RequestError */
export async function post<T>(path: string, body: unknown, schema: ZodType<T>): Promise<T> {
  const init = { method: "POST", headers: { ...headers(), "content-type": "application/json" } };
  return read(await ask(path, { ...init, body: JSON.stringify(body) }), schema);
}

async function ask(path: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(path, init);
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new RequestError(0, "The dashboard's server does not answer.");
  }
}

async function read<T>(response: Response, schema: ZodType<T>): Promise<T> {
  const body: unknown = await response.json().catch(() => null);
  if (!response.ok) {
    const { data } = failure.safeParse(body);
    const message = data?.error.message ?? `The server answered ${response.status}.`;
    throw new RequestError(response.status, message, data?.error.column ?? null);
  }
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  const where = parsed.error.issues[0]?.path.join(".") ?? "";
  throw new RequestError(
    response.status,
    `The server's answer has another form than this page expects (at ${where || "its top"}). Reload the page.`,
  );
}
