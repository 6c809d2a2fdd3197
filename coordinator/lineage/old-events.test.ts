import { EVENT_DATA, type EventKind } from "@kevo/proto/event.ts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Builder, buildLineage } from "./lineage-builder.fixture.ts";
import { dataOfOldMessage } from "./old-events.ts";
import { eventsOf } from "./queries/events.ts";
import { measurementConditionsOf } from "./queries/measurement-conditions.ts";
import { modelsUsed } from "./queries/models.ts";
import { endOf } from "./queries/run-end.ts";

/** As version 0.1.0 wrote them. */
test.each<[EventKind, string, object | null]>([
  ["measured_under", 'r/0/3/1 {"temperature_c":41}', { candidate: "r/0/3/1", conditions: { temperature_c: 41 } }],
  ["measured_under", "r/0/3/1", null],
  [
    "finalist_failed",
    "r/0/3/1 failed when measured again: incorrect: off by 3",
    { candidate: "r/0/3/1", message: "incorrect: off by 3" },
  ],
  [
    "model_trouble",
    "grok-4.3 (no_credits): the account is empty (402)\nsee there",
    { model: "grok-4.3", kind: "no_credits", text: "the account is empty (402)\nsee there" },
  ],
  ["attempt_lost", "r/0/3/1: 14 UNAVAILABLE: no answer", { candidate: "r/0/3/1", why: "14 UNAVAILABLE: no answer" }],
  ["stopping", "stop was asked for", { end: "stop_requested" }],
  ["stopping", "the time of 90 s is up", { end: "time_up" }],
  ["exhausted", "the islands have nothing left to propose after 16 of 100 evaluations", { end: "space_exhausted" }],
  ["completed", "the run is completed", null],
  ["nats", "connected to NATS again", null],
])("%s: %j", (kind, message, data) => {
  expect(dataOfOldMessage(kind, message)).toEqual(data);
  if (data !== null) expect(EVENT_DATA[kind].parse(data)).toEqual(data);
});

describe("a database of before and one of today", () => {
  let lineage: Builder;
  beforeAll(() => {
    lineage = buildLineage();
  });
  afterAll(() => lineage.remove());

  test("tell under which conditions a finalist was measured", () => {
    const run = lineage.run();
    const id = lineage.candidate(run);
    lineage.event(run, "measured_under", `${id} {"temperature_c":41}`);
    lineage.event(run, "measured_under", "for people", { candidate: id, conditions: { temperature_c: 43 } });
    expect(measurementConditionsOf(lineage.db, run).get(id)).toEqual([{ temperature_c: 41 }, { temperature_c: 43 }]);
  });

  test("tell why a model proposed nothing, once", () => {
    const run = lineage.run();
    lineage.called(run, { model: "m", outcome: "no_credits", error: "empty", reservedUsd: 0 });
    lineage.event(run, "model_trouble", "m (no_credits): the account is empty");
    lineage.event(run, "model_trouble", "for people", { model: "m", kind: "no_credits", text: "the account is empty" });
    lineage.event(run, "model_trouble", "m (bad_key): the key is refused");
    expect(modelsUsed(lineage.db, run).trouble).toEqual(["m (no_credits): empty", "m (bad_key): the key is refused"]);
  });

  test("tell why a run ended", () => {
    const ended = (
      events: [EventKind, string, object?][],
      status: "completed" | "stopped" | "failed" = "completed",
    ) => {
      const run = lineage.run({ status });
      for (const event of events) lineage.event(run, ...event);
      return endOf(lineage.db, run, status);
    };
    expect(ended([["completed", "the run is completed"]])).toBe("budget_spent");
    expect(
      ended([
        ["stopping", "the time of 9 s is up"],
        ["completed", "the run is completed"],
      ]),
    ).toBe("time_up");
    expect(ended([["stopped", "the run is stopped"]], "stopped")).toBe("stop_requested");
    expect(ended([["failed", "No evaluator has served for 60 s."]], "failed")).toBe("failed");
    expect(ended([["failed", "whatever", { end: "no_evaluator" }]], "failed")).toBe("no_evaluator");
    expect(ended([["completed", "whatever", { end: "space_exhausted" }]])).toBe("space_exhausted");
    expect(endOf(lineage.db, "r", "running")).toBeNull();
  });

  test("an event whose message says nothing is left out", () => {
    const run = lineage.run();
    lineage.event(run, "finalist_failed", "somebody wrote this by hand");
    expect(eventsOf(lineage.db, run, "finalist_failed")).toEqual([]);
  });
});
