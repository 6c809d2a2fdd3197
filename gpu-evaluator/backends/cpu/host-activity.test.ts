/** With files of `/proc` that are made up. */
import { expect, test } from "vitest";
import { HostWatch } from "./host-activity.ts";

const stat = (user: number, idle: number, stolen: number) =>
  `cpu  ${user} 0 0 ${idle} 0 0 0 ${stolen} 0 0\ncpu0 1 2 3 4 5 6 7 8 9 10\nintr 1\n`;
const pressure = (us: number) =>
  `some avg10=1.00 avg60=1.00 avg300=1.00 total=${us}\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=0\n`;

test("says how many others wanted a core, what the hypervisor took, and how long threads waited", () => {
  const files: Record<string, string> = { stat: stat(100, 1000, 5), "pressure/cpu": pressure(1_000_000) };
  let now = 0;
  const watch = new HostWatch(
    (name) => files[name] ?? null,
    4,
    () => now,
  );
  for (const running of [1, 3, 5]) {
    files.loadavg = `0.12 0.34 0.56 ${running}/812 4711\n`;
    watch.sample();
  }
  now = 2_000;
  Object.assign(files, { stat: stat(500, 1400, 205), "pressure/cpu": pressure(1_500_000) });
  // Two of others on average, on four cores; a fifth of the ticks; half a second of two.
  expect(watch.end()).toEqual({ load_per_core: 0.5, stolen: 0.2, pressure: 0.25 });
});

test("says nothing of what the system does not tell", () => {
  const watch = new HostWatch(() => null, 4);
  watch.sample();
  expect(watch.end()).toEqual({ load_per_core: null, stolen: null, pressure: null });
});

test("reads this machine", () => {
  const watch = new HostWatch();
  watch.sample();
  const { load_per_core, stolen } = watch.end();
  expect(load_per_core).toBeGreaterThanOrEqual(0);
  expect(stolen).toBeLessThanOrEqual(1);
});
