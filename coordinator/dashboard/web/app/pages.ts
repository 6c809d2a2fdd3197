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
  {
    name: "research",
    title: "Research",
    key: "e",
    of: "database",
    load: async () => (await import("../pages/research/research.tsx")).Research,
  },
  { name: "run", title: "Overview", key: "r", of: "run", load: async () => (await import("../pages/run/run.tsx")).Run },
  {
    name: "candidates",
    title: "Candidates",
    key: "c",
    of: "run",
    load: async () => (await import("../pages/candidates/candidates.tsx")).Candidates,
  },
  {
    name: "islands",
    title: "Islands",
    key: "i",
    of: "run",
    load: async () => (await import("../pages/islands/islands.tsx")).Islands,
  },
  {
    name: "lineage",
    title: "Lineage",
    key: "l",
    of: "run",
    load: async () => (await import("../pages/lineage/lineage.tsx")).Lineage,
  },
  {
    name: "landscape",
    title: "Landscape",
    key: "p",
    of: "run",
    load: async () => (await import("../pages/landscape/landscape.tsx")).Landscape,
  },
  {
    name: "cells",
    title: "Cells",
    key: "w",
    of: "run",
    load: async () => (await import("../pages/cells/cells.tsx")).Cells,
  },
  {
    name: "models",
    title: "Models",
    key: "m",
    of: "run",
    load: async () => (await import("../pages/models/models.tsx")).Models,
  },
  {
    name: "actions",
    title: "Actions",
    key: "x",
    of: "run",
    load: async () => (await import("../pages/actions/actions.tsx")).Actions,
  },
];
