/** A database that refuses a commit, such as on a full disk. */
import { whyUnwritable } from "@kevo/core/database/unwritable.ts";
import { UserError } from "@kevo/core/errors/user-error.ts";

export function writeError(error: unknown, path: string): UserError {
  return new UserError(
    `The database ${path} cannot be written: ${whyUnwritable(error, path)}. No counted evaluation is lost.`,
    1,
    { code: "database_unwritable" },
  );
}
