/** The one table of pages: the navigation, the keys and the addresses follow from it. */
import type { ComponentType } from "preact";

export interface Page {
  /** Its part of the address, `#/run/RUN/NAME` or `#/NAME`. */
  readonly name: string;
  readonly title: string;
  /** The second key after `g`. */
  readonly key: string;
  /** A page of one run, or of the whole database. */
  readonly of: "run" | "database";
  readonly load: () => Promise<ComponentType>;
}

export const PAGES: readonly Page[] = [
  {
    name: "runs",
    title: "Runs",
    key: "a",
    of: "database",
    load: async () => (await import("../pages/runs/runs.tsx")).Runs,
  },
  { name: "run", title: "Overview", key: "r", of: "run", load: async () => (await import("../pages/run/run.tsx")).Run },
  {
    name: "candidates",
    title: "Candidates",
    key: "c",
    of: "run",
    load: async () => (await import("../pages/candidates/candidates.tsx")).Candidates,
  },
];
