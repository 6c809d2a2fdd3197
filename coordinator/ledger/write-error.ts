/** A database that refuses a commit, such as on a full disk. */
import { UserError } from "@kevo/core/errors/user-error.ts";

export function writeError(error: unknown, path: string): UserError {
  const { code, message } = error as { code?: string; message: string };
  const why = code === "SQLITE_FULL" ? "the disk is full" : message;
  return new UserError(
    `The database ${path} cannot be written: ${why}. No counted evaluation is lost. Fix this, then run \`coordinator resume\`.`,
    1,
    { code: "database_unwritable" },
  );
}
