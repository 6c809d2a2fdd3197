/** The live view as text: one snapshot, drawn to fit a terminal. Pure. */
import { cut } from "@kevo/core/text/cut.ts";
import { OUTCOMES } from "@kevo/proto/outcome.ts";
import type { RunObjective } from "../lineage/run-objective.ts";
import type { IslandSnapshot, RunSnapshot } from "../snapshot/snapshot.ts";
import {
  formatConfig,
  formatDirection,
  formatDuration,
  formatMs,
  formatNumber,
  formatProgress,
  formatShare,
  formatWorth,
  oneLine,
  UNKNOWN,
} from "./format.ts";
import { sparkline } from "./sparkline.ts";
import { renderTable } from "./table.ts";

const CURVE_WIDTH = 40;
const CURVE_LABEL = "best over time";
const NUMBER = { align: "right" } as const;

/**
 * @param width columns of the terminal; no line is longer.
 * @param curve fitness of the best, over time.
 * @param height rows of the terminal; islands and devices that do not fit are counted instead.
 */
export function drawFrame(snapshot: RunSnapshot, width = 80, height = 24, curve: readonly number[] = []): string {
  const failed = failures(snapshot);
  const head = [
    `${snapshot.kernel} on ${snapshot.backend}, run ${snapshot.run}: ${snapshot.phase}`,
    countLine(snapshot),
    ...bestLines(snapshot),
    ...(curve.length < 2
      ? []
      : [`      ${sparkline(curve, Math.min(CURVE_WIDTH, width - CURVE_LABEL.length - 7))} ${CURVE_LABEL}`]),
    ...(snapshot.waiting ? [oneLine(snapshot.waiting)] : []),
    ...(snapshot.busy ? [`machine busy: ${snapshot.busy}`] : []),
  ];
  const devices = snapshot.evaluators.flatMap(({ address, state, devices, inFlight, credits }) =>
    (devices.length === 0 ? [{ id: UNKNOWN, model: UNKNOWN, state, busyShare: null }] : devices).map((device) => [
      device.id,
      cut(oneLine(device.model), 24),
      state === "serving" ? device.state : state,
      formatShare(device.busyShare),
      `${inFlight}/${credits}`,
      address,
    ]),
  );
  // Blank lines and heads of the two tables, the failures, and a row for the cursor.
  const room = Math.max(2, height - head.length - (failed === null ? 6 : 7));
  const deviceRows = Math.min(devices.length, Math.max(1, Math.floor(room / 3)));
  const lines = [
    ...head,
    "",
    ...islandLines(snapshot, room - deviceRows),
    "",
    ...(devices.length === 0 ? ["no evaluator yet"] : clip(DEVICE_HEAD, devices, deviceRows, "devices")),
    ...(failed === null ? [] : [failed]),
  ];
  // A frame that is higher than the terminal scrolls, and cannot be drawn over.
  return lines
    .slice(0, Math.max(1, height - 1))
    .map((line) => cut(line, width))
    .join("\n");
}

/** `10 compile_error, 4 incorrect`, or null while nothing failed. */
export function failures({ outcomes }: Pick<RunSnapshot, "outcomes">): string | null {
  const kinds = OUTCOMES.filter((outcome) => outcome !== "ok" && outcomes[outcome] > 0);
  return kinds.length === 0 ? null : `failed: ${kinds.map((kind) => `${outcomes[kind]} ${kind}`).join(", ")}`;
}

function countLine({ evaluated, budget, cached, perSecond, elapsedS, remainingS }: RunSnapshot): string {
  return [
    formatProgress(evaluated, budget),
    ...(cached > 0 ? [`${cached} cached`] : []),
    ...(perSecond === null ? [] : [`${formatNumber(Number(perSecond.toPrecision(2)))}/s`]),
    `${formatDuration(elapsedS)} elapsed`,
    ...(remainingS === null ? [] : [`about ${formatDuration(remainingS)} left`]),
  ].join(", ");
}

function bestLines({ best, objective }: RunSnapshot): string[] {
  if (best === null) return ["no best yet"];
  return [
    `best: ${bestWorth(objective, best)}, by ${best.proposer}, ${best.candidate}`,
    `      ${formatConfig(JSON.parse(best.config))}`,
  ];
}

/** With the time beside a speedup, and the direction of what a recording was tuned for. */
function bestWorth(objective: RunObjective, { fitness, timeMs }: NonNullable<RunSnapshot["best"]>): string {
  const worth = formatWorth(objective, fitness, timeMs);
  if (objective === "speedup") return `${worth} the fastest baseline, ${formatMs(timeMs)}`;
  return objective === "time" ? worth : `${worth} (${formatDirection(objective)})`;
}

const DEVICE_HEAD = [
  { head: "device" },
  { head: "model" },
  { head: "state" },
  { head: "busy", ...NUMBER },
  { head: "in flight", ...NUMBER },
  { head: "evaluator" },
];

function islandLines({ islands, objective }: RunSnapshot, room: number): string[] {
  const niches = islands.some((island) => island.niche !== "");
  const head = [
    { head: "island", ...NUMBER },
    ...(niches ? [{ head: "niche" }] : []),
    { head: "best", ...NUMBER },
    { head: "diversity", ...NUMBER },
    { head: "batches", ...NUMBER },
    { head: "evaluated", ...NUMBER },
    { head: "running", ...NUMBER },
    { head: "worker" },
  ];
  const rows = islands.map((island) => [
    String(island.island),
    ...(niches ? [cut(oneLine(island.niche), 20)] : []),
    formatWorth(objective, island.bestFitness, island.bestTimeMs),
    island.diversity === null ? UNKNOWN : island.diversity.toFixed(2),
    String(island.batches),
    String(island.evaluated),
    String(island.outstanding),
    workerOf(island),
  ]);
  return clip(head, rows, room, "islands");
}

function workerOf({ exhausted, worker }: IslandSnapshot): string {
  if (exhausted) return "exhausted";
  return worker === null ? "waiting for a worker" : oneLine(worker);
}

/** A table of at most `room` rows; the last says how many are not shown. */
function clip(head: Parameters<typeof renderTable>[0], rows: string[][], room: number, what: string): string[] {
  const shown = rows.length <= room ? rows : rows.slice(0, Math.max(1, room - 1));
  const lines = renderTable(head, shown).split("\n");
  return shown.length === rows.length ? lines : [...lines, `and ${rows.length - shown.length} more ${what}`];
}
