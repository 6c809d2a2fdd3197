/** Programs that serve a dashboard, and what their pages show. */

import type { Page } from "playwright-core";
import { buildPages, isBuilt } from "../../deploy/launcher/dashboard.mjs";
import { ROOT } from "../house/files.ts";
import type { Program, Workplace } from "../support/programs.ts";

/** Built once for all tests, as the install step of a clone does. */
export function havePages(): void {
  buildPages(ROOT, process.execPath);
  if (!isBuilt(ROOT)) throw new Error("the dashboard's pages could not be built");
}

/** The address that a program prints, with the token. */
export function addressOf({ child, ended }: Program): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = "";
    const read = (piece: Buffer) => {
      text += piece.toString();
      const [, address] = /Dashboard: (http:\S+#token=\S+)/.exec(text) ?? [];
      if (address !== undefined) resolve(address);
    };
    child.stdout?.on("data", read);
    child.stderr?.on("data", read);
    void ended.then(({ code, stderr }) => reject(new Error(`it ended with ${code} before it served: ${stderr}`)));
  });
}

const REPLAY = ["--space", "space.json", "--time-scale", "1"];

/** A run on two evaluators that goes on until it is stopped: an evaluation takes a tenth of a second. */
export async function startRun(place: Workplace): Promise<Program> {
  const daemon = () => place.start("gpu-evaluator", ["start", "--backend", "replay", ...REPLAY, "--json"]);
  const daemons = [daemon(), daemon()];
  const addresses = await Promise.all(
    daemons.map(async ({ firstLine }) => (JSON.parse(await firstLine) as { listening: string }).listening),
  );
  const options = ["--islands", "2", "--evaluations", "2000", ...addresses.flatMap((one) => ["--evaluator", one])];
  return place.start("coordinator", ["start", ...REPLAY, ...options]);
}

export const serveDatabase = (place: Workplace, database: string): Program =>
  place.start("coordinator", ["dashboard", "--db", database, "--listen", "127.0.0.1:0"]);

/** Another page of the same document. */
export async function visit(page: Page, hash: string): Promise<void> {
  await page.goto(page.url().replace(/#.*/, "") + hash);
}

export const pageOf = (run: string, name: string, query = ""): string =>
  `#/run/${encodeURIComponent(run)}/${name}${query}`;

/** The digits that an element shows. */
export async function numberIn(page: Page, testId: string): Promise<number> {
  const text = await page.getByTestId(testId).textContent();
  return Number((text ?? "").replace(/\D+/g, ""));
}
