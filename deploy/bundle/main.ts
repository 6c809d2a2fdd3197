/**
 * `npm run bundle [-- FILE | --folder FOLDER]`: one archive for hosts without Node and internet, by default
 * `dist/kernelevolve-VERSION-linux-x64.tar.xz`. Needs tar and xz.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { assemble, ROOT } from "./assemble.ts";

const HELP = `Usage: npm run bundle [-- FILE | --folder FOLDER]

Packs the programs with Node and nats-server into FILE, by default dist/kernelevolve-VERSION-linux-x64.tar.xz. With
--folder they are laid out in FOLDER and not packed, as container images are built of them.

Example: npm run bundle -- kernelevolve.tar.xz`;
/** It travels over slow lines, and hosts take archives only up to some size. Bytes. */
const MAX_BYTES = 60_000_000;

const { version } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { version: string };
const name = `kernelevolve-${version}-linux-x64`;

try {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { help: { type: "boolean", short: "h" }, folder: { type: "string" } },
  });
  if (positionals.length > 1) throw new Error(`expected one file, not ${positionals.length}: ${positionals.join(" ")}`);
  if (values.help) console.log(HELP);
  else if (values.folder !== undefined) assemble(resolve(values.folder));
  else bundle(resolve(positionals[0] ?? join(ROOT, "dist", `${name}.tar.xz`)));
} catch (error) {
  console.error(`bundle: ${(error as Error).message}`);
  process.exitCode = 1;
}

function bundle(archive: string): void {
  const scratch = mkdtempSync(join(tmpdir(), "kevo-bundle-"));
  try {
    assemble(join(scratch, name));
    mkdirSync(dirname(archive), { recursive: true });
    const reproducible = ["--sort=name", "--owner=0", "--group=0", "--numeric-owner", "--mtime=2026-01-01"];
    const args = ["-C", scratch, "--use-compress-program=xz -T0 -7", "-cf", archive, ...reproducible, name];
    const { status, error } = spawnSync("tar", args, { stdio: "inherit" });
    if (status !== 0) throw new Error(`tar failed to write the archive${error ? `: ${error.message}` : ""}`);
    const { size } = statSync(archive);
    console.log(`${archive}  ${(size / 1e6).toFixed(1)} MB`);
    if (size > MAX_BYTES) throw new Error(`the archive exceeds ${MAX_BYTES / 1e6} MB`);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}
