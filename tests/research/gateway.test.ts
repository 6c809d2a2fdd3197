import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openGateway } from "@kevo/research-stage/recording/gateway.ts";
import { createMemoryStore, openFolderStore } from "@kevo/research-stage/recording/store.ts";
import type { ExchangeStore, Line, Service, Transport } from "@kevo/research-stage/recording/transport.ts";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { startFake } from "../fakes/http/fake-server.ts";

const KEY = "synthetic-secret-0123456789";

/** Answers what it was sent, keys included: the worst that a service can do to a recording. */
const openEcho = (scenario = "ok") =>
  startFake(
    {
      answer: ({ method, url, body, headers }) => ({
        status: 200,
        headers: { "content-type": "application/json", "x-rate-limit-reset": "5", "set-cookie": "session=1" },
        body: JSON.stringify({ method, path: `${url.pathname}${url.search}`, body, key: headers.authorization }),
      }),
      refuse: ({ name }) => ({ status: Number(name.slice(0, 3)), headers: {}, body: "refused" }),
    },
    scenario,
  );

const serviceAt = (origin: string, more: Partial<Service> = {}): Service => ({
  name: "echo",
  origin,
  timeoutMs: 120_000,
  intervalMs: 0,
  fresh: (recordedAt, now) => now - recordedAt < 1_000,
  sound: () => true,
  ...more,
});

const get = async (line: Line, path: string, init: RequestInit = {}) => {
  const response = await fetch(`${line.baseUrl}${path}`, { headers: { authorization: `Bearer ${KEY}` }, ...init });
  return { status: response.status, headers: response.headers, body: await response.text() };
};

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "kevo-recording-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

interface Options {
  recording?: ExchangeStore;
  replay?: boolean;
  cache?: ExchangeStore;
  now?: () => number;
}
async function withGateway<T>(options: Options, use: (transport: Transport) => Promise<T>): Promise<T> {
  const { recording = createMemoryStore(), replay = false, cache = null, now = Date.now } = options;
  const transport = await openGateway({ recording, replay, cache, now, environment: { XAI_API_KEY: KEY } });
  try {
    return await use(transport);
  } finally {
    await transport.close();
  }
}

test("what was recorded is repeated without the service, headers that matter included", async () => {
  const store = openFolderStore(folder);
  const live = await (async () => {
    await using fake = await openEcho();
    return await withGateway({ recording: store }, (t) =>
      t.call(serviceAt(fake.url), undefined, (l) => get(l, "/a?y=2&x=1")),
    );
  })();
  const nowhere = serviceAt("http://127.0.0.1:9");
  const replayed = await withGateway({ recording: store, replay: true }, (t) =>
    t.call(nowhere, undefined, async (line) => {
      // The order of parameters does not make another request.
      const answer = await get(line, "/a?x=1&y=2");
      expect(line.exchanges).toMatchObject([{ from: "recording", paid: true }]);
      return answer;
    }),
  );
  expect(replayed.body).toBe(live.body);
  expect(replayed.headers.get("x-rate-limit-reset")).toBe("5");
  expect(replayed.headers.get("set-cookie")).toBeNull();
});

test("no key is in a recording, not even where the service repeats it", async () => {
  await using fake = await openEcho();
  await withGateway({ recording: openFolderStore(folder) }, (t) =>
    t.call(serviceAt(fake.url), undefined, (line) =>
      get(line, "/a", { headers: { authorization: `Bearer ${KEY}`, "x-api-key": KEY } }),
    ),
  );
  expect(fake.requests[0]?.headers).toMatchObject({ authorization: `Bearer ${KEY}`, "x-api-key": KEY });
  const files = readdirSync(folder);
  expect(files).toHaveLength(1);
  for (const file of files) {
    const text = readFileSync(join(folder, file), "utf8");
    expect(text).toContain("[redacted]");
    expect(text).not.toContain(KEY);
  }
});

test("a replay that is asked something else says so, through any client", async () => {
  const asked = withGateway({ replay: true }, (t) =>
    t.call(serviceAt("http://127.0.0.1:9"), undefined, async (line) => {
      expect((await get(line, "/search?q=flash%20attention")).status).toBe(504);
      return "the client made something of it";
    }),
  );
  await expect(asked).rejects.toThrow(
    /no answer to GET \/search\?q=flash\+attention of echo \([0-9a-f]{12}\).*Record it again/,
  );
});

test("failures are recorded and repeated in their order", async () => {
  const store = createMemoryStore();
  const ask = async (line: Line) => [
    (await get(line, "/a")).status,
    (await get(line, "/a")).status,
    (await get(line, "/a")).status,
    (await get(line, "/a")).status,
  ];
  {
    await using fake = await openEcho("429,cut,ok");
    const live = await withGateway({ recording: store }, (t) => t.call(serviceAt(fake.url), undefined, ask));
    expect(live).toEqual([429, 504, 200, 200]);
    expect(fake.requests).toHaveLength(3);
  }
  const again = await withGateway({ recording: store, replay: true }, (t) =>
    t.call(serviceAt("http://127.0.0.1:9"), undefined, ask),
  );
  expect(again).toEqual([429, 504, 200, 200]);
});

test("a resumed run repeats no call, and still counts what it cost, once", async () => {
  const store = openFolderStore(folder);
  await using fake = await openEcho();
  const session = () =>
    withGateway({ recording: store }, (t) =>
      t.call(serviceAt(fake.url), undefined, async (line) => {
        await get(line, "/a", { method: "POST", body: '{"b":1,"a":2}' });
        // The order of keys does not make another request.
        await get(line, "/a", { method: "POST", body: '{"a":2,"b":1}' });
        return line.exchanges.map(({ from, paid }) => `${from} ${paid}`);
      }),
    );
  expect(await session()).toEqual(["network true", "recording false"]);
  expect(await session()).toEqual(["recording true", "recording false"]);
  expect(fake.requests).toHaveLength(1);
});

test("the cache serves other runs while it is fresh, for nothing, and lands in their recordings", async () => {
  const cache = openFolderStore(folder);
  await using fake = await openEcho();
  const runAt = async (now: number) => {
    const recording = createMemoryStore();
    const from = await withGateway({ recording, cache, now: () => now }, (t) =>
      t.call(serviceAt(fake.url), undefined, async (line) => {
        await get(line, "/a");
        return line.exchanges.map((exchange) => `${exchange.from} ${exchange.paid}`);
      }),
    );
    return [...from, recording.all.length];
  };
  expect(await runAt(0)).toEqual(["network true", 1]);
  expect(await runAt(999)).toEqual(["cache false", 1]);
  expect(await runAt(1_000)).toEqual(["network true", 1]);
});

test("the same request twice at once is asked once", async () => {
  await using fake = await openEcho();
  await withGateway({}, (t) =>
    t.call(serviceAt(fake.url), undefined, async (line) => {
      await Promise.all([get(line, "/a"), get(line, "/a"), get(line, "/a")]);
      expect(line.exchanges.filter(({ paid }) => paid)).toHaveLength(1);
    }),
  );
  expect(fake.requests).toHaveLength(1);
});

describe("limits", () => {
  test("time", async () => {
    await using fake = await openEcho("hang");
    await withGateway({}, (t) =>
      t.call(serviceAt(fake.url, { timeoutMs: 100 }), undefined, async (line) => {
        expect(await get(line, "/a")).toMatchObject({ status: 504, body: expect.stringContaining("within 0.1 s") });
      }),
    );
  });

  test("the line is closed after its use", async () => {
    await using fake = await openEcho();
    await withGateway({}, async (t) => {
      const kept = await t.call(serviceAt(fake.url), undefined, async (line) => line);
      expect(await get(kept, "/a")).toMatchObject({ status: 504, body: expect.stringContaining("closed") });
    });
    expect(fake.requests).toHaveLength(0);
  });

  test("an abort ends the request in progress and is reported as an abort", async () => {
    await using fake = await openEcho("hang");
    const stop = new AbortController();
    const reason = new Error("by hand");
    await withGateway({}, async (t) => {
      const asked = t.call(serviceAt(fake.url), stop.signal, (line) => get(line, "/a"));
      stop.abort(reason);
      await expect(asked).rejects.toBe(reason);
    });
  });

  test("a replay never waits", async () => {
    await withGateway({ replay: true }, (t) => t.pause(1_000_000, undefined));
  });
});

test("a file that is no recording is refused by name", async () => {
  writeFileSync(join(folder, "abc.json"), '{"half":');
  await expect(openFolderStore(folder).find("abc")).rejects.toThrow(/abc\.json is not a recorded answer/);
});
