/** Shapes of the devices' timeline: pure. */

/** An area of steps: each share fills its part of the width, to that part of the height, from the bottom. */
export function areaPath(shares: readonly number[], width: number, height: number, top: number): string {
  if (shares.length === 0) return "";
  const base = top + height;
  const step = width / shares.length;
  const level = (share: number) => (base - Math.min(1, Math.max(0, share)) * height).toFixed(1);
  const steps = shares.map((share, at) => `V${level(share)}H${((at + 1) * step).toFixed(1)}`);
  return `M0 ${base}${steps.join("")}V${base}Z`;
}

/** Where the time between two moments lies in a window. */
export function presence(
  first: number,
  last: number,
  from: number,
  to: number,
  width: number,
): { left: number; right: number } {
  const place = (moment: number) => (Math.min(to, Math.max(from, moment)) - from) * (width / Math.max(1, to - from));
  return { left: place(first), right: place(last) };
}
