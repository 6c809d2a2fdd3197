import { describe, expect, test } from "vitest";
import * as format from "./format.ts";

describe("numbers have a unit and no false digits", () => {
  test.each([
    [1234.6, "1.235 s"],
    [12.3456, "12.35 ms"],
    [0.01234, "12.34 µs"],
    [0.0000005, "0.5000 ns"],
    [9.99996, "10.00 ms"],
    [0, "0 ms"],
    [null, "–"],
    [Number.NaN, "–"],
  ])("%s ms: %s", (ms, text) => expect(format.formatTime(ms)).toBe(text));

  test.each([
    [999, "999 ms"],
    [3210, "3.2 s"],
    [59_900, "60 s"],
    [250_000, "4 min 10 s"],
    [7_500_000, "2 h 05 min"],
    [180_000_000, "2 d 2 h"],
  ])("%s ms took %s", (ms, text) => expect(format.formatDuration(ms)).toBe(text));

  test("speedups, intervals, shares, dollars, counts and bytes", () => {
    expect(format.formatSpeedup(1.4239)).toBe("1.42×");
    expect(format.formatInterval(1.4, 1.4561)).toBe("1.40–1.46");
    expect(format.formatInterval(null, 2)).toBe("");
    expect(format.formatShare(0.1234)).toBe("12.3 %");
    expect(format.formatDollars(0.00321)).toBe("$0.0032");
    expect(format.formatDollars(12.5)).toBe("$12.50");
    expect(format.formatCount(100000)).toBe("100\u2009000");
    expect(format.formatBytes(1_048_576)).toBe("1.05 MB");
  });
});
