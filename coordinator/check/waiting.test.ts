import { afterEach, expect, test, vi } from "vitest";
import { Waiting } from "./waiting.ts";

afterEach(() => vi.useRealTimers());

test("a step that takes long is told with its limit, again and again until the next one", () => {
  vi.useFakeTimers();
  const said: string[] = [];
  {
    using waiting = new Waiting((line) => said.push(line));
    waiting.begin("COMPILING");
    vi.advanceTimersByTime(2_000);
    expect(said).toEqual([]);
    waiting.begin("VERIFYING");
    vi.advanceTimersByTime(19_000);
    expect(said).toEqual([
      expect.stringMatching(/^Still running the baselines and the default.* ended after 60 s\), for 3 s\.$/),
      expect.stringMatching(/for 18 s\.$/),
    ]);
  }
  vi.advanceTimersByTime(60_000);
  expect(said).toHaveLength(2);
});
