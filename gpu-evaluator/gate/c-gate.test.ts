import { readFileSync } from "node:fs";
import { splitCode } from "@kevo/core/evolved-source/region.ts";
import { describe, expect, test } from "vitest";
import { refusedInC } from "./c-gate.ts";

const kernel = (id: string) => {
  const text = readFileSync(new URL(`../kernels/${id}/kernel.c`, import.meta.url), "utf8");
  const split = splitCode(text);
  if (split === null) throw new Error(`${id} has no region`);
  return split;
};

test.each(["attention-cpu", "attention-cpu-naive", "matmul-cpu"])("what engineers wrote passes: %s", (id) => {
  const { region, before } = kernel(id);
  expect(refusedInC(region, before)).toBeNull();
});

test("vectors, intrinsics, helpers and the region's macros pass", () => {
  const region = `
    #include <immintrin.h>
    #define LANES 8
    #define MAX(a, b) ((a) > (b) ? (a) : (b))
    typedef float v8 __attribute__((vector_size(32), aligned(4)));
    static inline __attribute__((always_inline)) float sum8(__m256 x) { return _mm256_cvtss_f32(x) + fmaxf(1, MAX(2, 3)); }
    static void task(void *argument, int64_t index, int thread) { (void)thread; *(float *)argument = expf((float)index); }
    void kevo_kernel(const kevo_shape *shape, const float *const inputs[], float *output) {
    #pragma GCC unroll 4
      for (int64_t i = 0; i < kevo_size(shape, "length"); i++) output[i] = __builtin_expect(i > 0, 1) ? inputs[0][i] : 'a';
      kevo_parallel(kevo_cores(), 4, task, kevo_scratch(0, sizeof(v8)));
    }`;
  expect(refusedInC(region, '#include <math.h>\n#include "kevo.h"\n')).toBeNull();
});

test("macros for one machine or another pass", () => {
  const region = `
    #ifdef __AVX512F__
    #define LANES 16
    #define DOT(a, b, c) _mm512_fmadd_ps(a, b, c)
    #elif defined(__AVX2__)
    #define LANES 8
    #define DOT(a, b, c) _mm256_fmadd_ps(a, b, c)
    #else
    #define LANES 4
    #define DOT(a, b, c) ((a) * (b) + (c))
    #endif
    #define EXP(x) expf((x) * 2)
    #ifndef TILE
    #define TILE (4 * LANES)
    #endif
    static float at(const float *x, int i) { return EXP(x[i]) + DOT(x[i], x[i + 1], 1.0f); }
    void kevo_kernel(const kevo_shape *shape, const float *const inputs[], float *output) {
      UNROLLED(4)
      for (int i = 0; i < TILE; i++) output[i] = at(inputs[0], i);
    }`;
  const around = "#define PRAGMA(text) _Pragma(#text)\n#define UNROLLED(times) PRAGMA(GCC unroll times)\n";
  expect(refusedInC(region, around)).toBeNull();
});

describe("refused, with what it is", () => {
  const inside = (code: string) => `void kevo_kernel(void) { ${code} }`;
  test.each<[string, string, RegExp]>([
    ["reads a key", inside('char *k = getenv("XAI_API_KEY");'), /getenv/],
    ["reads a file", inside('FILE *f = fopen("/etc/passwd", "r");'), /fopen.*\/etc/],
    ["reads its environment", inside("char *k = environ[0];"), /the name environ/],
    ["opens a socket", inside("int s = socket(2, 1, 0);"), /socket/],
    ["writes outside of scratch", "#include <fcntl.h>\n#include <unistd.h>\n", /<fcntl.h>.*<unistd.h>/],
    [
      "empties caches for others",
      inside("_mm_clflush(inputs[0]); _mm_clflushopt(x); _mm_clwb(x);"),
      /_mm_clflush.*_mm_clwb/,
    ],
    ["forks", inside("for (;;) fork();"), /fork/],
    ["declares what it is not given", "int prctl(int, ...);", /prctl/],
    ["declares it by its type", "typedef int call(const char *); call system;", /system/],
    ["any function that is not known", inside("sched_setaffinity(0, 8, x);"), /sched_setaffinity/],
    ["extern", "extern int x;", /extern/],
    ["fills memory", inside("for (;;) malloc(1 << 30);"), /malloc/],
    ["outlives its parent", inside("daemon(0, 0);"), /daemon/],
    ["new threads", inside("pthread_create(&t, 0, f, 0);"), /pthread_create/],
    ["assembly", inside('__asm__ volatile("syscall");'), /__asm__/],
    ["assembly by its other name", inside("asm();"), /asm/],
    ["a name put together", "#define CALL(a, b) a##b\n", /## in the macro CALL/],
    ["a name cut in two", inside('sys\\\ntem("id");'), /system/],
    ["a trigraph", inside("sys??/\ntem();"), /trigraphs/],
    ["a digraph", "%:include <unistd.h>", /digraphs/],
    ["a redefinition of a word", "#define memcpy evil\n", /a redefinition of memcpy/],
    ["a redefinition of a keyword", "#define for while\n", /a redefinition of for/],
    [
      "its own definition of a library function",
      "void *memcpy(void *a, const void *b, size_t n) { return a; }",
      /named memcpy/,
    ],
    ["the harness's names", inside("kevo_set_cores(1);"), /kevo_set_cores/],
    ["a constructor", "static __attribute__((constructor)) void early(void) {}", /attribute constructor/],
    ["a section", 'char x[4] __attribute__((section(".text")));', /attribute section/],
    ["a pragma of another kind", '#pragma GCC optimize "O3"', /#pragma GCC optimize/],
    ["_Pragma", inside('_Pragma("GCC unroll 4")'), /_Pragma/],
    ["a file put in", '#include "/etc/passwd"', /etc\/passwd/],
    ["a file looked for", "#if __has_include(</etc/passwd>)\n#endif", /__has_include/],
    ["another line number", "#line 1", /#line/],
    ["what the builtins hide", inside("__builtin_return_address(0);"), /__builtin_return_address/],
    ["characters that look like others", inside("int \u0430 = 1;"), /non-ASCII/],
    ["a comment without an end", "/* int x;", /without an end/],
    ["a path", inside('char *p = "/proc/1/environ";'), /the text/],
  ])("%s", (_what, region, why) => expect(refusedInC(region, "")).toMatch(why));

  const work = "static void work(void *a, int64_t i, int t) { (void)a; (void)i; (void)t; }\n";
  test.each<[string, string, RegExp]>([
    ["an address that is cast", inside("((void (*)(void))0x401000)();"), /through a pointer/],
    ["an address in a variable", inside("void (*f)(void) = (void *)a; f();"), /call of f.*through a pointer/],
    ["an address in an array", inside("void (*f[2])(void); f[0]();"), /through a pointer/],
    ["a type of a function", "typedef void call(int);\n".concat(inside("call *f = a; (*f)(1);")), /type of a function/],
    ["a type of a pointer to one", "typedef void (*call)(int);", /through a pointer/],
    ["an address behind a function", work.concat(inside("(work + 64)(0, 0, 0);")), /work used without/],
    ["an address beside a function", work.concat(inside("uintptr_t at = (uintptr_t)work + 64;")), /work used without/],
    ["an address of the library's", inside("uintptr_t at = (uintptr_t)memcpy - 4096;"), /memcpy used without/],
    [
      "an address as a task",
      inside("kevo_parallel(1, 1, (void *)at, 0);").concat("\n", work),
      /body that is not the name/,
    ],
    ["a function handed on", work.concat(inside("kevo_scratch(0, (size_t)work);")), /work used without/],
    ["a function in the wrong place", work.concat(inside("kevo_parallel(1, 1, work + 1, 0);")), /work used without/],
    ["a parameter that is a function", work.concat("static void go(void work(int)) { work(1); }"), /as a parameter/],
    [
      "the same by a macro",
      "#define ARG void work(int)\n".concat(work, "static void go(ARG) { work(1); }"),
      /as a parameter/,
    ],
    ["the same by a macro's parameter", "#define ARG(work) void work(int)\n".concat(work), /parameter of a macro/],
    ["the same in a macro for the type", "#define V void\n#define ARG V *work(int)\n".concat(work), /as a parameter/],
    ["a member that is a function", inside("s.call(1); p->call(2);"), /through the member call/],
    ["a call of a macro's expansion", "#define F ((float)work)\n".concat(work), /work used without/],
    ["half a macro", "#define OPEN (\n", /unpaired parentheses/],
    ["a jump to an address", inside("goto *at;"), /jump to a computed place/],
    ["the address of a label", inside("void *at = &&here; here: ;"), /address of a label/],
    ["brackets under another name", inside("int a<:2:>;"), /digraphs/],
    ["a type taken from an expression", inside("typeof(void(int)) *f = (void *)a; f(1);"), /the name typeof/],
    [
      "the same behind a macro",
      "#define OF typeof\n#define f g\n".concat(inside("OF(void(int)) *g = (void *)a; f(1);")),
      /the name typeof/,
    ],
    ["a variable behind a macro", "#define call f\n".concat(inside("call(1);")), /call of f, which is not defined/],
    [
      "a macro that comes too late",
      inside("call(1);").concat("\n#define call expf\n"),
      /call of call, which is not defined/,
    ],
    [
      "a macro that is perhaps not there",
      "#if 0\n#define call expf\n#endif\n".concat(inside("call(1);")),
      /call of call, which is not defined/,
    ],
    ["the address of a label behind a macro", "#define IS =\n".concat(inside("void *p IS &&a; a: ;")), /of a label/],
    ["a computed jump behind a macro", "#define TO *p\n".concat(inside("goto TO;")), /computed place/],
    ["a call behind a macro", "#define AT (p + 1)\n".concat(inside("AT(1);")), /through a pointer/],
    ["a macro as a function", "#define ADD(a) (a)\n".concat(inside("x = ADD;")), /macro ADD without arguments/],
    [
      "parameters behind their list",
      "static void go(f) void f(int); { f(1); }\ntypedef int go; typedef int f;",
      /parameters behind their list/,
    ],
    ["another kind of attribute", "[[gnu::constructor]] static void early(void) { }", /an attribute in \[\[/],
    ["cast through a union", inside("union { long a; void (*f)(void); } u; u.a = 1; u.f();"), /through a pointer/],
    ["copied into a pointer", inside("void (*f)(void); memcpy(&f, &a, 8); (*f)();"), /through a pointer/],
    ["a conditional", work.concat(inside("(1 ? work : 0)(0, 0, 0);")), /work used without/],
    ["a statement as an expression", work.concat(inside("({ work; })(0, 0, 0);")), /work used without/],
    ["a function inside of a function", inside("void g(void) { } g();"), /call of g/],
    ["a place on the stack", inside("alloca(8);"), /alloca/],
    ["a jump out", inside("longjmp(b, 1);"), /longjmp/],
    ["another name for a function", 'static void f(void) __attribute__((alias("work")));', /attribute alias/],
    ["a function that is chosen at the start", 'static void f(void) __attribute__((ifunc("g")));', /attribute ifunc/],
    ["a function at the end of a scope", inside("int x __attribute__((cleanup(work)));"), /attribute cleanup/],
    ["a comment whose end a compiler sees earlier", "// \\\f\n/* \nsystem(0); // */", /control characters/],
    ["a line that a carriage return ends", "// \rsystem(0);", /control characters/],
    ["a name with a dollar", "#define call$ f\n".concat(inside("call$(1);")), /sign \$/],
    ["the author's pragmas", inside("PRAGMA(GCC optimize 3)"), /more than one word for the macro PRAGMA/],
  ])("a function that is not called by its name: %s", (_what, region, why) => {
    expect(refusedInC(region, "#define PRAGMA(text) _Pragma(#text)\n")).toMatch(why);
  });

  test.each<[string, string]>([
    ["comments without an end", "/*".repeat(55_000)],
    ["quotes", '\\"'.repeat(55_000)],
    ["parentheses", "f(".repeat(55_000)],
    ["casts", `${"(".repeat(50_000)}a${")(b)".repeat(15_000)}`],
    ["typedefs", "typedef ".repeat(14_000)],
    ["attributes", "__attribute__ (".repeat(7_000)],
    ["functions handed on", "int f(int x) { return x; }\n".concat("f, ".repeat(36_000))],
    ["stars", "* ".repeat(55_000)],
    ["definitions", "#define A(a, b) ((a) + (b))\n".repeat(4_000)],
    ["white space", `${" ".repeat(110_000)}#`],
    ["backslashes", "\\ ".repeat(55_000)],
    ["macros that double", `${Array.from({ length: 60 }, (_, n) => `#define M${n + 1} M${n} M${n}\n`).join("")}M60`],
    [
      "macros with several meanings",
      `${"#define A 1\n#define A 2\n".replaceAll("A", "A0")}`.concat("A0 ".repeat(30_000)),
    ],
    ["a chain of macros", `${Array.from({ length: 5_000 }, (_, n) => `#define M${n + 1} M${n}\n`).join("")}M5000`],
  ])("110 KB of %s take no time that a daemon would notice", (_what, region) => {
    const secondsOf = () => {
      const before = process.cpuUsage();
      refusedInC(region, "");
      return process.cpuUsage(before).user / 1e6;
    };
    // Not a benchmark: quadratic work would take minutes, of the processor's time, however busy the machine is.
    expect(secondsOf()).toBeLessThan(10);
  });

  test("a comment and its words are no code", () => {
    expect(refusedInC('/* system("id") */ // fork()\nint x;', "")).toBeNull();
  });
});
