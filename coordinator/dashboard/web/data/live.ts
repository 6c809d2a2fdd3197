/**
 * The one connection over which a run's changes arrive. The id of an event is the ends of the islands' logs; a connection
 * that was lost asks for what came after its last id, so nothing is missed and nothing comes twice.
 */
import { signal } from "@preact/signals";
import type { About } from "../../contract/common.ts";
import { pathTo, STREAMS } from "../../contract/endpoints.ts";
import { liveChange } from "../../contract/live.ts";
import { headers } from "./client.ts";
import { readEvents, type StreamEvent } from "./event-stream.ts";

export type Connection =
  | { readonly state: "connecting" | "live" }
  | { readonly state: "lost"; readonly since: number; readonly reason: string };

export const connection = signal<Connection>({ state: "connecting" });
/** Grows with everything that happened to the run, and when the connection is back. */
export const revision = signal(0);
/** The run as the newest event told; null before the first. */
export const newest = signal<About | null>(null);

/** Nobody works on the run any more: soon nobody may answer, so a page asks at once. */
export const isLast = (): boolean => newest.peek()?.live === false;

/** The server says at least this often that it is there. Milliseconds. */
const SILENCE_MS = 20_000;
/** Browsers open six connections to a server at most: so many windows keep one for events, the others look now and then. */
const KEPT_STREAMS = 3;
const LOOK_EVERY_MS = 2_000;
const FIRST_WAIT_MS = 250;
const MAX_WAIT_MS = 3_000;

let current: AbortController | null = null;
let followed: string | null = null;

/** Browsers open six connections to a server at most, so a page that nobody sees leaves its own to others. */
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "hidden") current?.abort();
  else if (current?.signal.aborted) follow(followed);
});

/** Follows this run from now on, or the list of runs. */
export function follow(run: string | null): void {
  followed = run;
  current?.abort();
  current = new AbortController();
  newest.value = null;
  connection.value = { state: "connecting" };
  const url = run === null ? pathTo(STREAMS.events.path) : pathTo(STREAMS.runEvents.path, { run });
  void keepReading(url, current.signal);
}

function take({ event, data }: StreamEvent): void {
  if (event === "change") {
    const change = liveChange.safeParse(JSON.parse(data));
    if (change.success) newest.value = change.data.about;
  }
  revision.value++;
}

async function keepReading(url: string, stopped: AbortSignal): Promise<void> {
  let lastId: string | null = null;
  let wait = FIRST_WAIT_MS;
  while (!stopped.aborted) {
    const { end, reason } = await inTurn((looks) =>
      readOnce(
        url,
        lastId,
        stopped,
        looks,
        () => {
          wait = FIRST_WAIT_MS;
        },
        (event) => {
          lastId = event.id ?? lastId;
          take(event);
        },
      ),
    );
    if (stopped.aborted) return;
    if (end === "looked") {
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
      continue;
    }
    if (end === "refused") {
      connection.value = { state: "connecting" };
      wait = MAX_WAIT_MS;
      // The page's own questions are refused too, and the page shows why.
      revision.value++;
    } else {
      const since = connection.value.state === "lost" ? connection.value.since : Date.now();
      connection.value = { state: "lost", since, reason };
    }
    await new Promise((resolve) => setTimeout(resolve, wait));
    wait = Math.min(MAX_WAIT_MS, wait * 2);
  }
}

/** How reading ended: the connection was lost, the server refused it, or what was new is known. */
type Ended =
  | { readonly end: "lost"; readonly reason: string }
  | { readonly end: "refused"; readonly reason: null }
  | { readonly end: "looked"; readonly reason: null };

/** Reads for as long as it goes where few other windows do, else looks once. */
async function inTurn(read: (looks: boolean) => Promise<Ended>): Promise<Ended> {
  // Where the browser has no locks, as on a page of another host, windows do not know of each other.
  const locks = navigator.locks as LockManager | undefined;
  if (locks === undefined) return read(false);
  for (let n = 0; n < KEPT_STREAMS; n++) {
    const ended = await locks.request(`kevo-events-${n}`, { ifAvailable: true }, async (lock) =>
      lock === null ? null : await read(false),
    );
    if (ended !== null) return ended;
  }
  return read(true);
}

/** @param looks whether the first event is enough: the server sends one at once. */
async function readOnce(
  url: string,
  lastId: string | null,
  stopped: AbortSignal,
  looks: boolean,
  opened: () => void,
  onEvent: (event: StreamEvent) => void,
): Promise<Ended> {
  const enough = new AbortController();
  const silent = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const heard = () => {
    clearTimeout(timer);
    timer = setTimeout(() => silent.abort(), SILENCE_MS);
  };
  heard();
  try {
    const response = await fetch(url, {
      headers: { ...headers(), accept: "text/event-stream", ...(lastId === null ? {} : { "last-event-id": lastId }) },
      signal: AbortSignal.any([stopped, silent.signal, enough.signal]),
    });
    // There is a server, which has no such run or does not know the token: the page says that, and asks again.
    if (response.status === 404 || response.status === 401) return { end: "refused", reason: null };
    if (!response.ok || response.body === null) {
      return { end: "lost", reason: `the server answered ${response.status}` };
    }
    opened();
    const wasLost = connection.value.state === "lost";
    connection.value = { state: "live" };
    if (wasLost) revision.value++;
    const told = (event: StreamEvent) => {
      onEvent(event);
      if (looks) enough.abort();
    };
    await readEvents(response.body, told, heard);
    return { end: "lost", reason: "the server closed the connection" };
  } catch {
    if (enough.signal.aborted) return { end: "looked", reason: null };
    return { end: "lost", reason: silent.signal.aborted ? "the server is silent" : "the server does not answer" };
  } finally {
    clearTimeout(timer);
  }
}
