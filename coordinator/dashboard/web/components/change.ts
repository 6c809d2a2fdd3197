/** What an edge of an ancestry says: which parameters changed, and what that earned. */
import type { Change, Descent } from "../../contract/candidates.ts";
import { MISSING } from "./format.ts";
import { visibleText } from "./untrusted.ts";

export function describeChange({ parameter, from, to }: Change): string {
  return `${visibleText(parameter)} ${valueText(from)} → ${valueText(to)}`;
}

const valueText = (value: Change["from"]): string =>
  value === null ? MISSING : visibleText(Array.isArray(value) ? value.join(" ") : String(value));

/** All changes in one line of at most so many characters; the rest is counted. */
export function describeChanges(
  { changes, code_changed }: Pick<Descent, "changes" | "code_changed">,
  most: number,
): string {
  const all = [...(code_changed ? ["code"] : []), ...changes.map(describeChange)];
  const [first] = all;
  if (first === undefined) return "same configuration";
  for (let shown = all.length; shown > 0; shown--) {
    const rest = all.length - shown;
    const text = all.slice(0, shown).join(", ") + (rest === 0 ? "" : `, +${rest}`);
    if (text.length <= most) return text;
  }
  const more = all.length === 1 ? "" : `, +${all.length - 1}`;
  return `${cut(first, most - more.length)}${more}`;
}

export const cut = (text: string, most: number): string => (text.length <= most ? text : `${text.slice(0, most - 1)}…`);

/** Of a gain, of which more is better: `+12 %`, `−3.1 %`, `±0 %`, `4.2 times as good`. */
export function describeGain(gain: number | null): string {
  if (gain === null) return "no gain known";
  if (gain >= 3) return `${Number(gain.toPrecision(3))} times as good`;
  const percent = (gain - 1) * 100;
  const size = Math.abs(percent);
  if (size < 0.05) return "±0 %";
  return `${percent > 0 ? "+" : "−"}${size < 10 ? size.toFixed(1) : Math.round(size)} %`;
}

/** Within the noise of a measurement no change is called a gain or a loss. */
const NOISE = 0.005;

export function toneOf(gain: number | null): "good" | "bad" | "even" {
  if (gain === null || Math.abs(gain - 1) < NOISE) return "even";
  return gain > 1 ? "good" : "bad";
}

/** Without the run, which the page says once. */
export const shortId = (candidate: string): string => candidate.split("/").slice(-3).join("/");
