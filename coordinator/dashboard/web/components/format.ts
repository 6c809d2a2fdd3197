/** Numbers for people: each with its unit, an interval where there is one, and a dash where nothing was measured. */
export const MISSING = "–";

const digits = (value: number, significant: number): string => {
  const rounded = Number(value.toPrecision(significant));
  const decimals = Math.max(0, significant - 1 - Math.floor(Math.log10(Math.abs(rounded) || 1)));
  return rounded.toFixed(Math.min(decimals, 12));
};

export function formatNumber(value: number | null | undefined, significant = 4): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return MISSING;
  if (value === 0) return "0";
  const size = Math.abs(value);
  return size >= 1e9 || size < 1e-6 ? value.toExponential(significant - 1) : digits(value, significant);
}

export function formatCount(value: number | null | undefined): string {
  if (value === null || value === undefined) return MISSING;
  return Math.round(value)
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, "\u2009");
}

/** `1 candidate`, `2 000 candidates`. */
export const counted = (count: number, one: string, many = `${one}s`): string =>
  `${formatCount(count)} ${count === 1 ? one : many}`;

/** A kernel's time, in the unit that leaves one to three digits before the point. */
export function formatTime(ms: number | null | undefined): string {
  if (ms === null || ms === undefined || !Number.isFinite(ms)) return MISSING;
  const size = Math.abs(ms);
  if (size >= 1000) return `${formatNumber(ms / 1000)} s`;
  if (size >= 1 || size === 0) return `${formatNumber(ms)} ms`;
  return size >= 1e-3 ? `${formatNumber(ms * 1e3)} µs` : `${formatNumber(ms * 1e6)} ns`;
}

export function formatSpeedup(value: number | null | undefined): string {
  return value === null || value === undefined ? MISSING : `${formatNumber(value, 3)}×`;
}

/** Both ends with the digits of the value that they belong to. */
export function formatInterval(low: number | null | undefined, high: number | null | undefined): string {
  if (low === null || low === undefined || high === null || high === undefined) return "";
  return `${formatNumber(low, 3)}–${formatNumber(high, 3)}`;
}

export function formatShare(value: number | null | undefined): string {
  return value === null || value === undefined ? MISSING : `${formatNumber(value * 100, 3)} %`;
}

export function formatDollars(value: number | null | undefined): string {
  if (value === null || value === undefined) return MISSING;
  return `$${value >= 0.1 || value === 0 ? value.toFixed(2) : value.toPrecision(2)}`;
}

/** How long something took: `3.2 s`, `4 min 10 s`, `2 h 05 min`. */
export function formatDuration(ms: number | null | undefined): string {
  if (ms === null || ms === undefined || !Number.isFinite(ms)) return MISSING;
  if (ms < 1000) return `${Math.round(ms)} ms`;
  const s = ms / 1000;
  if (s < 60) return `${s < 10 ? s.toFixed(1) : Math.round(s)} s`;
  const minutes = Math.floor(Math.round(s) / 60);
  if (minutes < 60) return `${minutes} min ${pad(Math.round(s) % 60)} s`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h ${pad(minutes % 60)} min` : `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

const pad = (value: number): string => String(value).padStart(2, "0");

/** A moment in the reader's own time zone: `2026-11-27 14:03:05`. */
export function formatMoment(ms: number | null | undefined): string {
  if (ms === null || ms === undefined) return MISSING;
  const t = new Date(ms);
  const day = `${t.getFullYear()}-${pad(t.getMonth() + 1)}-${pad(t.getDate())}`;
  return `${day} ${pad(t.getHours())}:${pad(t.getMinutes())}:${pad(t.getSeconds())}`;
}

export function formatBytes(value: number | null | undefined): string {
  if (value === null || value === undefined) return MISSING;
  if (value < 1e3) return `${value} B`;
  return value < 1e6 ? `${formatNumber(value / 1e3, 3)} kB` : `${formatNumber(value / 1e6, 3)} MB`;
}
