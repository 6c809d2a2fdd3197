/** What the server is made of. */
import type { Act } from "./act.ts";
import type { LiveFeed } from "./live-feed.ts";
import type { Pages } from "./pages.ts";
import type { Reader } from "./read/reader.ts";
import type { RunReader } from "./read/run-reader.ts";
import type { IsValid } from "./read/search-space.ts";

export interface AppOptions {
  readonly reader: Reader;
  readonly feed: LiveFeed;
  readonly pages: Pages;
  readonly token: string;
  readonly host: string;
  /** The run of the coordinator that serves this; null where none does. */
  readonly run: string | null;
  readonly act: Act;
  /** Of configurations of a run; null where its search space is not known. */
  readonly validityIn: (run: RunReader) => Promise<IsValid | null>;
}
