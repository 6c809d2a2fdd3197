/**
 * Loaded before a program (`NODE_OPTIONS=--import=`): its time of day is off by the milliseconds in the file that
 * KEVO_TEST_CLOCK names. Time that only goes forward (performance.now, timers) stays as it is, as where a clock is set.
 */
import { readFileSync } from "node:fs";

const file = process.env.KEVO_TEST_CLOCK;
const RealDate = Date;
let offset = 0;
const read = () => {
  try {
    offset = Number(readFileSync(file, "utf8")) || 0;
  } catch {
    offset = 0;
  }
};
if (file !== undefined) {
  read();
  setInterval(read, 50).unref();
  globalThis.Date = class extends RealDate {
    constructor(...given) {
      if (given.length === 0) super(RealDate.now() + offset);
      else super(...given);
    }

    static now() {
      return RealDate.now() + offset;
    }
  };
}
