/*
 * Causal attention forward in single precision, tiled, with the softmax kept as a running maximum and sum
 * (Milakov and Gimelshein 2018; Dao et al. 2022).
 *
 * A task is ROW_TILE rows of one head. Its scores against a tile of columns are one small matrix product, the
 * weighted sum of the values another; MICRO says how those products are written. Lengths are multiples of both
 * tiles, widths of 64.
 */
#include <math.h>
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
#define MASKED -1e30f

typedef float vec __attribute__((vector_size(VECTOR)));
typedef int32_t ivec __attribute__((vector_size(VECTOR)));
typedef float loose __attribute__((vector_size(VECTOR), aligned(4), may_alias));

static inline vec get(const float *from) { return *(const loose *)from; }
static inline void put(float *to, vec value) { *(loose *)to = value; }
static inline vec all(float value) { return (vec){} + value; }
static inline vec choose(ivec mask, vec yes, vec no) { return (vec)((mask & (ivec)yes) | (~mask & (ivec)no)); }

typedef struct attention {
  int64_t heads, length, width;
  float scale;
  const float *q, *k, *v;
  float *output;
  float *keys;      /* KEYS_packed: every head's keys, transposed tile by tile */
  float *scratch;   /* each thread's scores and keys */
  size_t scratch_floats;
} attention;

// EVOLVE-BEGIN
/* ---- c[rows][columns] = a[rows][depth] * b[depth][columns], added to c when `add` ------------------------------ */

#if MICRO == MICRO_loops
/* ROWS rows share each load of b; the compiler vectorises over the columns. */
static inline void strip(const float *restrict a, int64_t lda, const float *restrict b, int64_t ldb, float *restrict c,
                         int64_t ldc, int64_t columns, int64_t depth, int add) {
  if (!add)
    for (int r = 0; r < ROWS; r++) memset(c + r * ldc, 0, (size_t)columns * sizeof *c);
  for (int64_t d = 0; d < depth; d++) {
    float x[ROWS];
    for (int r = 0; r < ROWS; r++) x[r] = a[r * lda + d];
    for (int64_t j = 0; j < columns; j++)
  UNROLLED(16)
      for (int r = 0; r < ROWS; r++) c[r * ldc + j] += x[r] * b[d * ldb + j];
  }
}
#else
/* ROWS x STRIP sums stay in registers for the whole depth. */
static inline void block(const float *restrict a, int64_t lda, const float *restrict b, int64_t ldb, float *restrict c,
                         int64_t ldc, int64_t depth, int add) {
  vec sum[ROWS][STRIP_VECTORS];
  UNROLLED(16)
  for (int r = 0; r < ROWS; r++)
  UNROLLED(16)
    for (int s = 0; s < STRIP_VECTORS; s++) sum[r][s] = add ? get(c + r * ldc + s * LANES) : all(0);
  UNROLLED(UNROLL)
  for (int64_t d = 0; d < depth; d++) {
  UNROLLED(16)
    for (int r = 0; r < ROWS; r++)
  UNROLLED(16)
      for (int s = 0; s < STRIP_VECTORS; s++) sum[r][s] += a[r * lda + d] * get(b + d * ldb + s * LANES);
  }
  UNROLLED(16)
  for (int r = 0; r < ROWS; r++)
  UNROLLED(16)
    for (int s = 0; s < STRIP_VECTORS; s++) put(c + r * ldc + s * LANES, sum[r][s]);
}
static inline void strip(const float *a, int64_t lda, const float *b, int64_t ldb, float *c, int64_t ldc, int64_t columns,
                         int64_t depth, int add) {
  for (int64_t j = 0; j < columns; j += STRIP) block(a, lda, b + j, ldb, c + j, ldc, depth, add);
}
#endif

static __attribute__((noinline)) void product(const float *a, int64_t lda, const float *b, int64_t ldb, float *c,
                                              int64_t ldc, int64_t columns, int64_t depth, int add) {
  for (int64_t i = 0; i < ROW_TILE; i += ROWS) strip(a + i * lda, lda, b, ldb, c + i * ldc, ldc, columns, depth, add);
}

/* ---- scores of a tile: s[rows][columns] = q k^T --------------------------------------------------------------- */

#if KEYS == KEYS_rows
/* Keys as they lie in memory: each score is a dot product. */
static void scores(const attention *t, const float *q, const float *k, float *s, int64_t lds, int64_t columns) {
  const int64_t width = t->width;
  for (int64_t i = 0; i < ROW_TILE; i += ROWS)
    for (int64_t j = 0; j < columns; j += 4) {
#if MICRO == MICRO_loops
      float sum[ROWS][4] = {{0}};
      for (int64_t d = 0; d < width; d++)
        for (int r = 0; r < ROWS; r++)
          for (int c = 0; c < 4; c++) sum[r][c] += q[(i + r) * width + d] * k[(j + c) * width + d];
      for (int r = 0; r < ROWS; r++)
        for (int c = 0; c < 4; c++) s[(i + r) * lds + j + c] = sum[r][c];
#else
      vec sum[ROWS][4];
  UNROLLED(16)
      for (int r = 0; r < ROWS; r++)
  UNROLLED(16)
        for (int c = 0; c < 4; c++) sum[r][c] = all(0);
      for (int64_t d = 0; d < width; d += LANES)
  UNROLLED(16)
        for (int r = 0; r < ROWS; r++)
  UNROLLED(16)
          for (int c = 0; c < 4; c++) sum[r][c] += get(q + (i + r) * width + d) * get(k + (j + c) * width + d);
      for (int r = 0; r < ROWS; r++)
        for (int c = 0; c < 4; c++) {
          float total = 0;
          for (int l = 0; l < LANES; l++) total += sum[r][c][l];
          s[(i + r) * lds + j + c] = total;
        }
#endif
    }
}
#else
/* A tile of COLUMN_TILE keys becomes [width][COLUMN_TILE]. */
static void transpose(const float *restrict k, float *restrict packed, int64_t width) {
  for (int64_t d = 0; d < width; d++)
    for (int64_t j = 0; j < COLUMN_TILE; j++) packed[d * COLUMN_TILE + j] = k[j * width + d];
}
#endif

/* ---- softmax -------------------------------------------------------------------------------------------------- */

#if EXP != EXP_libm
/* exp of x <= 0: 2^n times a polynomial on [-ln2/2, ln2/2]. Taylor's coefficients; degree 6 is exact to 2e-7. */
static inline vec exponential(vec x) {
  x = choose(x < -87.0f, all(-87.0f), x);
  ivec n = __builtin_convertvector(x * 1.44269504f - 0.5f, ivec); /* towards zero, so to the nearest */
  vec whole = __builtin_convertvector(n, vec);
  vec r = x - whole * 0.693359375f;
  r = r + whole * 2.12194440e-4f;
#if EXP == EXP_poly6
  vec p = r * (1.0f / 720) + 1.0f / 120;
  p = p * r + 1.0f / 24;
#elif EXP == EXP_poly5
  vec p = r * (1.0f / 120) + 1.0f / 24;
#else
  vec p = all(1.0f / 24);
#endif
  p = p * r + 1.0f / 6;
  p = p * r + 0.5f;
  p = p * r + 1.0f;
  p = p * r + 1.0f;
  return p * (vec)((n + 127) << 23);
}
#endif

/* s = exp(scale * s - largest) for one row; the row's new maximum is at least `largest`. Returns the sum. */
static inline float weigh(float *s, int64_t columns, float scale, float *largest) {
  float top = *largest, sum = 0;
#if EXP == EXP_libm
  for (int64_t j = 0; j < columns; j++) top = s[j] * scale > top ? s[j] * scale : top;
  for (int64_t j = 0; j < columns; j++) s[j] = expf(s[j] * scale - top);
  for (int64_t j = 0; j < columns; j++) sum += s[j];
#else
  vec tops = all(MASKED), sums = all(0);
  for (int64_t j = 0; j < columns; j += LANES) {
    vec x = get(s + j);
    tops = choose(x > tops, x, tops);
  }
  for (int l = 0; l < LANES; l++) top = tops[l] * scale > top ? tops[l] * scale : top;
  UNROLLED(UNROLL)
  for (int64_t j = 0; j < columns; j += LANES) {
    vec e = exponential(get(s + j) * scale - top);
    sums += e;
    put(s + j, e);
  }
  for (int l = 0; l < LANES; l++) sum += sums[l];
#endif
  *largest = top;
  return sum;
}

/* ---- one task ------------------------------------------------------------------------------------------------- */

static inline int64_t least(int64_t a, int64_t b) { return a < b ? a : b; }

static void rows(const attention *t, int64_t head, int64_t first, float *scratch) {
  const int64_t width = t->width, base = head * t->length * width;
  const float *q = t->q + base + first * width, *v = t->v + base;
  float *output = t->output + base + first * width;
  float largest[ROW_TILE], total[ROW_TILE];
  const int64_t end = first + ROW_TILE; /* columns from here on are masked for every row */
#if SOFTMAX == SOFTMAX_online
  const int64_t span = COLUMN_TILE, lds = COLUMN_TILE;
#else
  const int64_t span = t->length, lds = t->length;
#endif
  float *s = scratch;
#if KEYS == KEYS_transposed
  float *packed = scratch + ROW_TILE * lds;
#endif
  for (int i = 0; i < ROW_TILE; i++) largest[i] = MASKED, total[i] = 0;

  for (int64_t from = 0; from < end; from += span) {
    const int64_t columns = least(span, end - from);
    const int64_t padded = (columns + STRIP - 1) / STRIP * STRIP;
    for (int64_t j = from; j < from + padded; j += COLUMN_TILE) {
      const int64_t some = least(COLUMN_TILE, from + padded - j);
#if KEYS == KEYS_rows
      scores(t, q, t->k + base + j * width, s + (j - from), lds, some);
#elif KEYS == KEYS_transposed
      transpose(t->k + base + j * width, packed, width);
      product(q, width, packed, COLUMN_TILE, s + (j - from), lds, some, width, 0);
#else
      product(q, width, t->keys + base + j * width, COLUMN_TILE, s + (j - from), lds, some, width, 0);
#endif
    }
    for (int64_t i = 0; i < ROW_TILE; i++) {
      float *row = s + i * lds, before = largest[i];
      for (int64_t j = first + i + 1 > from ? first + i + 1 - from : 0; j < padded; j++) row[j] = MASKED;
      float sum = weigh(row, padded, t->scale, &largest[i]);
      if (from > 0) {
        float shrink = expf(before - largest[i]);
        total[i] *= shrink;
        for (int64_t d = 0; d < width; d++) output[i * width + d] *= shrink;
      }
      total[i] += sum;
    }
    product(s, lds, v + from * width, width, output, width, width, columns, from > 0);
  }
  for (int64_t i = 0; i < ROW_TILE; i++) {
    const float inverse = 1 / total[i];
    for (int64_t d = 0; d < width; d++) output[i * width + d] *= inverse;
  }
}

static void task(void *argument, int64_t index, int thread) {
  const attention *t = argument;
  const int64_t tiles = t->length / ROW_TILE;
  float *scratch = t->scratch + (size_t)thread * t->scratch_floats;
#if ORDER == ORDER_heads
  rows(t, index / tiles, index % tiles * ROW_TILE, scratch);
#elif ORDER == ORDER_longest
  rows(t, index % t->heads, (tiles - 1 - index / t->heads) * ROW_TILE, scratch);
#else
  rows(t, index / tiles, (tiles - 1 - index % tiles) * ROW_TILE, scratch);
#endif
}

#if KEYS == KEYS_packed
static void pack(void *argument, int64_t index, int thread) {
  const attention *t = argument;
  (void)thread;
  transpose(t->k + index * COLUMN_TILE * t->width, t->keys + index * COLUMN_TILE * t->width, t->width);
}
#endif

void kevo_kernel(const kevo_shape *shape, const float *const inputs[], float *output) {
  attention t = {
      .heads = kevo_size(shape, "heads"), .length = kevo_size(shape, "length"), .width = kevo_size(shape, "width"),
      .q = inputs[0], .k = inputs[1], .v = inputs[2], .output = output,
  };
#if THREADS == THREADS_all
  const int threads = kevo_cores();
#else
  const int threads = (kevo_cores() + 1) / 2;
#endif
  t.scale = 1 / sqrtf((float)t.width);
  t.scratch_floats = (size_t)(ROW_TILE * (t.length + COLUMN_TILE) + COLUMN_TILE * t.width);
  t.scratch = kevo_scratch(0, (size_t)threads * t.scratch_floats * sizeof(float));
#if KEYS == KEYS_packed
  t.keys = kevo_scratch(1, (size_t)(t.heads * t.length * t.width) * sizeof(float));
  kevo_parallel(threads, t.heads * t.length / COLUMN_TILE, pack, &t);
#endif
  kevo_parallel(threads, t.heads * (t.length / ROW_TILE), task, &t);
}
// EVOLVE-END
