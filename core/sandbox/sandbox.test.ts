/** The effects on the host of a program in the sandbox: started by root, where the layers must add up, and by a user. */
import { execFile } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { systemPaths } from "./paths.ts";
import { prepareSandbox, type Sandbox } from "./sandbox.ts";

const run = promisify(execFile);
const isRoot = process.getuid?.() === 0;
const NOBODY = 65534;
const STRANGER = 54_321;
const folder = mkdtempSync(join(tmpdir(), "kevo-sandbox-"));
chmodSync(folder, 0o755);
let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await prepareSandbox(join(folder, "program"), { compiler: ["cc"] });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let count = 0;
/** Runs a script in a new folder, which it may write to. @returns its output */
async function inside(script: string, { uid, tasks = 64 }: { uid?: number; tasks?: number } = {}) {
  const own = join(folder, String(++count));
  mkdirSync(own);
  const wrapped = sandbox.wrap(["sh", "-c", script], { read: systemPaths("sh"), write: [own], toolCalls: true, tasks });
  // Only root can become the user nobody; any other user is mapped to himself.
  const [file, ...args] = uid === undefined ? wrapped : wrapped.filter((argument) => argument !== "--nobody");
  if (uid !== undefined) chmodSync(own, 0o777);
  const { stdout } = await run(file as string, args, { cwd: own, ...(uid !== undefined && { uid, gid: uid }) });
  return { own, stdout };
}

describe.skipIf(!isRoot)("as root (skipped where this is not root)", () => {
  test("it is the user nobody outside too, who owns the files it writes", async () => {
    const { own } = await inside("id > mine");
    expect(readFileSync(join(own, "mine"), "utf8")).toContain(`uid=${NOBODY}`);
    expect(statSync(join(own, "mine"))).toMatchObject({ uid: NOBODY, gid: NOBODY });
  });

  test("it has no rights over its namespaces, and cannot get new ones", async () => {
    const { stdout } = await inside(
      "grep -E '^Cap(Prm|Eff|Amb):.*[1-9a-f]' /proc/self/status | grep -v 0000000000000000; unshare -Ur true && echo got; true",
    );
    expect(stdout).toBe("");
  });
});

describe.each<[string, number | undefined]>([
  ["as this user", undefined],
  ...(isRoot ? [["as an ordinary user", STRANGER] as [string, number]] : []),
])("%s", (_who, uid) => {
  const options = uid === undefined ? {} : { uid };

  test("nothing of /proc can be written", async () => {
    const before = readFileSync("/proc/sys/kernel/core_pattern", "utf8");
    const files = ["sys/kernel/core_pattern", "sys/vm/drop_caches", "sysrq-trigger", "self/oom_score_adj"];
    const tries = files.map((name) => `(echo 1 > /proc/${name}) 2>/dev/null && echo wrote ${name}`);
    const { stdout } = await inside(
      `${tries.join("; ")}; mount -o remount,rw /proc 2>/dev/null && echo again; true`,
      options,
    );
    expect(stdout).toBe("");
    expect(readFileSync("/proc/sys/kernel/core_pattern", "utf8")).toBe(before);
  });

  test("nothing else of the host can be written, mounted, made or entered", async () => {
    const { own, stdout } = await inside(
      `find /proc /sys /dev -xdev -type f -writable 2>/dev/null | while read file; do [ -f "$file" ] && echo "$file"; done
       for kind in proc sysfs cgroup2 tmpfs debugfs bpf; do mkdir -p $kind; mount -t $kind none $kind 2>/dev/null && echo mounted $kind; done
       mount --bind / bound 2>/dev/null && echo bound
       mount -o remount,rw / 2>/dev/null && echo root
       mknod disk b 8 0 2>/dev/null && echo made; mknod memory c 1 1 2>/dev/null && echo made
       nsenter -t 1 -a true 2>/dev/null && echo entered; unshare -m true 2>/dev/null && echo unshared
       chroot . true 2>/dev/null && echo rooted
       for of in 1 self; do (cd /proc/$of/root && cat etc/shadow) 2>/dev/null; done
       (echo 0 0 1 > /proc/self/uid_map) 2>/dev/null && echo mapped
       kill -0 ${process.pid} 2>/dev/null && echo reached
       touch / /usr/x /proc/x /dev/x /tmp/x 2>/dev/null && echo touched; echo done`,
      options,
    );
    expect(stdout).toBe("done\n");
    expect(readdirSync(own).filter((name) => ["disk", "memory"].includes(name))).toEqual([]);
  });

  test("the kernel's own files are hidden, and other processes", async () => {
    const hidden = ["kcore", "keys", "timer_list", "kallsyms", "kmsg"].map((name) => `head -c 1 /proc/${name}`);
    const { stdout } = await inside(
      `(${hidden.join("; ")}; cd /proc; find fs bus irq -mindepth 1) 2>/dev/null; true`,
      options,
    );
    expect(stdout).toBe("");
    const { stdout: processes } = await inside("ls -d /proc/[0-9]*", options);
    // Its own shell and what that started.
    expect(processes.trim().split("\n").length).toBeLessThanOrEqual(4);
  });

  test("Landlock holds inside of namespaces as well", async () => {
    expect(sandbox.active).toMatchObject({ namespaces: true, landlock: true });
    // A folder that its own root has, and that no path of the sandbox names.
    const { stdout } = await inside("ls / 2>/dev/null; echo done", options);
    expect(stdout).toBe("done\n");
  });

  test("processes have a limit", async () => {
    const { stdout } = await inside(
      "(for i in 1 2 3 4 5 6 7 8 9 10; do sleep 9 & done) 2>&1; kill -9 -1 2>/dev/null; true",
      {
        ...options,
        tasks: 6,
      },
    );
    expect(stdout).toMatch(/fork/);
  });
});
