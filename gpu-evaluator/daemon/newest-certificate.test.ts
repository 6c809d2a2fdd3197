import { expect, test } from "vitest";
import { NewestCertificate } from "./newest-certificate.ts";

test("a coordinator's older certificate is refused a minute after a newer one was seen", () => {
  let now = 1_000_000;
  const certificates = new NewestCertificate(() => now);
  const [first, second] = [Date.parse("Nov 26 10:00:00 2026 GMT"), Date.parse("Nov 26 11:00:00 2026 GMT")];
  expect(certificates.accepts(first)).toBe(true);
  expect(certificates.accepts(second)).toBe(true);
  now += 59_000;
  expect(certificates.accepts(first)).toBe(true);
  now += 2_000;
  expect(certificates.accepts(first)).toBe(false);
  expect(certificates.accepts(second)).toBe(true);
  expect(certificates.accepts(Number.NaN)).toBe(false);
});
