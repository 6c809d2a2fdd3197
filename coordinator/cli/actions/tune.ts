/** What `coordinator tune` does: a run, then the file. */
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { parseDevices } from "@kevo/core/config/devices.ts";
import { readEnvironment } from "@kevo/core/config/environment.ts";
import { makeFolder } from "@kevo/core/config/folder.ts";
import { reasonOf } from "@kevo/core/errors/system-error.ts";
import { UserError } from "@kevo/core/errors/user-error.ts";
import { shellWord } from "@kevo/core/program/shell-word.ts";
import { counted } from "@kevo/core/text/plural.ts";
import { openLineage } from "../../lineage/database.ts";
import { resolveRun } from "../../lineage/queries/resolve.ts";
import { KERNELS } from "../../run/kernel-of.ts";
import type { Launch } from "../../run/launch.ts";
import type { RunRequest } from "../../run/spec.ts";
import { type ChosenRow, chooseRows, type Rival } from "../../tuned-files/choose-rows.ts";
import { parseTunedName, tunedPath } from "../../tuned-files/file-name.ts";
import { parseTunedFile, type Stack, type TunedRow, writeTunedFile } from "../../tuned-files/format.ts";
import { type FoundRun, foundBatches } from "../../tuned-files/found-batches.ts";
import { LADDER, wholeLadder } from "../../tuned-files/ladder.ts";
import { CARRIED, defaultRow } from "../../tuned-files/lookup.ts";
import { folderName, type MoeShape, rivalsOf, writeMoeKernel } from "../../tuned-files/moe-kernel.ts";
import { hint, print, printJson, printTable } from "../output.ts";
import { startRun } from "../run-session.ts";

export interface TuneRequest {
  readonly shape: MoeShape;
  /** Ascending. */
  readonly batches: readonly number[];
  readonly stack: Stack;
  readonly timeS: number;
  readonly evaluations: number;
  readonly seedFiles: readonly string[];
  readonly seed: number | undefined;
  readonly devices: string | undefined;
  readonly out: string;
  readonly db: string;
  readonly json: boolean;
}

export async function tuneFusedMoe(request: TuneRequest): Promise<void> {
  const { shape, batches, stack, db } = request;
  // Not after minutes of measuring.
  const files = request.seedFiles.map((path) => readSeeds(path, shape));
  makeFolder(isFolder(request.out) ? request.out : dirname(resolve(request.out)), "--out");
  const rule: Rival = {
    name: `${stack}'s rule`,
    rows: new Map(batches.map((batch) => [batch, defaultRow(stack, batch, shape.experts)])),
  };
  const folder = join(dirname(resolve(db)), "tuned", folderName(shape));
  writeMoeKernel(join(KERNELS, "fused-moe"), folder, shape, batches, [rule, ...files]);
  await run(request, folder, rivalsOf(batches, [rule, ...files]));
  if (process.exitCode !== undefined && process.exitCode !== 0) return;
  const lineage = openLineage(db, { existing: true });
  try {
    const { id } = resolveRun(lineage.db, undefined);
    const found = foundBatches(lineage.db, id, batches);
    const rows = chooseRows(found.batches, rule, files);
    const ruleOf = (batch: number) => defaultRow(stack, batch, shape.experts);
    const written = write(request, found, wholeLadder(rows, ruleOf, files));
    if (request.json) return printJson({ run: id, files: written, device: found.device, rows });
    tell(request, found, rows, [rule, ...files], written);
  } finally {
    lineage.close();
  }
}

async function run(
  { timeS, evaluations, seed, devices, db }: TuneRequest,
  folder: string,
  rivals: RunRequest["rivals"],
): Promise<void> {
  const request: RunRequest = {
    backend: "triton",
    workloads: ["*"],
    perWorkload: true,
    islands: undefined,
    topology: "ring",
    migrateEvery: 5,
    migrants: 1,
    sync: false,
    seed,
    evaluations,
    timeS,
    effort: "quick",
    search: "default",
    prior: [],
    ...(rivals !== undefined && { rivals }),
  };
  const launch: Launch = {
    kernel: folder,
    spaces: [],
    time_scale: 0,
    evaluators: [],
    devices: devices === undefined ? null : parseDevices(devices).join(","),
    external_workers: false,
    nats: null,
    nats_listen: null,
    record: null,
  };
  const { KEVO_TOKEN: token } = readEnvironment();
  await startRun(request, launch, { db, json: false, token });
}

function readSeeds(path: string, { experts, intermediate }: MoeShape): Rival {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    throw new UserError(`--seeds: ${reasonOf(error)}.`, 2);
  }
  const named = parseTunedName(basename(path));
  if (named !== null && (named.experts !== experts || named.intermediate !== intermediate)) {
    hint(
      `--seeds ${path} is named for E=${named.experts},N=${named.intermediate}; its rows are tried, but it is not what the stack would read here.`,
    );
  }
  return { name: basename(path), rows: parseTunedFile(text, `--seeds ${path}`).rows };
}

function isFolder(out: string): boolean {
  return out.endsWith("/") || (existsSync(out) && statSync(out).isDirectory());
}

/** @returns the paths. */
function write({ shape, stack, out }: TuneRequest, found: FoundRun, rows: ReadonlyMap<number, TunedRow>): string[] {
  const { device } = found;
  if (device === null) {
    throw new UserError(
      "No configuration ran, so there is no file to write. See why with: coordinator lineage failures",
    );
  }
  const version = /\btriton (\d+\.\d+\.\d+)/.exec(found.toolchain ?? "")?.[1] ?? "unknown";
  const tuned = { experts: shape.experts, intermediate: shape.intermediate, device, dtype: null, blockShape: null };
  const path = isFolder(out) ? join(out, tunedPath(stack, tuned, version)) : out;
  const put = (file: string, text: string) => {
    makeFolder(dirname(resolve(file)), "--out");
    writeFileSync(file, text);
    return file;
  };
  if (stack === "vllm") return [put(path, writeTunedFile({ tritonVersion: version, rows }))];
  // SGLang requires that both have the same BLOCK_SIZE_M; here one row was tuned for both products.
  const down = new Map([...rows].map(([batch, row]) => [batch, { ...row, USE_TMA: false }]));
  return [
    put(path, writeTunedFile({ tritonVersion: null, rows })),
    put(path.replace(/(\.json)?$/, "_down.json"), writeTunedFile({ tritonVersion: null, rows: down })),
  ];
}

function tell(
  { stack }: TuneRequest,
  found: FoundRun,
  rows: readonly ChosenRow[],
  rivals: readonly Rival[],
  written: readonly string[],
): void {
  const right = (head: string) => ({ head, align: "right" }) as const;
  const times = (value: number | null | undefined) => (value == null ? "-" : `${value.toFixed(3)}×`);
  printTable(
    [
      ...[right("batch"), right("time µs"), { head: "row" }, ...CARRIED.map((name) => right(SHORT[name]))],
      ...rivals.map(({ name }) => right(`against ${name}`)),
    ],
    rows.map(({ batch, time_us, from, row, against }) => [
      ...[String(batch), time_us === null ? "-" : time_us.toPrecision(4), from],
      ...CARRIED.map((name) => String(row[name] ?? "-")),
      ...rivals.map(({ name }) => times(against[name])),
    ]),
  );
  const pinned = rows.filter(({ from }) => from !== "found").length;
  const untuned = LADDER.filter((batch) => !rows.some((row) => row.batch === batch)).length;
  print("");
  print(
    `${counted(found.evaluations, "evaluation")} in ${Math.round(found.elapsedS)} s on ${found.device}; ${counted(pinned, "row")} won nothing and ${pinned === 1 ? "is" : "are"} the fastest of what was there. Timed with this project's kernel.`,
  );
  if (untuned > 0) {
    print(
      `${counted(untuned, "batch size")} of the ladder ${untuned === 1 ? "was" : "were"} not tuned and ${untuned === 1 ? "has" : "have"} the row of ${rivals[1]?.name ?? `${stack}'s rule`}.`,
    );
  }
  print(`Wrote ${written.map(shellWord).join(" and ")}.`);
}

const SHORT = {
  BLOCK_SIZE_M: "M",
  BLOCK_SIZE_N: "N",
  BLOCK_SIZE_K: "K",
  GROUP_SIZE_M: "group",
  num_warps: "warps",
  num_stages: "stages",
  maxnreg: "registers",
} as const;
