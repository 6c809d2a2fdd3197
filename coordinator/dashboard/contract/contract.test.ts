import { describe, expect, test } from "vitest";
import { z } from "zod";
import { ACTION_ENDPOINTS, ENDPOINTS, type Endpoint, pathTo, STREAMS } from "./endpoints.ts";
import { eventId, tailsOfEventId } from "./live.ts";

const endpoints: [string, Endpoint][] = Object.entries(ENDPOINTS);

describe("the API's contract", () => {
  test("every answer, query and body can be described as a JSON schema", () => {
    const schemas = [
      ...endpoints.flatMap(([, { query, answer }]) => (query === null ? [answer] : [query, answer])),
      ...ACTION_ENDPOINTS.flatMap(({ body, answer }) => [body, answer]),
    ];
    for (const schema of schemas) expect(z.toJSONSchema(schema, { io: "input" })).toMatchObject({ type: "object" });
  });

  test("no path occurs twice", () => {
    const paths = [...endpoints.map(([, { path }]) => path), ...Object.values(STREAMS).map(({ path }) => path)];
    expect(new Set(paths).size).toBe(paths.length);
  });

  test("a candidate's id stays one part of a path, whatever characters a name has", () => {
    const path = pathTo(ENDPOINTS.ancestry.path, { candidate: "run ?#/0/1/2" });
    expect(path).toBe("/api/v1/candidates/run%20%3F%23%2F0%2F1%2F2/ancestry");
    expect(decodeURIComponent(new URL(path, "http://host").pathname.split("/")[4] as string)).toBe("run ?#/0/1/2");
  });

  test.each([{ logs: [0] }, { logs: [12, -1, 340] }])("an event's id is the tails of the logs $logs", ({ logs }) => {
    expect(tailsOfEventId(eventId(logs))).toEqual(logs);
  });

  test.each(["", "a", "1.", "1..2", "1e3", "1 2"])("%j is no event's id", (id) => {
    expect(tailsOfEventId(id)).toBeNull();
  });
});
