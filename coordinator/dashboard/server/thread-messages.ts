/** Between the dashboard's thread and its parent. */
import type { ActionDone, ActionRequest } from "./act.ts";

export interface ThreadOptions {
  readonly database: string;
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  readonly token: string;
  readonly run: string | null;
  readonly version: string;
}

export type FromThread =
  | { readonly type: "listening"; readonly port: number }
  | { readonly type: "failed"; readonly code: string | null; readonly why: string }
  | { readonly type: "action"; readonly id: number; readonly request: ActionRequest };

export type ToThread =
  | ({ readonly type: "done"; readonly id: number } & ActionDone)
  | { readonly type: "refused"; readonly id: number; readonly why: string }
  | { readonly type: "close" };
