/** Files that release 0.1.0 wrote, unpacked into a working directory; `release-0.1.0/README.md` lists them. */
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, renameSync } from "node:fs";
import { fileURLToPath } from "node:url";
import Database from "better-sqlite3";
import { Workplace } from "../support/programs.ts";

const FILES = fileURLToPath(new URL("./release-0.1.0/files.tar.gz", import.meta.url));
/** Where they lay when they were written. */
const WRITTEN_IN = "/example";

const TODAY: ReadonlyMap<unknown, string> = new Map([
  ["grok", "llm"],
  ["kin", "transfer"],
]);

export const RUN = {
  sync: "20261126-bowl-692a",
  llm: "20261126-bowl-cc8e",
  interrupted: "20261126-bowl-74a7",
  evolvedSource: "20261126-attention-cpu-naive-1dd6",
  cpu: "20261126-vector-scale-cpu-3a81",
  research: "20261122-idea-2-1-threshold-and-exponential-tuned-10ac",
};

export interface StoredAnswer {
  readonly command: readonly string[];
  readonly answer: unknown;
}

/** As on the machine that wrote it, but for the folder. */
export function releaseWorkplace(): Workplace {
  const place = new Workplace();
  execFileSync("tar", ["-xzf", FILES, "-C", place.path]);
  mkdirSync(place.file(".kevo"));
  for (const name of ["lineage.db", "research.db"]) renameSync(place.file(name), place.file(`.kevo/${name}`));
  const db = new Database(place.file(".kevo/lineage.db"));
  db.prepare("update runs set launch = replace(launch, ?, ?)").run(WRITTEN_IN, place.path);
  db.close();
  return place;
}

/** What the release answered on these files, with the names that proposers have today. */
export function answersOf(place: Workplace): StoredAnswer[] {
  const answers: StoredAnswer[] = JSON.parse(readFileSync(place.file("answers.json"), "utf8"));
  return answers.map(({ command, answer }) => ({ command, answer: renamed(answer) }));
}

function renamed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(renamed);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => [
      key,
      key === "proposer" || key === "name" ? (TODAY.get(one) ?? one) : renamed(one),
    ]),
  );
}
