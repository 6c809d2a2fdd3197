/** Names of a kernel's parameters: its code receives them as macros or as arguments, so they are identifiers. */
import { UserError } from "../errors/user-error.ts";

/** Of C23; a macro of such a name changes the language that headers are written in. */
const C_KEYWORDS: ReadonlySet<string> = new Set(
  (
    "alignas alignof auto bool break case char const constexpr continue default do double else enum extern false float " +
    "for goto if inline int long nullptr register restrict return short signed sizeof static static_assert struct " +
    "switch thread_local true typedef typeof typeof_unqual union unsigned void volatile while main defined"
  ).split(" "),
);

/**
 * @param isC whether the kernel's code is C, where a parameter is a macro.
 * @throws UserError (code 2) that names the parameter.
 */
export function checkParameterName(name: string, isC: boolean): void {
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
    throw new UserError(
      `parameter ${JSON.stringify(name)}: a name is letters, digits and underscores, and does not start with a digit`,
      2,
    );
  }
  if (!isC) return;
  if (C_KEYWORDS.has(name)) {
    throw new UserError(
      `parameter ${name}: this is a keyword of C, where parameters are macros: choose another name`,
      2,
    );
  }
  if (/^(__|_[A-Z]|kevo_)/.test(name)) {
    throw new UserError(`parameter ${name}: names with this beginning are reserved in C. Choose another name`, 2);
  }
}
