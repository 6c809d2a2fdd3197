/** A run as a chart: every evaluation a point, and the best of each island so far as a line. */

export interface Evaluated {
  readonly island: number;
  /** Microseconds; null where the candidate failed. */
  readonly us: number | null;
}

export interface Bounds {
  readonly optimum: number;
  /** The fastest baseline, timed beside the optimum. */
  readonly baseline: number;
  readonly configurations: number;
}

const WIDTH = 820;
const HEIGHT = 400;
const PLOT = { left: 62, right: 800, top: 62, bottom: 344 };
/** Okabe and Ito's colours, which people with colour-blindness can tell apart. */
const COLOURS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7"];
const SHOWN_US = { min: 15, max: 42 };

const STYLE = `
  .paper { fill: #ffffff; }
  text { font: 13px system-ui, -apple-system, "Segoe UI", sans-serif; fill: #24292f; }
  .title { font-size: 15px; font-weight: 600; }
  .note { fill: #57606a; }
  .grid { stroke: #d0d7de; } .axis { stroke: #57606a; }
  .label { fill: #24292f; stroke: #ffffff; stroke-width: 4; stroke-linejoin: round; paint-order: stroke; }
  .limit { stroke: #57606a; stroke-dasharray: 6 4; }
  .point { opacity: .45; }
  .line { fill: none; stroke-width: 2.2; }
  @media (prefers-color-scheme: dark) {
    .paper { fill: #0d1117; } .label { fill: #e6edf3; stroke: #0d1117; }
    text { fill: #e6edf3; } .note { fill: #9198a1; } .grid { stroke: #30363d; } .axis, .limit { stroke: #9198a1; }
  }`;

export function chart(rows: readonly Evaluated[], { optimum, baseline, configurations }: Bounds): string {
  const x = (n: number) => round(PLOT.left + (n / rows.length) * (PLOT.right - PLOT.left));
  const y = (us: number) =>
    round(
      PLOT.bottom -
        ((Math.min(us, SHOWN_US.max) - SHOWN_US.min) / (SHOWN_US.max - SHOWN_US.min)) * (PLOT.bottom - PLOT.top),
    );
  const islands = [...new Set(rows.map(({ island }) => island))].sort((a, b) => a - b);
  const horizontal = (us: number, kind: string) =>
    `<line class="${kind}" x1="${PLOT.left}" x2="${PLOT.right}" y1="${y(us)}" y2="${y(us)}"/>`;
  const text = (px: number, py: number, label: string, kind = "", anchor = "start") =>
    `<text x="${px}" y="${py}" class="${kind}" text-anchor="${anchor}">${label}</text>`;

  const ticks = [20, 25, 30, 35, 40].flatMap((us) => [
    horizontal(us, "grid"),
    text(PLOT.left - 8, y(us) + 4, String(us), "note", "end"),
  ]);
  const counts = [0, 40, 80, 120, 160]
    .filter((n) => n <= rows.length)
    .map((n) => text(x(n), PLOT.bottom + 18, String(n), "note", "middle"));
  const points = rows.flatMap(({ island, us }, i) =>
    us === null ? [] : [`<circle class="point" cx="${x(i + 1)}" cy="${y(us)}" r="2.4" fill="${colour(island)}"/>`],
  );
  const lines = islands.map((island) => {
    let best = Number.POSITIVE_INFINITY;
    const steps: string[] = [];
    rows.forEach((row, i) => {
      if (row.island !== island || row.us === null || row.us >= best) return;
      steps.push(steps.length === 0 ? `M${x(i + 1)} ${y(row.us)}` : `H${x(i + 1)}V${y(row.us)}`);
      best = row.us;
    });
    return `<path class="line" stroke="${colour(island)}" d="${steps.join("")}H${x(rows.length)}"/>`;
  });
  const legend = islands.flatMap((island, i) => [
    `<line class="line" stroke="${colour(island)}" x1="${PLOT.left + i * 92}" x2="${PLOT.left + 22 + i * 92}" y1="45" y2="45"/>`,
    text(PLOT.left + 28 + i * 92, 49, `island ${island}`),
  ]);
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img">`,
    `<title>Best time of four islands over ${rows.length} evaluations</title>`,
    `<style>${STYLE}</style>`,
    `<rect class="paper" width="${WIDTH}" height="${HEIGHT}" rx="6"/>`,
    text(PLOT.left, 24, "Attention of Llama 3.2 1B, 1024 tokens, NVIDIA H200: time of the kernel, µs", "title"),
    ...legend,
    text(PLOT.left + 28 + islands.length * 92, 49, "dots: evaluations · lines: best of each island so far", "note"),
    ...ticks,
    horizontal(baseline, "limit"),
    horizontal(optimum, "limit"),
    ...points,
    ...lines,
    text(PLOT.right, y(baseline) - 7, `fastest PyTorch baseline: ${baseline.toFixed(1)} µs`, "label", "end"),
    text(
      PLOT.right,
      y(optimum) + 18,
      `optimum of all ${configurations.toLocaleString("en-US")} configurations: ${optimum.toFixed(1)} µs`,
      "label",
      "end",
    ),
    `<line class="axis" x1="${PLOT.left}" x2="${PLOT.right}" y1="${PLOT.bottom}" y2="${PLOT.bottom}"/>`,
    ...counts,
    text((PLOT.left + PLOT.right) / 2, PLOT.bottom + 40, "evaluations of the run", "", "middle"),
    "</svg>",
  ].join("\n")}\n`;
}

const colour = (island: number) => COLOURS[island % COLOURS.length] as string;
const round = (value: number) => Math.round(value * 10) / 10;
