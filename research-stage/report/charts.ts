/** Charts as SVG, of numbers and labels alone. */
import { entities } from "./html.ts";

const WIDTH = 640;
const INK = "#57606a";
const COLOURS = ["#8c959f", "#0969da", "#1a7f37"];

export interface Bars {
  /** Of each group, in order. */
  readonly series: readonly string[];
  readonly groups: readonly { readonly label: string; readonly values: readonly (number | null)[] }[];
  readonly unit: string;
}

/** Horizontal bars, a group for each label. */
export function barChart({ series, groups, unit }: Bars): string {
  const most = Math.max(...groups.flatMap(({ values }) => values.map((value) => value ?? 0)), Number.MIN_VALUE);
  const [left, bar, space] = [170, 16, 14];
  const group = series.length * bar + space;
  const height = groups.length * group + 40;
  const legend = series.map(
    (name, at) =>
      `<rect x="${left + at * 150}" y="6" width="10" height="10" fill="${COLOURS[at % COLOURS.length]}"/>` +
      text(left + at * 150 + 15, 15, name),
  );
  const bars = groups.flatMap(({ label, values }, row) => {
    const top = 30 + row * group;
    return [
      text(left - 8, top + (series.length * bar) / 2 + 4, label, "end"),
      ...values.map((value, at) => {
        if (value === null) return "";
        const length = ((WIDTH - left - 90) * value) / most;
        const y = top + at * bar;
        return `<rect x="${left}" y="${y}" width="${length.toFixed(1)}" height="${bar - 3}" fill="${COLOURS[at % COLOURS.length]}"/>${text(left + length + 5, y + 11, `${number(value)} ${unit}`)}`;
      }),
    ];
  });
  return svg(height, [...legend, ...bars]);
}

/** The best so far over evaluations, and each evaluation as a dot. */
export function progressChart(history: readonly (number | null)[], yLabel: string): string {
  const [left, right, top, bottom] = [50, 15, 15, 40];
  const height = 260;
  const most = Math.max(1, ...history.map((value) => value ?? 0)) * 1.05;
  const x = (at: number) => left + ((WIDTH - left - right) * (at + 1)) / Math.max(1, history.length);
  const y = (value: number) => height - bottom - ((height - top - bottom) * value) / most;
  let best = 0;
  const line = history.map((value, at) => {
    best = Math.max(best, value ?? 0);
    return `${x(at).toFixed(1)},${y(best).toFixed(1)}`;
  });
  const dots = history.flatMap((value, at) =>
    value === null ? [] : [`<circle cx="${x(at).toFixed(1)}" cy="${y(value).toFixed(1)}" r="2" fill="${COLOURS[0]}"/>`],
  );
  const one = y(1).toFixed(1);
  return svg(height, [
    `<line x1="${left}" y1="${height - bottom}" x2="${WIDTH - right}" y2="${height - bottom}" stroke="${INK}"/>`,
    `<line x1="${left}" y1="${top}" x2="${left}" y2="${height - bottom}" stroke="${INK}"/>`,
    `<line x1="${left}" y1="${one}" x2="${WIDTH - right}" y2="${one}" stroke="${INK}" stroke-dasharray="4 4"/>`,
    text(left - 6, Number(one) + 4, "1×", "end"),
    text(left - 6, y(most / 1.05) + 4, `${number(most / 1.05)}×`, "end"),
    ...dots,
    `<polyline points="${line.join(" ")}" fill="none" stroke="${COLOURS[1]}" stroke-width="2"/>`,
    text(WIDTH / 2, height - 8, `evaluations (${history.length})`, "middle"),
    text(left + 4, top + 2, yLabel),
  ]);
}

function svg(height: number, parts: readonly string[]): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" font-family="system-ui,sans-serif" font-size="12">${parts.join("")}</svg>`;
}

function text(x: number, y: number, label: string, anchor = "start"): string {
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" fill="${INK}" text-anchor="${anchor}">${entities(label)}</text>`;
}

const number = (value: number): string => String(Number(value.toPrecision(3)));
