// wgmma: 64 rows by N columns by a depth of 16, accumulated in float32. Every thread of four warps holds N / 2 sums.
#pragma once

#if SHAPE_half
#define KIND "f16"
#else
#define KIND "bf16"
#endif

// Operands of the sums, eight at a time, and their places in the instruction.
#define SUMS_8(d, i)                                                                                                   \
  "+f"(d[i]), "+f"(d[i + 1]), "+f"(d[i + 2]), "+f"(d[i + 3]), "+f"(d[i + 4]), "+f"(d[i + 5]), "+f"(d[i + 6]),          \
      "+f"(d[i + 7])
#define PLACES_0 "%0,%1,%2,%3,%4,%5,%6,%7"
#define PLACES_1 "%8,%9,%10,%11,%12,%13,%14,%15"
#define PLACES_2 "%16,%17,%18,%19,%20,%21,%22,%23"
#define PLACES_3 "%24,%25,%26,%27,%28,%29,%30,%31"
#define PLACES_4 "%32,%33,%34,%35,%36,%37,%38,%39"
#define PLACES_5 "%40,%41,%42,%43,%44,%45,%46,%47"
#define PLACES_6 "%48,%49,%50,%51,%52,%53,%54,%55"
#define PLACES_7 "%56,%57,%58,%59,%60,%61,%62,%63"
#define PLACES_8 "%64,%65,%66,%67,%68,%69,%70,%71"
#define PLACES_9 "%72,%73,%74,%75,%76,%77,%78,%79"
#define PLACES_10 "%80,%81,%82,%83,%84,%85,%86,%87"
#define PLACES_11 "%88,%89,%90,%91,%92,%93,%94,%95"

#define SUMS_64(d) SUMS_8(d, 0), SUMS_8(d, 8), SUMS_8(d, 16), SUMS_8(d, 24)
#define PLACES_OF_64 PLACES_0 "," PLACES_1 "," PLACES_2 "," PLACES_3
#define SUMS_80(d) SUMS_8(d, 0), SUMS_8(d, 8), SUMS_8(d, 16), SUMS_8(d, 24), SUMS_8(d, 32)
#define PLACES_OF_80 PLACES_0 "," PLACES_1 "," PLACES_2 "," PLACES_3 "," PLACES_4
#define SUMS_96(d) SUMS_8(d, 0), SUMS_8(d, 8), SUMS_8(d, 16), SUMS_8(d, 24), SUMS_8(d, 32), SUMS_8(d, 40)
#define PLACES_OF_96 PLACES_0 "," PLACES_1 "," PLACES_2 "," PLACES_3 "," PLACES_4 "," PLACES_5
#define SUMS_112(d)                                                                                                    \
  SUMS_8(d, 0), SUMS_8(d, 8), SUMS_8(d, 16), SUMS_8(d, 24), SUMS_8(d, 32), SUMS_8(d, 40), SUMS_8(d, 48)
#define PLACES_OF_112 PLACES_0 "," PLACES_1 "," PLACES_2 "," PLACES_3 "," PLACES_4 "," PLACES_5 "," PLACES_6
#define SUMS_128(d)                                                                                                    \
  SUMS_8(d, 0), SUMS_8(d, 8), SUMS_8(d, 16), SUMS_8(d, 24), SUMS_8(d, 32), SUMS_8(d, 40), SUMS_8(d, 48), SUMS_8(d, 56)
#define PLACES_OF_128                                                                                                  \
  PLACES_0 "," PLACES_1 "," PLACES_2 "," PLACES_3 "," PLACES_4 "," PLACES_5 "," PLACES_6 "," PLACES_7
#define SUMS_144(d)                                                                                                    \
  SUMS_8(d, 0), SUMS_8(d, 8), SUMS_8(d, 16), SUMS_8(d, 24), SUMS_8(d, 32), SUMS_8(d, 40), SUMS_8(d, 48),               \
      SUMS_8(d, 56), SUMS_8(d, 64)
#define PLACES_OF_144                                                                                                  \
  PLACES_0 "," PLACES_1 "," PLACES_2 "," PLACES_3 "," PLACES_4 "," PLACES_5 "," PLACES_6 "," PLACES_7 "," PLACES_8
#define SUMS_160(d)                                                                                                    \
  SUMS_8(d, 0), SUMS_8(d, 8), SUMS_8(d, 16), SUMS_8(d, 24), SUMS_8(d, 32), SUMS_8(d, 40), SUMS_8(d, 48),               \
      SUMS_8(d, 56), SUMS_8(d, 64), SUMS_8(d, 72)
#define PLACES_OF_160                                                                                                  \
  PLACES_0 "," PLACES_1 "," PLACES_2 "," PLACES_3 "," PLACES_4 "," PLACES_5 "," PLACES_6 "," PLACES_7 "," PLACES_8     \
           "," PLACES_9
#define SUMS_176(d)                                                                                                    \
  SUMS_8(d, 0), SUMS_8(d, 8), SUMS_8(d, 16), SUMS_8(d, 24), SUMS_8(d, 32), SUMS_8(d, 40), SUMS_8(d, 48),               \
      SUMS_8(d, 56), SUMS_8(d, 64), SUMS_8(d, 72), SUMS_8(d, 80)
#define PLACES_OF_176                                                                                                  \
  PLACES_0 "," PLACES_1 "," PLACES_2 "," PLACES_3 "," PLACES_4 "," PLACES_5 "," PLACES_6 "," PLACES_7 "," PLACES_8     \
           "," PLACES_9 "," PLACES_10
#define SUMS_192(d)                                                                                                    \
  SUMS_8(d, 0), SUMS_8(d, 8), SUMS_8(d, 16), SUMS_8(d, 24), SUMS_8(d, 32), SUMS_8(d, 40), SUMS_8(d, 48),               \
      SUMS_8(d, 56), SUMS_8(d, 64), SUMS_8(d, 72), SUMS_8(d, 80), SUMS_8(d, 88)
#define PLACES_OF_192                                                                                                  \
  PLACES_0 "," PLACES_1 "," PLACES_2 "," PLACES_3 "," PLACES_4 "," PLACES_5 "," PLACES_6 "," PLACES_7 "," PLACES_8     \
           "," PLACES_9 "," PLACES_10 "," PLACES_11

template <int N> struct Product;

// `of` is the number of sums, then come the places of the other operands.
#define PRODUCT(N, P0, P1, P2, P3, P4, P5)                                                                             \
  template <> struct Product<N> {                                                                                      \
    /* sums (+)= a b^T, both in shared memory with the depth contiguous; `keep` 0 forgets the old sums. */             \
    static __device__ __forceinline__ void shared(float (&d)[N / 2], uint64_t a, uint64_t b, int keep) {               \
      asm volatile("{\n.reg .pred p;\nsetp.ne.b32 p, " P2 ", 0;\nwgmma.mma_async.sync.aligned.m64n" #N "k16.f32." KIND \
                   "." KIND " {" PLACES_OF_##N "}, " P0 ", " P1 ", p, 1, 1, 0, 0;\n}\n"                                \
                   : SUMS_##N(d)                                                                                       \
                   : "l"(a), "l"(b), "r"(keep));                                                                       \
    }                                                                                                                  \
    /* sums += a b, a in registers, b in shared memory with the columns contiguous. */                                 \
    static __device__ __forceinline__ void registers(float (&d)[N / 2], const uint32_t *a, uint64_t b) {               \
      asm volatile("wgmma.mma_async.sync.aligned.m64n" #N "k16.f32." KIND "." KIND " {" PLACES_OF_##N                  \
                   "}, {" P0 "," P1 "," P2 "," P3 "}, " P4 ", 1, 1, 1, 1;\n"                                           \
                   : SUMS_##N(d)                                                                                       \
                   : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "l"(b));                                              \
    }                                                                                                                  \
  };
PRODUCT(64, "%32", "%33", "%34", "%35", "%36", "%37")
PRODUCT(80, "%40", "%41", "%42", "%43", "%44", "%45")
PRODUCT(96, "%48", "%49", "%50", "%51", "%52", "%53")
PRODUCT(112, "%56", "%57", "%58", "%59", "%60", "%61")
PRODUCT(128, "%64", "%65", "%66", "%67", "%68", "%69")
PRODUCT(144, "%72", "%73", "%74", "%75", "%76", "%77")
PRODUCT(160, "%80", "%81", "%82", "%83", "%84", "%85")
PRODUCT(176, "%88", "%89", "%90", "%91", "%92", "%93")
PRODUCT(192, "%96", "%97", "%98", "%99", "%100", "%101")

static __device__ __forceinline__ void products_begin() { asm volatile("wgmma.fence.sync.aligned;" ::: "memory"); }
static __device__ __forceinline__ void products_commit() {
  asm volatile("wgmma.commit_group.sync.aligned;" ::: "memory");
}
template <int LEFT> static __device__ __forceinline__ void products_wait() {
  asm volatile("wgmma.wait_group.sync.aligned %0;" ::"n"(LEFT) : "memory");
}
// Keeps the compiler from moving what touches these registers over this place.
template <int COUNT> static __device__ __forceinline__ void pin(float (&d)[COUNT]) {
#pragma unroll
  for (int i = 0; i < COUNT; i++)
    asm volatile("" : "+f"(d[i])::"memory");
}
template <int COUNT> static __device__ __forceinline__ void pin(uint32_t (&d)[COUNT]) {
#pragma unroll
  for (int i = 0; i < COUNT; i++)
    asm volatile("" : "+r"(d[i])::"memory");
}
