import fc from "fast-check";
import { expect, test } from "vitest";
import { encodeFrame, type Frame, FrameDecoder } from "./frames.ts";

test("frames arrive whole and in order, however the pipe cuts them", () => {
  const frame = fc.record({ type: fc.string(), id: fc.nat(), text: fc.string({ unit: "grapheme" }) });
  fc.assert(
    fc.property(fc.array(frame, { maxLength: 5 }), fc.array(fc.integer({ min: 1, max: 40 })), (frames, cuts) => {
      const bytes = Buffer.concat(frames.map((one) => encodeFrame(one)));
      const decoder = new FrameDecoder();
      const seen: Frame[] = [];
      let at = 0;
      for (const cut of cuts) {
        seen.push(...decoder.push(bytes.subarray(at, at + cut)));
        at = Math.min(bytes.length, at + cut);
      }
      seen.push(...decoder.push(bytes.subarray(at)));
      expect(seen).toEqual(frames);
    }),
  );
});

test.each([
  ["a length that no frame has", Buffer.from("Traceback (most recent call last):\n")],
  ["bytes that are not JSON", Buffer.from([2, 0, 0, 0, 0x7b, 0x7b])],
  ["an object without a type", Buffer.from([2, 0, 0, 0, 0x7b, 0x7d])],
])("refuses %s", (_what, bytes) => {
  expect(() => new FrameDecoder().push(bytes)).toThrow();
});
