/** A Chromium for the tests: the system's, or Debian's where this user may install it. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { type Browser, chromium } from "playwright-core";

const PLACES = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/** Milliseconds; a package mirror that does not answer must not hold the tests. */
const INSTALL_MS = 240_000;

function find(): string | null {
  const { KEVO_CHROMIUM } = process.env;
  return [KEVO_CHROMIUM ?? "", ...PLACES].find((path) => path !== "" && existsSync(path)) ?? null;
}

function install(): string | null {
  if (process.getuid?.() !== 0 || !existsSync("/usr/bin/apt-get")) return null;
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const args = ["install", "-y", "--no-install-recommends", "chromium"];
  spawnSync("apt-get", args, { env, stdio: "ignore", timeout: INSTALL_MS });
  return find();
}

/** Null where there is none; why the tests in a browser are skipped is then in `MISSING`. */
export const CHROMIUM = find() ?? install();

export const MISSING =
  "no Chromium: install Debian's package chromium, or name one in KEVO_CHROMIUM. The dashboard is not tested in a browser";

export function launch(): Promise<Browser> {
  if (CHROMIUM === null) throw new Error(MISSING);
  // Its sandbox needs user namespaces, which containers often lack; the pages are our own.
  return chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox", "--disable-gpu"] });
}
