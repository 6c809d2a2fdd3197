/** The run that is shown, asked for once for the header and the pages. */
import { signal } from "@preact/signals";
import type { RunAnswer } from "../../contract/runs.ts";

/** Null while it loads, and on pages of the whole database. */
export const shownRun = signal<RunAnswer | null>(null);
