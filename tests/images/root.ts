/** Clean root file systems in place of base images, and commands inside of them. Needs root, and Debian's packages. */
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";

/** Authorities that this machine trusts, beside those that Debian's package brings. */
const AUTHORITIES = "/etc/host-authorities.crt";
const HOST_FILES = { "/etc/resolv.conf": "/etc/resolv.conf", "/etc/ssl/certs/ca-certificates.crt": AUTHORITIES };

/** Who installs packages in the root reaches the registries as this machine does. */
export const REGISTRIES = { NPM_CONFIG_CAFILE: AUTHORITIES, PIP_CERT: AUTHORITIES };

/** Debian's smallest installation, made once in `folder`. */
export function debianRoot(folder: string, scratch: string): void {
  if (existsSync(join(folder, "etc/os-release"))) return;
  execFileSync("apt-get", ["download", "debootstrap"], { cwd: scratch, stdio: "inherit" });
  execFileSync("sh", ["-c", "dpkg-deb --extract debootstrap_*.deb ."], { cwd: scratch });
  const [mirror = ""] = execFileSync("apt-get", ["indextargets", "--format", "$(REPO_URI)"], {
    encoding: "utf8",
  }).split("\n");
  const suite = /^VERSION_CODENAME=(\w+)/m.exec(readFileSync("/etc/os-release", "utf8"))?.[1] ?? "stable";
  const env = { ...process.env, DEBOOTSTRAP_DIR: join(scratch, "usr/share/debootstrap") };
  const args = ["--variant=minbase", suite, folder, mirror];
  // In namespaces of its own: what it mounts ends with it, so that nothing of this machine is below the folder.
  const isolated = ["--mount", "--pid", "--fork", "--kill-child", join(scratch, "usr/sbin/debootstrap"), ...args];
  execFileSync("unshare", isolated, { env, stdio: ["ignore", "ignore", "inherit"] });
  for (const [file, target] of Object.entries(HOST_FILES)) cpSync(realpathSync(file), join(folder, target));
}

/** What the image of Node adds: this Node, and this machine's npm. */
export function addNode(root: string): void {
  const npm = realpathSync(execFileSync("sh", ["-c", "command -v npm"], { encoding: "utf8" }).trim());
  mkdirSync(join(root, "usr/local/lib/node_modules"), { recursive: true });
  cpSync(process.execPath, join(root, "usr/local/bin/node"));
  cpSync(join(dirname(npm), ".."), join(root, "usr/local/lib/node_modules/npm"), { recursive: true });
  writeFileSync(
    join(root, "usr/local/bin/npm"),
    '#!/bin/sh\nexec /usr/local/bin/node /usr/local/lib/node_modules/npm/bin/npm-cli.js "$@"\n',
    { mode: 0o755 },
  );
  const settings = join(homedir(), ".npmrc");
  if (existsSync(settings)) cpSync(settings, join(root, "root/.npmrc"));
}

export function removeNpmSettings(root: string): void {
  rmSync(join(root, "root/.npmrc"), { force: true });
}

export interface Run {
  readonly root: string;
  readonly command: string;
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  /** The root is read-only and only these folders are written, as this user. */
  readonly confined?: { readonly user: number; readonly writable: readonly string[] };
}

/** Runs a shell command in the root, in namespaces of its own. @returns what it printed. @throws Error when it fails. */
export function runIn({ root, command, folder, env, confined }: Run): string {
  const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;
  const exported = Object.entries(env)
    .map(([name, value]) => `export ${name}=${quoted(value)};`)
    .join(" ");
  const user = confined === undefined ? "" : `--userspec=${confined.user}:${confined.user}`;
  const inside = [
    `mount --bind ${quoted(root)} ${quoted(root)}`,
    `mount -t proc proc ${quoted(root)}/proc`,
    `mount --bind /dev ${quoted(root)}/dev`,
    ...(confined?.writable ?? []).map((path) => `mount -t tmpfs -o mode=1777 tmpfs ${quoted(root + path)}`),
    ...(confined === undefined ? [] : [`mount -o remount,bind,ro ${quoted(root)}`]),
    `exec chroot ${user} ${quoted(root)} /bin/sh -ec ${quoted(`${exported} cd ${quoted(folder)}; ${command}`)}`,
  ].join(" && ");
  const base = {
    PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    HOME: confined === undefined ? "/root" : "/tmp",
  };
  const { status, stdout, stderr } = spawnSync(
    "unshare",
    ["--mount", "--pid", "--fork", "--kill-child", "sh", "-c", inside],
    {
      env: base,
      encoding: "utf8",
      maxBuffer: 64e6,
    },
  );
  if (status !== 0) throw new Error(`${command}\n${stdout.slice(-2000)}${stderr.slice(-4000)}`);
  return stdout + stderr;
}
