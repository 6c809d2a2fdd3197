/** This daemon's folder for executables and data, and the removal of what killed daemons left. */
import { access, constants, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { UserError } from "@kevo/core/errors/user-error.ts";

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
  const folder = await mkdtemp(join(tmpdir(), `${mine}${process.pid}-`));
  await refuseNoexec(folder);
  return folder;
}

/** @throws UserError where no program may run, as on a file system mounted noexec. */
async function refuseNoexec(folder: string): Promise<void> {
  const program = join(folder, "runs");
  await writeFile(program, "#!/bin/sh\n", { mode: 0o700 });
  const runs = await access(program, constants.X_OK).then(
    () => true,
    () => false,
  );
  await rm(program, { force: true });
  if (runs) return;
  await rm(folder, { recursive: true, force: true });
  throw new UserError(
    `Programs cannot run in ${tmpdir()}, which seems to be mounted noexec. Set TMPDIR to a folder on another file system.`,
    2,
  );
}
