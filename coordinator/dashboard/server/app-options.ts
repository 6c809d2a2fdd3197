/** What the server is made of. */
import type { Act } from "./act.ts";
import type { LiveFeed } from "./live-feed.ts";
import type { Pages } from "./pages.ts";
import type { Reader } from "./read/reader.ts";

export interface AppOptions {
  readonly reader: Reader;
  readonly feed: LiveFeed;
  readonly pages: Pages;
  readonly token: string;
  readonly host: string;
  /** The run of the coordinator that serves this; null where none does. */
  readonly run: string | null;
  readonly act: Act;
}
