/*
 * Single-precision matrix product c = a b, tiled and packed (Goto and van de Geijn 2008).
 *
 * Each thread owns a band of c. The band is cut into TILE_M x TILE_N tiles and the depth into TILE_K; ORDER says
 * which of the three tile loops is outermost. Packing copies a tile into the order in which the micro-kernel
 * reads it. MICRO says how the innermost product is written. Any sizes work; what does not fill a
 * micro-kernel goes through plain loops.
 */
#include <string.h>
#include "kevo.h"

/* Through two macros, so that the compiler sees the number and not the parameter's name. */
#define PRAGMA(text) _Pragma(#text)
#ifdef __clang__
#define UNROLLED(times) PRAGMA(unroll times)
#else
#define UNROLLED(times) PRAGMA(GCC unroll times)
#endif

#define LANES (VECTOR / 4)
#define STRIP (STRIP_VECTORS * LANES) /* columns that a micro-kernel keeps in registers */

typedef float vec __attribute__((vector_size(VECTOR)));
typedef float loose __attribute__((vector_size(VECTOR), aligned(4), may_alias));

static inline vec get(const float *from) { return *(const loose *)from; }
static inline void put(float *to, vec value) { *(loose *)to = value; }

typedef struct matmul {
  int64_t m, n, k;
  const float *a, *b;
  float *c;
  float *scratch; /* each thread's packed tiles */
  int64_t band;   /* rows or columns of a band */
} matmul;

static inline int64_t least(int64_t x, int64_t y) { return x < y ? x : y; }

// EVOLVE-BEGIN
/* Where element (r, p) of a panel of ROWS rows lies: as in a, or packed [depth][ROWS]. */
#if PACK_A
#define A_ROW 1
#define A_DEPTH ROWS
#else
#define A_ROW lda
#define A_DEPTH 1
#endif

/* ---- rows x columns of c, plain ------------------------------------------------------------------------------- */

static void plain(const float *restrict a, int64_t lda, const float *restrict b, int64_t ldb, float *restrict c,
                  int64_t ldc, int64_t rows, int64_t columns, int64_t depth, int add) {
  (void)lda;
  for (int64_t r = 0; r < rows; r++) {
    if (!add) memset(c + r * ldc, 0, (size_t)columns * sizeof *c);
    for (int64_t p = 0; p < depth; p++) {
      const float x = a[r * A_ROW + p * A_DEPTH];
      for (int64_t j = 0; j < columns; j++) c[r * ldc + j] += x * b[p * ldb + j];
    }
  }
}

/* ---- ROWS rows of c -------------------------------------------------------------------------------------------- */

#if MICRO == MICRO_loops
/* ROWS rows share each load of b; the compiler vectorises over the columns. */
static inline void panel(const float *restrict a, int64_t lda, const float *restrict b, int64_t ldb, float *restrict c,
                         int64_t ldc, int64_t columns, int64_t depth, int add) {
  (void)lda;
  if (!add)
    for (int r = 0; r < ROWS; r++) memset(c + r * ldc, 0, (size_t)columns * sizeof *c);
  for (int64_t p = 0; p < depth; p++) {
    float x[ROWS];
    for (int r = 0; r < ROWS; r++) x[r] = a[r * A_ROW + p * A_DEPTH];
    for (int64_t j = 0; j < columns; j++)
  UNROLLED(16)
      for (int r = 0; r < ROWS; r++) c[r * ldc + j] += x[r] * b[p * ldb + j];
  }
}
#define B_PANEL TILE_N
#else
/* ROWS x STRIP sums stay in registers for the whole depth. */
static inline void block(const float *restrict a, int64_t lda, const float *restrict b, int64_t ldb, float *restrict c,
                         int64_t ldc, int64_t depth, int add) {
  vec sum[ROWS][STRIP_VECTORS];
  (void)lda;
  UNROLLED(16)
  for (int r = 0; r < ROWS; r++)
  UNROLLED(16)
    for (int s = 0; s < STRIP_VECTORS; s++) sum[r][s] = add ? get(c + r * ldc + s * LANES) : (vec){};
  UNROLLED(UNROLL)
  for (int64_t p = 0; p < depth; p++) {
#if PREFETCH
    __builtin_prefetch(b + (p + PREFETCH) * ldb);
#endif
  UNROLLED(16)
    for (int r = 0; r < ROWS; r++)
  UNROLLED(16)
      for (int s = 0; s < STRIP_VECTORS; s++) sum[r][s] += a[r * A_ROW + p * A_DEPTH] * get(b + p * ldb + s * LANES);
  }
  UNROLLED(16)
  for (int r = 0; r < ROWS; r++)
  UNROLLED(16)
    for (int s = 0; s < STRIP_VECTORS; s++) put(c + r * ldc + s * LANES, sum[r][s]);
}
#define B_PANEL STRIP
#endif

/* ---- one tile --------------------------------------------------------------------------------------------------- */

#if PACK_A
static void pack_a(const float *restrict a, int64_t lda, float *restrict packed, int64_t rows, int64_t depth) {
  for (int64_t i = 0; i < rows; i += ROWS, packed += ROWS * depth)
    for (int64_t r = 0; r < least(ROWS, rows - i); r++)
      for (int64_t p = 0; p < depth; p++) packed[p * ROWS + r] = a[(i + r) * lda + p];
}
#endif

#if PACK_B
static void pack_b(const float *restrict b, int64_t ldb, float *restrict packed, int64_t columns, int64_t depth) {
  for (int64_t j = 0; j < columns; j += B_PANEL, packed += B_PANEL * depth)
    for (int64_t p = 0; p < depth; p++)
      memcpy(packed + p * B_PANEL, b + p * ldb + j, (size_t)least(B_PANEL, columns - j) * sizeof *b);
}
#endif

static void tile(const float *a, int64_t lda, const float *b, int64_t ldb, float *c, int64_t ldc, int64_t rows,
                 int64_t columns, int64_t depth, int add) {
#if PACK_A
  const int64_t a_step = ROWS * depth;
#else
  const int64_t a_step = ROWS * lda;
#endif
#if PACK_B
  const int64_t b_step = B_PANEL * depth;
  ldb = B_PANEL;
#else
  const int64_t b_step = B_PANEL;
#endif
  for (int64_t j = 0; j < columns; j += B_PANEL, b += b_step) {
    const int64_t wide = least(B_PANEL, columns - j);
    const float *from = a;
    for (int64_t i = 0; i < rows; i += ROWS, from += a_step) {
      float *to = c + i * ldc + j;
      if (i + ROWS > rows) plain(from, lda, b, ldb, to, ldc, rows - i, wide, depth, add);
#if MICRO == MICRO_loops
      else panel(from, lda, b, ldb, to, ldc, wide, depth, add);
#else
      else if (wide < STRIP) plain(from, lda, b, ldb, to, ldc, ROWS, wide, depth, add);
      else block(from, lda, b, ldb, to, ldc, depth, add);
#endif
    }
  }
}

/* ---- one thread's band ------------------------------------------------------------------------------------------ */

#define A_FLOATS ((TILE_M + ROWS) * TILE_K)
#define B_FLOATS ((TILE_N + B_PANEL) * TILE_K)

static void band(void *argument, int64_t index, int thread) {
  const matmul *t = argument;
  float *packed_a = t->scratch + (size_t)thread * (A_FLOATS + B_FLOATS), *packed_b = packed_a + A_FLOATS;
  int64_t first_m = 0, end_m = t->m, first_n = 0, end_n = t->n;
#if SPLIT == SPLIT_rows
  first_m = least(index * t->band, t->m), end_m = least(first_m + t->band, t->m);
#else
  first_n = least(index * t->band, t->n), end_n = least(first_n + t->band, t->n);
#endif
  if (first_m >= end_m || first_n >= end_n) return;
  const int64_t first[3] = {first_m, first_n, 0}, end[3] = {end_m, end_n, t->k}, step[3] = {TILE_M, TILE_N, TILE_K};
  /* ORDER's items are numbered from 1: m, n, k. */
  const int outer = ORDER_0 - 1, middle = ORDER_1 - 1, inner = ORDER_2 - 1;
  int64_t at[3], held_a[2] = {-1, -1}, held_b[2] = {-1, -1};
  for (at[outer] = first[outer]; at[outer] < end[outer]; at[outer] += step[outer])
    for (at[middle] = first[middle]; at[middle] < end[middle]; at[middle] += step[middle])
      for (at[inner] = first[inner]; at[inner] < end[inner]; at[inner] += step[inner]) {
        const int64_t m = at[0], n = at[1], k = at[2];
        const int64_t rows = least(TILE_M, end_m - m), columns = least(TILE_N, end_n - n), depth = least(TILE_K, t->k - k);
        const float *a = t->a + m * t->k + k, *b = t->b + k * t->n + n;
#if PACK_A
        if (held_a[0] != m || held_a[1] != k) pack_a(a, t->k, packed_a, rows, depth);
        a = packed_a;
#endif
#if PACK_B
        if (held_b[0] != k || held_b[1] != n) pack_b(b, t->n, packed_b, columns, depth);
        b = packed_b;
#endif
        held_a[0] = m, held_a[1] = k, held_b[0] = k, held_b[1] = n;
        tile(a, t->k, b, t->n, t->c + m * t->n + n, t->n, rows, columns, depth, k > 0);
      }
}

void kevo_kernel(const kevo_shape *shape, const float *const inputs[], float *output) {
  matmul t = {
      .m = kevo_size(shape, "m"), .n = kevo_size(shape, "n"), .k = kevo_size(shape, "k"),
      .a = inputs[0], .b = inputs[1], .c = output,
  };
#if THREADS == THREADS_all
  const int threads = kevo_cores();
#else
  const int threads = (kevo_cores() + 1) / 2;
#endif
#if SPLIT == SPLIT_rows
  const int64_t whole = t.m, unit = ROWS;
#else
  const int64_t whole = t.n, unit = B_PANEL;
#endif
  t.band = (whole + threads * unit - 1) / (threads * unit) * unit;
  t.scratch = kevo_scratch(0, (size_t)threads * (A_FLOATS + B_FLOATS) * sizeof(float));
  kevo_parallel(threads, threads, band, &t);
}
// EVOLVE-END
