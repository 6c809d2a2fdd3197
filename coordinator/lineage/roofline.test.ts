import { expect, test } from "vitest";
import { formatRoofline } from "../progress/format.ts";
import { rooflineOf } from "./roofline.ts";

test("the nearest limit counts, so that a memory-bound kernel is not 2 % of peak", () => {
  const shares = (peak_share: number | null, bandwidth_share: number | null) =>
    formatRoofline(
      rooflineOf({ peak_share, bandwidth_share, bandwidth_of: bandwidth_share === null ? null : "memory" }),
    );
  expect(shares(0.02, 0.62)).toBe("62 % of memory bandwidth");
  expect(shares(0.47, 0.1)).toBe("47 % of peak");
  expect(shares(null, 0.1)).toBe("10 % of memory bandwidth");
  expect(shares(0.47, null)).toBe("47 % of peak");
  expect(shares(null, null)).toBe("–");
  expect(formatRoofline({ share: 0.3, of: "cache" })).toBe("30 % of cache bandwidth");
});
