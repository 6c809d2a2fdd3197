/** Durations as people write them: `90s`, `10m`, `1h30m`, `500ms`. */
import { UserError } from "../errors/user-error.ts";

const SECONDS = { ms: 0.001, s: 1, m: 60, h: 3600 } as const;
const WHOLE = /^(?:\d+(?:\.\d+)?(?:ms|s|m|h))+$/;
const PART = /(\d+(?:\.\d+)?)(ms|s|m|h)/g;

/** Twenty days: Node's timers hold 24, and ring at once when they are given more. */
const MAX_HOURS = 480;

/** Seconds, above zero and at most 480 hours. @throws UserError (code 2) that names the option and the value. */
export function parseDuration(text: string, option: string): number {
  const parts = WHOLE.test(text) ? [...text.matchAll(PART)] : [];
  const seconds = parts.reduce(
    (sum, [, amount, unit]) => sum + Number(amount) * SECONDS[unit as keyof typeof SECONDS],
    0,
  );
  if (!(seconds > 0)) {
    throw new UserError(`${option} ${text}: this is not a duration. Write for example 90s, 10m or 1h30m.`, 2);
  }
  if (seconds > MAX_HOURS * SECONDS.h) throw new UserError(`${option} ${text}: at most ${MAX_HOURS}h.`, 2);
  return seconds;
}
