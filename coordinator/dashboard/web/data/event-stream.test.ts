import { expect, test } from "vitest";
import { eventParser } from "./event-stream.ts";

test("events are found however the stream is cut", () => {
  const stream = 'id: 3.4\nevent: moved\ndata: {"a":1}\n\n: alive\n\ndata: x\ndata:y\n\n';
  for (let cut = 0; cut <= stream.length; cut++) {
    const parse = eventParser();
    expect([...parse(stream.slice(0, cut)), ...parse(stream.slice(cut))]).toEqual([
      { id: "3.4", event: "moved", data: '{"a":1}' },
      { id: "3.4", event: "message", data: "x\ny" },
    ]);
  }
});
