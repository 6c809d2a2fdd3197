/** The names that an evolved region of C may use: every other outside name is refused. */

export const HEADERS = new Set(
  ["math", "string", "stdint", "stddef", "stdbool", "float", "limits", "immintrin", "arm_neon"].map((n) => `${n}.h`),
);

const words = (text: string) => text.trim().split(/\s+/);

/** Of math.h, each also for float. */
const MATHEMATICS = words(
  `acos asin atan atan2 cbrt ceil copysign cos cosh erf erfc exp exp2 expm1 fabs fdim floor fma fmax fmin fmod frexp hypot
   ilogb ldexp log log10 log1p log2 logb lrint lround modf nearbyint nextafter pow remainder rint round scalbn sin sinh
   sqrt tan tanh tgamma lgamma trunc llrint llround`,
);
export const CALLS = new Set([
  ...MATHEMATICS.flatMap((name) => [name, `${name}f`]),
  ...words("isfinite isinf isnan signbit memcpy memmove memset memcmp offsetof"),
  ...words("kevo_size kevo_cores kevo_parallel kevo_scratch"),
]);
export const KEVO = new Set(words("kevo_size kevo_cores kevo_parallel kevo_scratch kevo_kernel kevo_shape"));

/** Keywords and types that a parenthesis may follow without a call. */
export const KEYWORDS = new Set(
  words(
    `if for while switch do else return sizeof case default break continue goto const volatile restrict static inline register
     auto signed unsigned void char short int long float double struct union enum typedef _Bool bool true false NULL defined
     _Alignas _Alignof _Static_assert alignas alignof static_assert _Thread_local
     size_t ptrdiff_t intptr_t uintptr_t int8_t int16_t int32_t int64_t uint8_t uint16_t uint32_t uint64_t`,
  ),
);
export const ATTRIBUTES = new Set(
  words("vector_size aligned always_inline noinline may_alias hot cold pure const unused flatten").flatMap((name) => [
    name,
    `__${name}__`,
  ]),
);

/** Of the names that C keeps for the compiler: vectors, hints, arithmetic and what says for which machine it is. */
const COMPILERS = new RegExp(
  `^(?:${[
    "__builtin_(?:expect|prefetch|convertvector|shuffle|shufflevector|assume_aligned|unreachable|constant_p|trap)",
    "__builtin_(?:popcount|clz|ctz|ffs)l?l?",
    "__builtin_(?:fma|sqrt|fabs|fmin|fmax|exp|exp2|log|log2|floor|ceil|rint|trunc|copysign|huge_val|inf|nan|pow|isnan|isinf)f?",
    "__builtin_(?:memcpy|memset|memmove)",
    "_mm(?:256|512)?_[a-z0-9_]+",
    "_MM_[A-Z0-9_]+",
    "_CMP_[A-Z]+_[A-Z]+",
    "__m(?:128|256|512)[id]?",
    "__mmask(?:8|16|32|64)",
    "__restrict(?:__)?",
    "__inline(?:__)?",
    "__attribute__",
    "__(?:x86_64|aarch64|AVX|AVX2|AVX512F|FMA|SSE2|ARM_NEON|GNUC|clang|OPTIMIZE|FAST_MATH|BIGGEST_ALIGNMENT)__",
    "__clang__|__ARM_NEON|__GNUC__",
    "_Alignas|_Alignof|_Static_assert|_Thread_local|_Bool",
  ].join("|")})$`,
);

/** Whether a name with a leading underscore, as the compiler's have, is allowed. */
export const isCompilersOwn = (name: string) => /^_[_A-Z]|^_mm/.test(name);
/** Intrinsics that empty caches for whoever runs next. */
const OF_CACHES = /^_mm_cl(?:flush|flushopt|wb)$/;
export const isAllowedOfCompiler = (name: string) => COMPILERS.test(name) && !OF_CACHES.test(name);

/** Never allowed, not even as names that the region defines: they would be the C library's. */
export const REFUSED = new Set(
  words(
    `asm typeof typeof_unqual extern main environ stdin stdout stderr errno system popen fork vfork clone execl execlp execle execv execvp execve
     fexecve posix_spawn posix_spawnp syscall socket connect bind listen accept send sendto recv recvfrom open openat creat
     fopen fdopen freopen opendir readdir read write pread pwrite close unlink remove rename mkdir rmdir chmod chown
     mmap munmap mprotect mremap brk sbrk memfd_create shm_open ptrace prctl kill raise signal sigaction abort exit _exit atexit
     getenv setenv putenv dlopen dlsym malloc calloc realloc free pthread_create pthread_exit sleep usleep nanosleep
     setjmp longjmp printf fprintf puts perror alloca`,
  ),
);

/** Calls that compilers make from loops and from two calls of the mathematical library. */
const FROM_COMPILERS = new Set(words("sincos sincosf exp10 exp10f pow10 pow10f strlen rawmemchr __powisf2 __powidf2"));

/** Outside symbols that the object code of an evolved source may still have. */
export function isLinkable(symbol: string): boolean {
  const name = symbol.replace(/^_ZGV[a-zA-Z0-9]+_/, "").replace(/^__(\w+)_(?:finite|chk)$/, "$1");
  return (
    CALLS.has(name) ||
    KEVO.has(name) ||
    FROM_COMPILERS.has(name) ||
    name === "_GLOBAL_OFFSET_TABLE_" ||
    name === "__stack_chk_fail"
  );
}
