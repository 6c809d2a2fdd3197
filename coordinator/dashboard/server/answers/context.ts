/** What every answer about a run starts from. */
import type { About } from "../../contract/common.ts";
import type { RunView } from "../../model/run-view.ts";
import type { Reader } from "../read/reader.ts";
import type { RunReader } from "../read/run-reader.ts";

export interface Context {
  readonly reader: Reader;
  readonly run: RunReader;
  readonly view: RunView;
  readonly about: About;
}

/** @throws NotFound for an unknown run. */
export function contextOf(reader: Reader, run: string, at?: number): Context {
  const read = reader.run(run);
  const view = read.view(at);
  return { reader, run: read, view, about: reader.about(read, view) };
}
