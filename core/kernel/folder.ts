/** Reads a kernel's folder as it is packed: every file but hidden ones and Python's cache. */
import { readdir, readFile, realpath, stat } from "node:fs/promises";
import { join, sep } from "node:path";
import { UserError } from "../errors/user-error.ts";
import { checkSize, isSafePath, MAX_BYTES, type PackedFile } from "./archive.ts";

const isLeftOut = (name: string) => name.startsWith(".") || name === "__pycache__";

/** @throws UserError on a link out of the folder, an entry that is not a plain file, a strange name, or too many bytes. */
export async function readKernelFolder(folder: string): Promise<PackedFile[]> {
  const root = await realpath(folder);
  const files: PackedFile[] = [];
  let left = MAX_BYTES;

  const walk = async (under: string): Promise<void> => {
    for (const item of await readdir(join(root, under), { withFileTypes: true })) {
      if (isLeftOut(item.name)) continue;
      const path = under === "" ? item.name : `${under}/${item.name}`;
      if (!isSafePath(path))
        throw new UserError(`${folder}: the file name ${JSON.stringify(path)} is not allowed in a kernel package.`, 2);
      if (item.isDirectory()) {
        await walk(path);
        continue;
      }
      const absolute = await insideOnly(root, path, folder);
      const { size } = await stat(absolute);
      left -= size;
      // Reads no further than the limit.
      const content = left >= 0 ? await readFile(absolute) : new Uint8Array(size);
      files.push({ path, content });
    }
  };
  await walk("");
  // Before anybody takes a file that was not read for an empty one.
  checkSize(files);
  return files;
}

/** The file behind a path, which may be a link to another file of the same folder. */
async function insideOnly(root: string, path: string, folder: string): Promise<string> {
  const absolute = await realpath(join(root, path)).catch(() => {
    throw new UserError(`${folder}: ${path} is a link to a file that does not exist.`, 2);
  });
  if (!absolute.startsWith(root + sep)) {
    throw new UserError(
      `${folder}: ${path} links to a file outside the kernel's folder. Copy that file into the folder.`,
      2,
    );
  }
  if (!(await stat(absolute)).isFile()) {
    throw new UserError(`${folder}: ${path} is not a regular file. Remove it, or replace it with a copy.`, 2);
  }
  return absolute;
}
