/** Names of a kernel's parameters and arguments: its code receives them, so they are identifiers of its language. */
import { extname } from "node:path";
import { UserError } from "../errors/user-error.ts";

/** In which a kernel of the CPU or the CUDA backend is written; null for a file of another kind. */
export type Language = "C" | "C++";
const EXTENSIONS: Readonly<Record<string, Language>> = { ".c": "C", ".cpp": "C++", ".cc": "C++", ".cxx": "C++" };

export function languageOf(file: string): Language | null {
  return EXTENSIONS[extname(file)] ?? null;
}

const words = (text: string) => text.split(" ");

/** Of C23; a macro of such a name changes the language that headers are written in. */
const C_KEYWORDS = words(
  "alignas alignof auto bool break case char const constexpr continue default do double else enum extern false float " +
    "for goto if inline int long nullptr register restrict return short signed sizeof static static_assert struct " +
    "switch thread_local true typedef typeof typeof_unqual union unsigned void volatile while main defined",
);
/** What C++20 has besides. */
const CPP_KEYWORDS = words(
  "and and_eq asm bitand bitor catch char8_t char16_t char32_t class co_await co_return co_yield compl concept consteval " +
    "constinit const_cast decltype delete dynamic_cast explicit export friend mutable namespace new noexcept not not_eq " +
    "operator or or_eq private protected public reinterpret_cast requires static_cast std template this throw try typeid " +
    "typename using virtual wchar_t xor xor_eq",
);
const KEYWORDS: Readonly<Record<Language, ReadonlySet<string>>> = {
  C: new Set(C_KEYWORDS),
  "C++": new Set([...C_KEYWORDS, ...CPP_KEYWORDS]),
};

/**
 * @param language of the kernel's code where that is C or C++, whose macros the parameters are.
 * @throws UserError (code 2) that names the parameter, or the argument.
 */
export function checkName(name: string, language: Language | null, what: "parameter" | "argument" = "parameter"): void {
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
    throw new UserError(
      `${what} ${JSON.stringify(name)}: a name is letters, digits and underscores, and does not start with a digit`,
      2,
    );
  }
  if (language === null) return;
  if (KEYWORDS[language].has(name)) {
    const why = what === "parameter" ? `, where parameters are macros: choose another name` : `: choose another name`;
    throw new UserError(`${what} ${name}: this is a keyword of ${language}${why}`, 2);
  }
  if (/^(__|_[A-Z]|kevo_)/.test(name)) {
    throw new UserError(`${what} ${name}: names with this beginning are reserved in C. Choose another name`, 2);
  }
}
