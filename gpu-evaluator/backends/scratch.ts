/** This daemon's folder for executables and data, and the removal of what killed daemons left. */
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";

const isAlive = (pid: number) => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ESRCH";
  }
};

/** The name carries host and process, because containers that share the folder do not see each other's processes. */
export async function createScratch(backend: string): Promise<string> {
  const mine = `kevo-${backend}-${hostname().replaceAll(/[^A-Za-z0-9]/g, "")}-`;
  for (const name of await readdir(tmpdir()).catch(() => [])) {
    const pid = name.startsWith(mine) ? Number(/^(\d+)-/.exec(name.slice(mine.length))?.[1]) : Number.NaN;
    if (pid > 0 && !isAlive(pid)) await rm(join(tmpdir(), name), { recursive: true, force: true }).catch(() => {});
  }
  return mkdtemp(join(tmpdir(), `${mine}${process.pid}-`));
}
