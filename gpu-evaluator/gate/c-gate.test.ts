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

test("vectors, intrinsics, helpers and macros of its own pass", () => {
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

describe("refused, with what it is", () => {
  const inside = (code: string) => `void kevo_kernel(void) { ${code} }`;
  test.each<[string, string, RegExp]>([
    ["reads a key", inside('char *k = getenv("XAI_API_KEY");'), /getenv/],
    ["reads a file", inside('FILE *f = fopen("/etc/passwd", "r");'), /fopen.*\/etc/],
    ["reads its environment", inside("char *k = environ[0];"), /the name environ/],
    ["opens a socket", inside("int s = socket(2, 1, 0);"), /socket/],
    ["writes outside of scratch", "#include <fcntl.h>\n#include <unistd.h>\n", /<fcntl.h>.*<unistd.h>/],
    ["forks", inside("for (;;) fork();"), /fork/],
    ["declares what it is not given", "int prctl(int, ...);", /prctl/],
    ["declares it by its type", "typedef int call(const char *); call system;", /system/],
    ["any function that is not known", inside("sched_setaffinity(0, 8, x);"), /sched_setaffinity/],
    ["extern", "extern int x;", /extern/],
    ["fills memory", inside("for (;;) malloc(1 << 30);"), /malloc/],
    ["outlives its parent", inside("daemon(0, 0);"), /daemon/],
    ["threads of its own", inside("pthread_create(&t, 0, f, 0);"), /pthread_create/],
    ["assembly", inside('__asm__ volatile("syscall");'), /__asm__/],
    ["assembly by its other name", inside("asm();"), /asm/],
    ["a name put together", "#define CALL(a, b) a##b\n", /## in the macro CALL/],
    ["a name cut in two", inside('sys\\\ntem("id");'), /system/],
    ["a trigraph", inside("sys??/\ntem();"), /trigraphs/],
    ["a digraph", "%:include <unistd.h>", /digraphs/],
    ["a redefinition of a word", "#define memcpy evil\n", /a redefinition of memcpy/],
    ["a redefinition of a keyword", "#define for while\n", /a redefinition of for/],
    ["a library function of its own", "void *memcpy(void *a, const void *b, size_t n) { return a; }", /named memcpy/],
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

  test("a comment and its words are no code", () => {
    expect(refusedInC('/* system("id") */ // fork()\nint x;', "")).toBeNull();
  });
});
